"""Figures, each beside a baseline that ran in the same minute."""

"""Figures: which are printed, and which are refused."""

"""Counters, funnels, recipients and one person's history: what happened, and why."""

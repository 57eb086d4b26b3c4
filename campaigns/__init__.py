"""Campaigns: what they are, their life, and how one person's message or event starts one."""

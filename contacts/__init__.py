"""Contacts: who they are, their attributes and segments, their consent and do-not-disturb state."""

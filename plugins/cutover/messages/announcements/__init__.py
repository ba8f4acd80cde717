"""Announcements: what is due to whom (pure), in which words, and how each is made exactly once."""

"""``python -m cutover`` for terminals and CI."""

"""Scoreboards of strategies that have more to show than all of them have."""

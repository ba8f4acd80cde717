"""The steps of the strategy, one a module."""

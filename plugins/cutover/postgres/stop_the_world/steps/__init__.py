"""The steps of a window, one module each; each is idempotent."""

"""The steps of the form, one a module."""

"""What people were asked about a run and what they answered, read from its journal; who is asked next, and when."""

"""One module per step of a run; each is idempotent, and knows from the databases where it was."""

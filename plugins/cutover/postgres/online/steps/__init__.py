"""The steps of a run, one module each; their order is the business of the DAG alone."""

"""The local stack: real PostgreSQL, PgBouncer, Airflow, S3 and a recording Slack endpoint, without docker."""

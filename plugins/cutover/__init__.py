"""Cutover: zero-downtime database migrations as Airflow DAGs."""

__version__ = "0.1.0"

"""What Prometheus is told of migrations, taken from the journal at each scrape."""

from cutover.metrics.exposing import CONTENT_TYPE, exposition

__all__ = ["CONTENT_TYPE", "exposition"]

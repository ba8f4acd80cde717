"""The text that Prometheus reads."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from cutover.journal.store import Journal
from cutover.metrics.families import GAUGES, families

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def exposition(journal: Journal) -> bytes:
    """Return everything as Prometheus' text format, as the journal has it now.

    :raises JournalUnavailable, JournalMissing: it has nothing to say.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(journal))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering would ask the journal once for that."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        began = time.monotonic()
        for query in GAUGES:
            yield from families(query, self._journal.rows(query))
        took = GaugeMetricFamily("cutover_scrape_seconds", "How long the journal took to tell all this.")
        took.add_metric([], time.monotonic() - began)
        yield took

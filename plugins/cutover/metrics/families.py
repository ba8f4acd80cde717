"""The metrics: their names, what they mean, and where in the journal they come from.

Names follow the conventions of Prometheus: base units (seconds, bytes), ``_timestamp_seconds`` for moments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One gauge. ``column``: holds its value; a row in which that is NULL has none. ``labels``: columns, too."""

    name: str
    help: str
    column: str
    labels: Sequence[str]

    def family(self, rows: Sequence[Row]) -> Metric:
        """Return the gauge with a sample for each row."""
        made = GaugeMetricFamily(f"cutover_{self.name}", self.help, labels=self.labels)
        for row in rows:
            if row[self.column] is not None:
                made.add_metric([_text(row[label]) for label in self.labels], float(row[self.column]))
        return made


RUN = ("run_id", "migration")
OBSERVED = (*RUN, "code", "object")
KIND = ("migration", "strategy", "dry_run")
# By the journal's query, what is told of its rows.
GAUGES: Mapping[str, Sequence[Told]] = {
    "metrics_runs": (
        Told("runs", "Runs in the journal, by state.", "runs", (*KIND, "state")),
        Told("runs_cut_over", "Those of them that have cut over.", "swapped", (*KIND, "state")),
    ),
    "metrics_open": (
        Told("run_open", "Runs that have not ended: 1 each.", "one", (*RUN, "strategy", "database", "state")),
        Told("run_started_timestamp_seconds", "When a run began.", "started", RUN),
        Told("run_cut_over_timestamp_seconds", "When live changed sides.", "swapped", RUN),
        Told("run_window_ends_timestamp_seconds", "Until when the way back is open.", "window_ends", RUN),
    ),
    "metrics_progress": (
        Told("progress_done", "What a step has done of an item.", "done", (*RUN, "step", "item")),
        Told("progress_expected", "What it has to do, as far as is known.", "total", (*RUN, "step", "item")),
        Told("progress_per_second", "How fast.", "rate", (*RUN, "step", "item")),
        Told("progress_eta_seconds", "How much longer.", "eta_seconds", (*RUN, "step", "item")),
    ),
    "metrics_lag": (
        Told("lag_seconds", "How far the side that follows is behind.", "seconds", (*RUN, "flow")),
        Told("lag_bytes", "The same in WAL.", "bytes", (*RUN, "flow")),
        Told("slot_kept_bytes", "WAL that the live server keeps for it.", "kept_bytes", (*RUN, "flow")),
    ),
    "metrics_checks": (
        Told("check_ok", "The last verdict of a check: 1 or 0.", "verdict", (*RUN, "code", "object", "severity")),
    ),
    "metrics_observed": (
        Told("observed_over", "Whether what is observed in a window is over its limit: 1 or 0.", "over", OBSERVED),
        Told("observed_value", "What was measured the last time.", "value", (*OBSERVED, "unit")),
        Told("observed_limit", "From when on it is over.", "most", (*OBSERVED, "unit")),
    ),
    "metrics_looks": (
        Told("observed_timestamp_seconds", "When a run in its window was looked at the last time.", "looked", RUN),
    ),
    "metrics_steps": (
        Told("step_seconds", "How long a step took the last time.", "seconds", (*KIND, "step")),
        Told("pause_seconds", "How long applications were held the last time.", "pause", (*KIND, "step")),
        Told("downtime_seconds", "How long the doors were closed the last time.", "downtime", (*KIND, "step")),
    ),
    "metrics_backups": (
        Told("backup_timestamp_seconds", "When a database's last rollback point was taken.", "taken", ("database",)),
    ),
}


def families(query: str, rows: Sequence[Row]) -> Iterator[Metric]:
    """Yield the gauges of one of the journal's queries."""
    told = [{**row, "one": 1, "verdict": int(bool(row.get("ok")))} for row in rows]
    for gauge in GAUGES[query]:
        yield gauge.family(told)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

"""What a demo comes to: figures, whether they are as expected, a table for people and JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Line = tuple[str, str, str]  # label, value, remark
ZEROS = ("failed_transactions", "lost", "duplicated", "wrong", "unexplained")


@dataclass(slots=True)
class Leg:
    """One DAG run of the demo: the migration, or the rollback after it.

    :param title: what it was for: ``migration``, ``rollback``, ``again``.
    :param pause_ms: how long the critical section held the application's statements, as the engine measured it.
    :param max_stall_ms: the slowest transaction of the application while the DAG run was on.
    :param row_diff: differing rows between the live table and its follower; None where the check did not run.
    :param idle_seconds: time within the DAG run in which no task was running.
    """

    title: str
    dag_id: str
    state: str
    expected_state: str
    seconds: float
    max_stall_ms: float
    pause_ms: float | None = None
    row_diff: int | None = None
    idle_seconds: float | None = None
    tasks: int = 0
    max_silence_ms: float = 0.0


@dataclass(slots=True)
class Scoreboard:
    """The result of ``bin/demo``. All times in the unit of their name; counts are of transactions or rows.

    :param state: of the run in Cutover's journal; ``expected_state`` is what it should be.
    :param transactions: everything that the writers tried, rolled back by choice or not.
    :param row_diff: differing rows, after the writers stopped and the last write was carried over.
    :param again: the migration after the rollback, where there is one.
    """

    strategy: str
    run_id: str
    state: str
    expected_state: str
    rows: int
    seconds_total: float
    pause_ms: float | None
    max_stall_ms: float
    transactions: int
    failed_transactions: int
    acknowledged: int
    lost: int
    duplicated: int
    row_diff: int | None
    wrong: int = 0
    unexplained: int = 0
    undone: int = 0
    unknown: int = 0
    latency_ms: dict[str, float] = field(default_factory=dict)
    load_seconds: float = 0.0
    backfill_rows_per_second: float | None = None
    idle_seconds: float | None = None
    migration: Leg | None = None
    rollback: Leg | None = None
    again: Leg | None = None
    findings: list[str] = field(default_factory=list)

    def legs(self) -> list[Leg]:
        """Return the DAG runs in the order in which they were made."""
        return [leg for leg in (self.migration, self.rollback, self.again) if leg]

    def problems(self) -> list[str]:
        """Return why the demo failed, one line each; empty where every expectation holds."""
        found = [f"{name} is {getattr(self, name)}, not 0" for name in ZEROS if getattr(self, name)]
        if self.row_diff is None:
            found.append("the row diff did not run")
        elif self.row_diff:
            found.append(f"row_diff is {self.row_diff}, not 0")
        if self.state != self.expected_state:
            found.append(f"the run ended {self.state}, not {self.expected_state}")
        for leg in self.legs():
            if leg.state != leg.expected_state:
                found.append(f"the DAG run of {leg.dag_id} ended {leg.state}, not {leg.expected_state}")
            if leg.row_diff:
                found.append(f"row_diff of {leg.dag_id} is {leg.row_diff}, not 0")
        if not self.acknowledged:
            found.append("no transaction was acknowledged, so nothing was shown")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return all figures, with ``passed`` and ``problems``."""
        problems = self.problems()
        return {**asdict(self), "passed": not problems, "problems": problems}

    def write(self, path: Path) -> None:
        """Write :meth:`as_json` to ``path``."""
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def table(self) -> str:
        """Return the figures as lines of text."""
        lines = [f"  {label:<34}{value:>16}  {mark}".rstrip() for label, value, mark in self._lines()]
        lines += [f"  ! {finding}" for finding in self.findings[:20]]
        problems = self.problems()
        verdict = "PASSED" if not problems else "FAILED: " + "; ".join(problems)
        return "\n".join([f"{self.strategy} · {self.run_id}", *lines, verdict])

    def _lines(self) -> list[Line]:
        lines: list[Line] = [
            ("state", self.state, mark(self.state == self.expected_state)),
            ("rows", f"{self.rows:,}", ""),
            ("seconds in total", f"{self.seconds_total:.1f}", ""),
            *self._fill(),
            ("idle in the DAG run, s", number(self.idle_seconds, 1), ""),
            (self._pause_label(), number(self.pause_ms, 1), ""),
            ("slowest transaction, ms", f"{self.max_stall_ms:.1f}", ""),
            ("transactions", f"{self.transactions:,}", ""),
            ("  failed", f"{self.failed_transactions:,}", mark(not self.failed_transactions)),
            ("  rolled back on purpose", f"{self.undone:,}", ""),
            ("  acknowledged", f"{self.acknowledged:,}", mark(self.acknowledged > 0)),
            ("  lost", f"{self.lost:,}", mark(not self.lost)),
            ("  duplicated", f"{self.duplicated:,}", mark(not self.duplicated)),
            ("  wrong or unexplained", f"{self.wrong + self.unexplained:,}", mark(not self.wrong + self.unexplained)),
            ("row diff", number(self.row_diff), mark(self.row_diff == 0)),
            *self._extras(),
        ]
        for leg in self.legs() if self.rollback else []:
            figures = f"pause {number(leg.pause_ms, 1)} ms, slowest transaction {leg.max_stall_ms:.1f} ms"
            lines.append((leg.title, f"{leg.seconds:.1f} s", figures))
        return lines

    def _fill(self) -> list[Line]:
        return [("backfill, rows/s", number(self.backfill_rows_per_second), "")]

    def _pause_label(self) -> str:
        return "pause of the swap, ms"

    def _extras(self) -> list[Line]:
        return []


def mark(good: bool) -> str:
    """Return the remark on a figure that is as expected, or not."""
    return "ok" if good else "<--"


def number(value: float | None, places: int = 0) -> str:
    """Return a figure for people; a dash where there is none."""
    return "-" if value is None else f"{value:,.{places}f}"

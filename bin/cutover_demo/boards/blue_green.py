"""The scoreboard of a blue-green migration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cutover_demo.scoreboard import Line, Scoreboard, mark, number

# What clients may notice at most, milliseconds.
LONGEST_PAUSE = 250.0
LONGEST_STALL = 1000.0


@dataclass(slots=True)
class BlueGreenBoard(Scoreboard):
    """:param again: the second migration, after the rollback.
    :param lag: by flow (``blue -> green``) what the journal's samples say.
    :param pgbench: how its transactions fared; they are in the figures of all transactions as well.
    :param direct: how often blue took, and how often it refused, what a session past the pooler wrote.
    :param leads_to: the side to which the pooler leads after the play.
    """

    copy_rows_per_second: float | None = None
    copy_megabytes_per_second: float | None = None
    lag: dict[str, Any] = field(default_factory=dict)
    pgbench: dict[str, Any] = field(default_factory=dict)
    direct: dict[str, Any] = field(default_factory=dict)
    leads_to: str = ""
    more_problems: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        # Not super(): a dataclass with slots is another class than the one that it was made from.
        found = Scoreboard.problems(self)
        side = "green" if self.expected_state == "window" else "blue"
        if self.leads_to != side:
            found.append(f"the pooler leads clients to {self.leads_to}, not to {side}")
        for leg in self.legs():
            if leg.pause_ms is not None and leg.pause_ms >= LONGEST_PAUSE:
                found.append(
                    f"clients were held for {leg.pause_ms:.0f} ms in {leg.dag_id}, not under {LONGEST_PAUSE:.0f}"
                )
        if self.max_stall_ms >= LONGEST_STALL:
            found.append(f"a transaction took {self.max_stall_ms:.0f} ms, not under {LONGEST_STALL:.0f}")
        return [*found, *self._direct_problems(), *self.more_problems]

    def _direct_problems(self) -> list[str]:
        """Blue takes writes while it is live and refuses them while it is not."""
        what = [kind for kind, _ in self.direct.get("stretches", [])]
        crossings = sum(
            leg.pause_ms is not None and leg.dag_id.removeprefix("rollback_") == self.strategy for leg in self.legs()
        )
        wanted = [("taken", "refused")[turn % 2] for turn in range(crossings + 1)]
        if self.expected_state != "window" or what == wanted:
            return []
        return [f"blue took and refused the direct session's writes as {what}, not as {wanted}"]

    def _fill(self) -> list[Line]:
        rate = number(self.copy_megabytes_per_second, 1)
        lines: list[Line] = [("initial copy, rows/s", number(self.copy_rows_per_second), f"{rate} MB/s")]
        for flow, lag in self.lag.items():
            shown = f"of {lag['samples']} samples, median {lag['median_seconds'] * 1000:.0f} ms"
            lines.append((f"worst lag {flow}, ms", number(lag["worst_seconds"] * 1000), shown))
        return lines

    def _extras(self) -> list[Line]:
        bench, direct = self.pgbench, self.direct
        latency = bench["latency_ms"]
        shown = f"p50 {latency['p50']} ms, p99 {latency['p99']} ms, slowest {latency['max']} ms"
        story = ", ".join(f"{what} {count}" for what, count in direct["stretches"])
        return [
            ("of them by pgbench", f"{bench['transactions']:,}", shown),
            ("direct session: blue took", f"{direct['taken']:,}", story),
            ("direct session: blue refused", f"{direct['refused']:,}", mark(not self._direct_problems())),
            ("the pooler leads to", self.leads_to, ""),
        ]

    def _pause_label(self) -> str:
        return "clients held in the cutover, ms"

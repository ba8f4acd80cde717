"""The scoreboard of a maintenance window."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutover_demo.scoreboard import Line, Scoreboard, mark, number


@dataclass(slots=True)
class WindowBoard(Scoreboard):
    """:param downtime_s: from the doors' closing until a client was served, as the engine measured it.
    :param forecast_s: what the plan had forecast, from and to; ``budget_s`` is what was promised.
    :param back_s: the downtime of going back.
    :param backup_mb_s: megabytes of the database per second into the proven rollback point; ``restore_mb_s`` out of it.
    """

    downtime_s: float | None = None
    budget_s: float | None = None
    forecast_s: tuple[float, float] | None = None
    back_s: float | None = None
    backup_mb_s: float | None = None
    restore_mb_s: float | None = None
    more_problems: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        # Not super(): a dataclass with slots is another class than the one that it was made from.
        found = Scoreboard.problems(self)
        if self.expected_state == "window" and not self._within():
            found.append(f"the downtime was {self.downtime_s} s, not within the promised {self.budget_s} s")
        if self.backup_mb_s is None or self.restore_mb_s is None:
            found.append("no rollback point was taken and proven")
        return [*found, *self.more_problems]

    def _within(self) -> bool:
        return None not in (self.downtime_s, self.budget_s) and self.downtime_s <= self.budget_s  # type: ignore[operator]

    def _fill(self) -> list[Line]:
        forecast = f"forecast {self.forecast_s[0]:g} to {self.forecast_s[1]:g} s" if self.forecast_s else ""
        return [
            ("rollback point, MB/s", number(self.backup_mb_s, 1), "of the database, encrypted"),
            ("restored and compared, MB/s", number(self.restore_mb_s, 1), ""),
            ("downtime, s", number(self.downtime_s, 1), f"of {number(self.budget_s)} s promised; {forecast}"),
            *([("downtime of going back, s", number(self.back_s, 1), "")] if self.back_s is not None else []),
        ]

    def _pause_label(self) -> str:
        return "pause, ms"

    def _extras(self) -> list[Line]:
        return [("no transaction failed", str(not self.failed_transactions), mark(not self.failed_transactions))]

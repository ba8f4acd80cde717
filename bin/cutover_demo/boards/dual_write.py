"""The scoreboard of a change of shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cutover_demo.scoreboard import Line, Scoreboard, mark, number


@dataclass(slots=True)
class DualWriteBoard(Scoreboard):
    """:param instances: processes of the application that follow the flag.
    :param versions: of the flag, in order: ``{"step", "version", "what", "seconds"}`` until everybody worked by it.
    :param reads: ``{"reads", "mismatches"}`` of those that both sides were asked for; ``read`` all that were made.
    :param own_diff: what differs by SQL of the demo's own; it is in ``row_diff`` as well. None where one side is left.
    :param planting: what was planted, named and repaired; empty where nothing was planted.
    :param live: the side that the flag names in the end.
    """

    instances: int = 0
    versions: list[dict[str, Any]] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    read: int = 0
    own_diff: int | None = None
    planting: dict[str, Any] = field(default_factory=dict)
    live: str = ""
    mode: str = ""
    more_problems: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        # Not super(): a dataclass with slots is another class than the one that it was made from.
        found = Scoreboard.problems(self)
        side = "new" if self.expected_state == "window" else "old"
        if self.live != side:
            found.append(f"the {self.live} side is live, not the {side} one")
        if self.reads.get("mismatches"):
            found.append(f"{self.reads['mismatches']} reads got different answers from both sides")
        if self.expected_state == "window" and not self.reads.get("reads"):
            found.append("no read was asked of both sides")
        return [*found, *self.more_problems]

    def _fill(self) -> list[Line]:
        slowest = max(self.versions, key=lambda each: each["seconds"], default=None)
        worst = f"slowest: {slowest['what']} (version {slowest['version']})" if slowest else ""
        lines: list[Line] = [
            ("backfill, rows/s", number(self.backfill_rows_per_second), ""),
            ("instances", str(self.instances), self.mode),
            ("versions of the flag", str(len(self.versions)), ""),
            ("  worst acknowledgement, s", number(slowest["seconds"] if slowest else None, 2), worst),
        ]
        lines += [
            (f"  {each['what']}", f"{each['seconds']:.2f} s", f"version {each['version']}") for each in self.versions
        ]
        return lines

    def _extras(self) -> list[Line]:
        asked, wrong = self.reads.get("reads", 0), self.reads.get("mismatches", 0)
        since = f", {asked:,} asked since the repair" if self.planting else ""
        lines: list[Line] = [
            (
                "  of it by the demo's own SQL",
                number(self.own_diff),
                "" if self.own_diff is None else mark(not self.own_diff),
            ),
            ("reads", f"{self.read:,}", ""),
            ("  asked of both sides", f"{asked + self.planting.get('compared', 0):,}", ""),
            ("  with different answers", f"{wrong:,}", mark(not wrong) + since),
        ]
        if self.planting:
            planted, named, read = (len(self.planting[what]) for what in ("planted", "named", "read"))
            repaired, clean = self.planting["repaired"], self.planting["clean"]
            rows = ", ".join(row.removeprefix("public.") for row in self.planting["named"])
            lines += [
                ("planted mismatches", str(planted), ""),
                ("  found by shadow reads", str(read), f"of the accounts {', '.join(self.planting['read'])}"),
                ("  named by verify", str(named), rows),
                ("  repaired", str(repaired), mark(repaired == planted and clean)),
            ]
        return lines

    def _pause_label(self) -> str:
        return "pause of new_only, ms"

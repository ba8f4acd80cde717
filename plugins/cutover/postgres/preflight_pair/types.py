"""What becomes of a column's values when the other side has another type: the text of the one is read as the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["safe", "depends", "rounds", "shifts", "breaks"]

INTEGERS = ("smallint", "integer", "bigint")
# Their text depends on settings of the session that writes it.
SET_BY_SESSION = (
    "timestamp with time zone",
    "timestamp without time zone",
    "date",
    "interval",
    "bytea",
    "money",
    "time with time zone",
)
UNBOUNDED = ("text", "character varying")


@dataclass(frozen=True, slots=True)
class Type:
    """``numeric(10,2)`` is base ``numeric`` with modifiers ``(10, 2)``; ``[]`` belongs to the base."""

    base: str
    modifiers: tuple[int, ...]


def parse(text: str) -> Type:
    """Read what ``format_type`` writes: ``timestamp(3) with time zone``, ``character varying(20)[]``."""
    match = re.fullmatch(r"([^()]*)\(([\d,-]+)\)(.*)", text)
    if match is None:
        return Type(text, ())
    base = " ".join(part for part in (match[1].strip(), match[3].strip()) if part)
    return Type(base.replace(" []", "[]"), tuple(int(number) for number in match[2].split(",")))


def verdict(old: str, new: str) -> Verdict:
    """Return what happens to values of type ``old`` that arrive in a column of type ``new``.

    ``safe``: each one fits. ``depends``: some may not fit, and replication stops at the first that does not.
    ``rounds``: they fit, changed. ``shifts``: what arrives depends on settings of the sessions. ``breaks``: the copy
    and replication would write different values.
    """
    a, b = parse(old), parse(new)
    if a.base == b.base:
        return _same_base(a, b)
    if a.base in INTEGERS and b.base in INTEGERS:
        return "safe" if INTEGERS.index(a.base) < INTEGERS.index(b.base) else "depends"
    if {a.base, b.base} == {"timestamp with time zone", "timestamp without time zone"}:
        return "shifts"
    if b.base in UNBOUNDED and not b.modifiers:
        return _to_text(a.base)
    if a.base in INTEGERS and b.base == "numeric" and not b.modifiers:
        return "safe"
    if (a.base, b.base) in (("real", "double precision"), ("jsonb", "json"), ("date", "timestamp without time zone")):
        return "safe"
    return "rounds" if (a.base, b.base) == ("double precision", "real") else "depends"


def _to_text(base: str) -> Verdict:
    if base == "boolean":
        return "breaks"  # a cast says true, the server's own text says t
    return "shifts" if base in SET_BY_SESSION else "safe"


def _same_base(a: Type, b: Type) -> Verdict:
    if a.modifiers == b.modifiers or not b.modifiers:
        return "safe"
    if not a.modifiers:
        return "rounds" if _is_time(a.base) else "depends"
    if a.base.startswith("numeric"):
        (p, s), (q, t) = _numeric(a), _numeric(b)
        if q - t < p - s:
            return "depends"
        return "rounds" if t < s else "safe"
    if b.modifiers[0] >= a.modifiers[0]:
        return "safe"
    return "rounds" if _is_time(a.base) else "depends"


def _numeric(found: Type) -> tuple[int, int]:
    return found.modifiers[0], found.modifiers[1] if len(found.modifiers) > 1 else 0


def _is_time(base: str) -> bool:
    return base.startswith(("time", "interval"))

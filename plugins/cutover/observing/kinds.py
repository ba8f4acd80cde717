"""The codes of what is observed, their names, and the word by which a spec lets them take a run back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cutover.spec.observing import Cause

Kind = Literal[
    "OBSERVE_UP",
    "OBSERVE_ERRORS",
    "OBSERVE_QUERIES",
    "OBSERVE_CONNECTIONS",
    "OBSERVE_WAY_BACK",
    "OBSERVE_LAG",
    "OBSERVE_LOCKS",
    "OBSERVE_LONG_QUERY",
    "OBSERVE_WAL",
    "OBSERVE_DISK",
    "OBSERVE_INVALID",
    "OBSERVE_SUITES",
    "OBSERVE_COUNT",
    "OBSERVE_PROBE",
    "OBSERVE_OWN",
]


class Told(NamedTuple):
    """:ivar cause: None: it never takes a run back by itself."""

    name: str
    cause: Cause | None


KINDS: Mapping[Kind, Told] = {
    # Without the live side no way back can be whole: what it has written last would be lost.
    "OBSERVE_UP": Told("live database", None),
    "OBSERVE_ERRORS": Told("error rate", "error_rate"),
    "OBSERVE_QUERIES": Told("baseline queries", "query_time"),
    "OBSERVE_CONNECTIONS": Told("connections", "connections"),
    "OBSERVE_WAY_BACK": Told("way back", None),
    "OBSERVE_LAG": Told("lag of the way back", "lag"),
    "OBSERVE_LOCKS": Told("waits for locks", "lock_wait"),
    "OBSERVE_LONG_QUERY": Told("long queries", "long_query"),
    "OBSERVE_WAL": Told("WAL kept", "wal"),
    "OBSERVE_DISK": Told("disk", "disk"),
    "OBSERVE_INVALID": Told("constraints and indexes", "violations"),
    "OBSERVE_SUITES": Told("suites", "violations"),
    "OBSERVE_COUNT": Told("count difference", "count_difference"),
    "OBSERVE_PROBE": Told("probe", "probes"),
    "OBSERVE_OWN": Told("own query", "queries"),
}

"""What a spec says of looking after a run: defaults, what is refused, and that a snapshot brings it back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cutover.spec import loader
from cutover.spec.errors import SpecError
from cutover.spec.models import Migration

SPEC: dict[str, Any] = {
    "name": "leads",
    "title": "Leads",
    "strategy": "online",
    "owner": "tests",
    "source": "shop",
    "tables": [{"name": "leads", "columns": {"a": "1"}}],
}
FULL: dict[str, Any] = {
    "close": {"for": "2h", "every": "2m"},
    "wide": {"every": "30m"},
    "thresholds": {"query_ms": 250.5, "lag": "10s", "wal": "5GB", "violations": 3},
    "warn_after": "1m",
    "roll_back_after": "1m",
    "roll_back_on": ["probes"],
    "probes": [{"url": "https://shop.example/health"}, {"name": "smoke", "command": ["bin/smoke"], "timeout": "2m"}],
    "queries": [{"name": "errors of the shop", "query": "errors.sql", "above": 2}],
    "disk_capacity": "500GB",
}


def load(folder: Path, observe: dict[str, Any], sql: str = "SELECT count(*) FROM errors") -> Migration:
    home = folder / "leads"
    home.mkdir(exist_ok=True)
    (home / "errors.sql").write_text(sql)
    (home / "migration.yaml").write_text(json.dumps({**SPEC, "observe": observe}))
    return loader.load(home)


def refused(folder: Path, **observe: Any) -> str:
    with pytest.raises(SpecError) as caught:
        load(folder, observe)
    return str(caught.value)


def test_the_defaults_are_those_that_were_asked_for(tmp_path: Path) -> None:
    rules = load(tmp_path, {}).observe
    assert (rules.close.for_, rules.close.every, rules.wide.every) == (
        timedelta(hours=1),
        timedelta(minutes=1),
        timedelta(minutes=15),
    )
    limits = rules.thresholds
    assert (limits.query_ms, limits.connections_percent, limits.error_rate_percent) == (1000, 80, 1)
    assert (limits.count_difference, limits.violations) == (0, 0)


def test_a_snapshot_brings_all_of_it_back(tmp_path: Path) -> None:
    spec = load(tmp_path, FULL)
    again = Migration.from_snapshot(spec.snapshot())
    assert again.observe == spec.observe and again.observe.close.for_ == timedelta(hours=2)
    assert again.text(again.observe.queries[0].query) == "SELECT count(*) FROM errors"


def test_a_run_from_before_there_was_such_a_part_has_the_defaults(tmp_path: Path) -> None:
    snapshot = load(tmp_path, FULL).snapshot()
    del snapshot["observe"]
    assert Migration.from_snapshot(snapshot).observe.roll_back_after == timedelta(minutes=8)


@pytest.mark.parametrize(
    ("observe", "words"),
    [
        ({"probes": [{}]}, "a probe does nothing"),
        ({"probes": [{"url": "http://a", "command": ["b"]}]}, "a probe has command and url"),
        ({"probes": [{"command": ["b"], "expect": 200}]}, "expect is the answer of a url"),
        ({"probes": [{"url": "http://a"}, {"url": "http://a"}]}, "is there twice, first as probes[0]"),
        ({"queries": [FULL["queries"][0], FULL["queries"][0]]}, "is there twice, first as queries[0]"),
        ({"queries": [{"name": "x", "query": "gone.sql", "above": 1}]}, "the file 'gone.sql' is missing"),
        ({"warn_after": "5m", "roll_back_after": "4m"}, "roll_back_after is shorter than warn_after"),
        ({"warn_after": "9m"}, "roll_back_after is shorter than warn_after"),
        ({"close": {"every": "10s"}}, "10s is not within 1m to 1h"),
        ({"roll_back_on": ["weather"]}, "roll_back_on"),
        ({"thresholds": {"connections_percent": 120}}, "connections_percent"),
        ({"thresholds": {"lag": 5}}, "5 has no unit"),
        ({"sometimes": True}, "sometimes"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, observe: dict[str, Any], words: str) -> None:
    assert words in refused(tmp_path, **observe)


def test_a_query_of_its_own_is_one_select(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"errors\.sql"):
        load(tmp_path, FULL, "DELETE FROM errors")

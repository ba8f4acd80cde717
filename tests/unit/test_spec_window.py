"""Specs of a maintenance window: what they say, and what they may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cutover.spec.errors import SpecError
from cutover.spec.loader import load

IN_PLACE = """\
name: quarter
title: The quarter's books are closed
strategy: stop_the_world
owner: billing
source: shop
router: pool
schema: {up: up.sql}
cutover: {max_downtime: 10m, drain: 5s, clients: refuse}
backup: {store: vault, key: keyring, verify: checksum, keep: 3d, workers: 4}
hooks:
  - {when: closing, command: [bin/scale, down], timeout: 1m}
  - {when: opened, url: "https://shop.example/health", expect: 204, retry_for: 2m}
  - {when: rolled_back, connection: pager}
"""
ACROSS = IN_PLACE.replace("router: pool\n", "target: shop_green\nrouter: pool\n")


def write(folder: Path, text: str) -> Path:
    place = folder / "quarter"
    place.mkdir()
    (place / "migration.yaml").write_text(text)
    (place / "up.sql").write_text("CREATE TABLE books (id int);\n")
    return place


def test_a_good_spec_says_all_of_it(tmp_path: Path) -> None:
    spec = load(write(tmp_path, IN_PLACE))
    assert (spec.cutover.max_downtime, spec.cutover.drain) == (timedelta(minutes=10), timedelta(seconds=5))
    assert (spec.cutover.clients, spec.backup.keep, spec.backup.workers) == ("refuse", timedelta(days=3), 4)
    scale, probe, pager = spec.hooks
    assert (scale.command, scale.timeout) == (["bin/scale", "down"], timedelta(minutes=1))
    assert (probe.expect, probe.retry_for, pager.connection) == (204, timedelta(minutes=2), "pager")
    again = type(spec).from_snapshot(spec.snapshot())
    assert (again.hooks, again.backup) == (spec.hooks, spec.backup)


def test_what_is_left_out_is_safe(tmp_path: Path) -> None:
    text = "".join(line for line in IN_PLACE.splitlines(keepends=True) if line[0] != " " and line[:6] != "hooks:")
    spec = load(write(tmp_path, text.replace(", clients: refuse", "").replace("verify: checksum, ", "")))
    assert (spec.cutover.clients, spec.backup.verify, spec.hooks) == ("hold", "restore", [])


@pytest.mark.parametrize(
    ("base", "old", "new", "path", "message"),
    [
        (IN_PLACE, "schema: {up: up.sql}\n", "", "schema", "there is no SQL to run"),
        (ACROSS, "target: shop_green", "target: pool", "router", "router and target are the same connection"),
        (IN_PLACE, "hooks:", "replication: {max_wal: 1GB}\nhooks:", "replication", "nothing is replicated"),
        (IN_PLACE, "hooks:", "tables: [{name: a, key: [id]}]\nhooks:", "tables[0].key", "key makes no sense"),
        (IN_PLACE, "hooks:", "tables: [{name: a, columns: {b: '1'}}]\nhooks:", "tables[0].columns", "no target"),
        (IN_PLACE, "command: [bin/scale, down], ", "", "hooks[0]", "a hook does nothing"),
        (IN_PLACE, "when: closing,", "when: closing, connection: a,", "hooks[0]", "has command and connection"),
        (IN_PLACE, "command: [bin/scale, down]", "command: []", "hooks[0].command", "at least 1"),
        (IN_PLACE, "connection: pager", "connection: pager, expect: 201", "hooks[2].expect", "expect is the answer"),
        (IN_PLACE, "when: opened", "when: lunch", "hooks[1].when", "'lunch' is not possible"),
        (
            IN_PLACE,
            "https://shop.example/health",
            "https://me:hunter2@shop.example/",
            "hooks[1].url",
            "no URL that can be called",
        ),
        (IN_PLACE, "timeout: 1m", "timeout: 2h", "hooks[0].timeout", "2h is not within 1s to 1h"),
        (IN_PLACE, "clients: refuse", "clients: shoot", "cutover.clients", "'shoot' is not possible"),
        (IN_PLACE, "keep: 3d", "keep: 3", "backup.keep", "has no unit"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, base: str, old: str, new: str, path: str, message: str) -> None:
    assert base.count(old) == 1
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, base.replace(old, new)))
    (problem,) = caught.value.problems
    assert problem.path == path, caught.value
    assert message in problem.message, caught.value
    assert "hunter2" not in str(caught.value)


def test_hooks_belong_to_a_window(tmp_path: Path) -> None:
    text = IN_PLACE.replace("stop_the_world", "blue_green").replace("router: pool", "target: green\nrouter: pool")
    with pytest.raises(SpecError, match="hooks belong to a maintenance window"):
        load(write(tmp_path, text))

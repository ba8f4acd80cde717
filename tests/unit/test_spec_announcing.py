"""Specs that say whom to tell: what they say, and what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutover.spec.errors import SpecError
from cutover.spec.loader import load

GOOD = """\
name: told
title: Somebody is told
strategy: stop_the_world
owner: billing
source: shop
schema: {up: up.sql}
announce:
  channel: "#migrations"
  window_start: 2026-12-06T03:00:00+01:00
  audiences:
    developers: {channel: "#dev"}
    operations: {channel: C0123456789, moments: [before_24h, approval_needed]}
    end_users: {connection: status_webhook, service: the shop}
"""


def write(folder: Path, text: str) -> Path:
    place = folder / "told"
    place.mkdir()
    (place / "migration.yaml").write_text(text)
    (place / "up.sql").write_text("CREATE TABLE books (id int);\n")
    return place


def test_a_good_spec_says_all_of_it_and_a_run_keeps_it(tmp_path: Path) -> None:
    spec = load(write(tmp_path, GOOD))
    named = spec.announce.audiences.named()
    assert list(named) == ["developers", "operations", "end_users"]
    assert named["operations"].moments == ["before_24h", "approval_needed"]
    assert [audience.place for audience in named.values()] == ["#dev", "C0123456789", "status_webhook"]
    assert type(spec).from_snapshot(spec.snapshot()).announce == spec.announce


def test_nobody_is_told_who_is_not_named(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("  audiences:")]
    assert load(write(tmp_path, text)).announce.audiences.named() == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('{channel: "#dev"}', "{}", "announce.audiences.developers", "developers have no channel"),
        ("C0123456789", '"#dev"', "announce.audiences.operations", "operations and developers share one channel"),
        (", service: the shop", "", "announce.audiences.end_users", "end users are told in plain words"),
        ("  window_start: 2026-12-06T03:00:00+01:00\n", "", "announce.audiences.operations.moments[0]", "counts back"),
        ("approval_needed]", "before_24h]", "announce.audiences.operations.moments[1]", "listed twice"),
        ("approval_needed]", "lunch]", "announce.audiences.operations.moments[1]", "'lunch' is not possible"),
        ("[before_24h, approval_needed]", "[]", "announce.audiences.operations.moments", "at least 1"),
        ("end_users:", "customers:", "announce.audiences.customers", "unknown key 'customers'"),
        ("connection: status_webhook", "connection: 'https://x/y'", "announce.audiences.end_users.connection", "no"),
        ("03:00:00+01:00", "03:00:00", "announce.window_start", "zone"),
    ],
)
def test_what_a_spec_may_not_say(tmp_path: Path, old: str, new: str, path: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, GOOD.replace(old, new)))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line is not None) == (path, True)
    assert message in problem.message

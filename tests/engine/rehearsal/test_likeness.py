"""Is all as it was? A difference in rows, schema or sequences is named; what flags keep is none."""

from __future__ import annotations

from typing import Any

import pytest

from cutover.rehearsal import likeness
from engine.rehearsal.conftest import Ground


@pytest.fixture
def before(ground: Ground) -> dict[str, Any]:
    return likeness.take(ground.task, ground.staging)


def after(ground: Ground, change: str) -> dict[str, Any]:
    ground.sql(change)
    return likeness.take(ground.task, ground.staging)


def test_what_was_not_changed_does_not_differ(ground: Ground, before: dict[str, Any]) -> None:
    assert before["rows"]["public.people"][0] == 50
    assert before["bytes"] > 1_000_000
    assert likeness.differences(before, after(ground, "VACUUM (FULL, ANALYZE) people")) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE people SET note = '' WHERE id = 7", "table public.people: 50 rows before, 50 now, not the same ones"),
        ("UPDATE people SET note = NULL WHERE id = 7", "table public.people: 50 rows before, 50 now"),
        ("DELETE FROM log WHERE id = 9", "table public.log: 50 rows before, 49 now"),
        ("ALTER TABLE people ADD COLUMN more int", "people.more"),
        ("DROP TRIGGER touch ON people", "touch"),
        ("CREATE SCHEMA cutover_new_7_public", "cutover_new_7_public"),
        ("ALTER SEQUENCE people_id_seq RESTART WITH 3", "sequence public.people_id_seq: was at 50"),
    ],
)
def test_what_a_rollback_has_not_brought_back_is_named(
    ground: Ground, before: dict[str, Any], change: str, said: str
) -> None:
    found = likeness.differences(before, after(ground, change))
    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    "change",
    [
        "SELECT nextval('people_id_seq')",
        "CREATE SCHEMA cutover_flags; CREATE TABLE cutover_flags.flag (name text)",
        "CREATE SCHEMA cutover; CREATE TABLE cutover.state (name text)",
    ],
)
def test_what_lasts_by_design_is_no_difference(ground: Ground, before: dict[str, Any], change: str) -> None:
    assert likeness.differences(before, after(ground, change)) == []

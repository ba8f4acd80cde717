"""Specs of double writing between two databases: what they say, and what they may not."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from cutover.spec.errors import SpecError
from cutover.spec.export import json_schema
from cutover.spec.loader import load
from cutover.spec.models import Migration

GOOD = """\
name: shop_flags
title: The shop moves, and its applications follow a flag
strategy: dual_write
owner: shop
source: shop
target: shop_green
schema: {up: up.sql}
tables: [{name: shop.ledger, without_key: full}, {name: shop.customers, columns: {domain: "lower(email)"}}]
flags: {store: flags_db, instances: 2}
reads: {shadow: 5, steps: [50, 100], hold: 1m}
replication: {max_wal: 1GB}
rollback: {window: 2h, old_database: drop}
"""
SOME_SHAPE = "shapes: [{name: a, key: [id], rows: up.sql, from: {b: SELECT r.id}}]\n"


def write(folder: Path, text: str = GOOD) -> Path:
    place = folder / "shop_flags"
    place.mkdir(exist_ok=True)
    (place / "up.sql").write_text("ALTER TABLE shop.customers ADD COLUMN domain text")
    (place / "migration.yaml").write_text(text)
    return place


def test_a_target_makes_it_two_databases(tmp_path: Path) -> None:
    spec = load(write(tmp_path))
    assert (spec.form, spec.target, spec.flags.store) == ("databases", "shop_green", "flags_db")
    assert Migration.from_snapshot(spec.snapshot()).form == "databases"
    least = GOOD.replace("schema: {up: up.sql}\n", "").replace("replication: {max_wal: 1GB}\n", "")
    assert load(write(tmp_path, least)).up_sql is None


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("flags: {store: flags_db, instances: 2}\n", "", "flags", "the store of flags has to be named"),
        ("store: flags_db, ", "", "flags", "the store of flags has to be named"),
        ("flags_db", "shop", "flags.store", "is the source, which finalizing archives or drops"),
        ("flags_db", "shop_green", "flags.store", "is the target, which a rollback empties"),
        ("source: shop\n", "source: shop\nrouter: pool\n", "router", "so there is no router"),
        ("source: shop\n", "source: shop\nwriter: application\n", "writer", "the application writes one side"),
        ("source: shop\n", f"source: shop\n{SOME_SHAPE}", "shapes", "shapes are told in one database"),
        ("source: shop\n", "source: shop\nleft_out: {a: why}\n", "left_out", "belongs to shapes"),
        ("{max_wal: 1GB}", "{both_ways: true}", "replication.both_ways", "one side is written at a time"),
        ("target: shop_green", "target: shop", "target", "source and target are the same connection"),
        ("without_key: full}", "key: [id]}", "tables[0].key", "key makes no sense for the dual_write strategy"),
        ("steps: [50, 100]", "steps: [50]", "reads.steps", "the last step is 50"),
        ("replication:", "hooks: [{when: closed, command: [x]}]\nreplication:", "hooks", "a maintenance window"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, old: str, new: str, path: str, message: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, text))
    (problem,) = [each for each in caught.value.problems if each.path == path]
    assert message in problem.message and problem.fix


def test_the_editors_schema_takes_and_refuses_the_same() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    good = yaml.safe_load(GOOD)
    assert list(validator.iter_errors(good)) == []
    changes = (
        {"flags": {"instances": 2}},
        {"router": "pool"},
        {"writer": "application"},
        {"replication": {"both_ways": True}},
        {"tables": [{"name": "a", "alter": "up.sql"}]},
        {"left_out": {"a": "why"}},
    )
    for change in changes:
        assert not validator.is_valid({**good, **change}), change
    assert not validator.is_valid({key: value for key, value in good.items() if key != "flags"})

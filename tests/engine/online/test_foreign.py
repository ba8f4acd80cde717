"""Schemas that nobody here made: Pagila's rental goes, its partitioned payment is refused; Chinook's invoice goes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from cutover.errors import CutoverError
from cutover.postgres import online
from cutover.postgres.online import fingerprint
from localstack.pgbinaries import bin_folder
from support.foreign import foreign
from support.online_world import World, forward

SPECS = Path(__file__).resolve().parents[2] / "specs"


def _load(world: World, *files: Path) -> None:
    """Load dumps by psql; on 16 a few statements of a newer dump fail, as they are known to."""
    for file in files:
        # Chinook's files create and enter a database of their own: everything after that is wanted.
        text = re.split(r"^\\c .*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[-1]
        command = [bin_folder(18) / "psql", "-q", "-X", world.info.conninfo()]
        subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=120)
    world.sql("ANALYZE")


def _print(world: World, table: str) -> dict[str, object]:
    with world.connect(options="-c search_path=pg_catalog") as db:
        return fingerprint.take(db, world.one("SELECT %s::regclass::oid", table))


@pytest.fixture(params=["world", "world16"])
def any_world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)


@pytest.fixture
def pagila(any_world: World) -> World:
    _load(any_world, foreign("pagila/pagila-schema.sql"), foreign("pagila/pagila-data.sql"))
    return any_world


def test_pagila_rental_there_and_back_and_there(pagila: World) -> None:
    rows, before = pagila.sql("SELECT * FROM rental ORDER BY rental_id"), _print(pagila, "public.rental")
    assert len(rows) == 16_044
    ctx = pagila.begin(SPECS / "pagila_rental")
    findings = online.preflight(ctx)
    assert {finding.severity for finding in findings} <= {"info", "warning"}
    forward(ctx)
    assert [check for check in online.verify(ctx) if not check["ok"]] == []
    online.swap(ctx)
    online.settle(ctx)
    assert pagila.one("SELECT count(*) FROM rental WHERE channel = 'desk'") > 0
    assert pagila.one("SELECT count(*) FROM legacy.rental") == 16_044
    new = pagila.one("INSERT INTO rental (inventory_id, customer_id, staff_id) VALUES (1, 1, 1) RETURNING rental_id")
    done = online.roll_back(ctx)
    assert done["row_diff"] == 0 and done["differences"] == []
    assert _print(pagila, "public.rental") == before
    assert pagila.sql("SELECT * FROM rental WHERE rental_id <> %s ORDER BY rental_id", new) == rows
    assert pagila.leftovers() == []
    pagila.end(ctx)
    again = pagila.begin(SPECS / "pagila_rental")
    forward(again)
    online.swap(again)
    online.settle(again)
    online.finalize(again, "drop")
    assert pagila.one("SELECT count(*) FROM rental") == 16_045
    assert pagila.leftovers() == []


def test_pagila_payment_is_refused_because_it_is_partitioned(pagila: World) -> None:
    ctx = pagila.begin(SPECS / "pagila_payment")
    with pytest.raises(CutoverError, match=r"(?s)public\.payment.*partitioned"):
        online.preflight(ctx)
    assert pagila.leftovers() == []


@pytest.mark.parametrize(
    "file", ["Chinook_PostgreSql.sql", "Chinook_PostgreSql_AutoIncrementPKs.sql", "Chinook_PostgreSql_SerialPKs.sql"]
)
def test_chinook_invoice_there_and_back(world: World, file: str) -> None:
    _load(world, foreign(f"chinook/{file}"))
    rows, before = world.sql("SELECT * FROM invoice ORDER BY invoice_id"), _print(world, "public.invoice")
    ctx = world.begin(SPECS / "chinook_invoice")
    online.preflight(ctx)
    forward(ctx)
    assert [check for check in online.verify(ctx) if not check["ok"]] == []
    online.swap(ctx)
    online.settle(ctx)
    assert world.one("SELECT sum(total_cents) FROM invoice") == 100 * sum(row[-1] for row in rows)
    new = world.one(
        "INSERT INTO invoice (invoice_id, customer_id, invoice_date, total_cents) OVERRIDING SYSTEM VALUE"
        " SELECT coalesce(max(invoice_id), 0) + 5000, 1, now(), 199 FROM invoice RETURNING invoice_id"
    )
    done = online.roll_back(ctx)
    assert done["row_diff"] == 0 and done["differences"] == []
    assert _print(world, "public.invoice") == before
    assert world.sql("SELECT * FROM invoice WHERE invoice_id <> %s ORDER BY invoice_id", new) == rows
    assert str(world.one("SELECT total FROM invoice WHERE invoice_id = %s", new)) == "1.99"
    assert world.leftovers() == []

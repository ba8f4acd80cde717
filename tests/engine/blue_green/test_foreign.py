"""Databases that nobody here made, moved as a whole: Pagila, and Chinook with its three kinds of keys."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.postgres import blue_green
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.foreign import foreign
from support.pair_route import routed
from support.pair_world import PairWorld, forward

from .conftest import MakePair

pytestmark = pytest.mark.timeout(300)
CHINOOK = ["Chinook_PostgreSql.sql", "Chinook_PostgreSql_AutoIncrementPKs.sql", "Chinook_PostgreSql_SerialPKs.sql"]
WITHOUT_KEY = [
    {"name": f"public.{name}", "without_key": "full"}
    for name in ("country", "payment_p0000_default", "payment_p2007_07_max")
]
KEEP = {"old_database": "keep"}
FED = """
SELECT format('%I.%I', n.nspname, c.relname), a.attname,
    pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND n.nspname = 'public' AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) IS NOT NULL
UNION
SELECT d.refobjid::regclass::text, a.attname, p.refobjid::regclass::text
FROM pg_depend p JOIN pg_attrdef f ON f.oid = p.objid JOIN pg_depend d ON d.objid = f.oid AND d.deptype = 'a'
    JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S' JOIN pg_class t ON t.oid = f.adrelid AND t.relkind = 'r'
WHERE p.classid = 'pg_attrdef'::regclass AND p.refclassid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = f.adrelid
"""


def load(info: ConnectionInfo, *files: Path) -> None:
    """Load dumps by psql; on 16 a few statements of a newer dump fail, as they are known to."""
    for file in files:
        # Chinook's files create and enter a database of their own: everything after that is wanted.
        text = re.split(r"^\\c .*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[-1]
        command = [bin_folder(18) / "psql", "-q", "-X", info.conninfo()]
        subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=120)


@pytest.fixture
def empty(make_pair: MakePair, pg16: Cluster, pg18: Cluster) -> Iterator[PairWorld]:
    pair = make_pair(pg16, pg18, load=False)
    with routed(pair, pg16, pg18):
        yield pair


def contents(pair: PairWorld, side: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return number and fingerprint of the rows of every table of the schema public."""
    ask = pair.blue if side == "blue" else pair.green
    tables = [row[0] for row in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    # Texts of floats and the like are the same on both versions; the order of rows is nobody's.
    return {
        name: ask(f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{name}" AS t WHERE true')
        for name in tables
    }


def no_number_is_given_twice(pair: PairWorld, side: str) -> int:
    """See that the next value of every sequence is beyond all that its column holds."""
    ask = pair.blue if side == "blue" else pair.green
    fed = [row for row in ask(FED) if row[2]]
    for table, column, sequence in fed:
        ((highest, following),) = ask(f'SELECT coalesce(max("{column}"), 0), nextval(%s) FROM {table}', sequence)
        assert following > highest, (table, column)
    return len({sequence.removeprefix("public.") for _, _, sequence in fed})


def there_and_back(pair: PairWorld, tables: list[dict[str, str]], insert: str) -> None:
    before = contents(pair, "blue")
    ctx = pair.begin(pair.spec(tables, rollback=KEEP))
    findings = blue_green.preflight(ctx)
    assert [str(finding) for finding in findings if finding.severity == "error"] == []
    forward(ctx)
    assert [check for check in blue_green.verify(ctx) if not check["ok"] and check["severity"] == "error"] == []
    there = blue_green.cut_over(ctx)
    assert there["exact"]["differing"] == []
    assert contents(pair, "green") == before
    pair.green(insert)
    done = blue_green.roll_back(ctx)
    assert (done["row_diff"], done["differences"]) == (0, [])
    after = contents(pair, "blue")
    assert {name for name in before if before[name] != after[name]} == {re.split(r"\W+", insert)[2]}
    assert pair.leftovers() == []
    pair.end(ctx)


@pytest.mark.parametrize("file", CHINOOK)
def test_chinook_there_and_back(empty: PairWorld, file: str) -> None:
    load(empty.blue_info, foreign(f"chinook/{file}"))
    number = "" if "Increment" in file or "Serial" in file else "(SELECT max(artist_id) + 1 FROM artist), "
    columns = "name" if not number else "artist_id, name"
    there_and_back(empty, [], f"INSERT INTO artist ({columns}) VALUES ({number}'Somebody new')")
    assert no_number_is_given_twice(empty, "blue") == (0 if number else 10)


def test_chinook_numbers_go_on_on_green(empty: PairWorld) -> None:
    load(empty.blue_info, foreign(f"chinook/{CHINOOK[1]}"))
    ctx = empty.begin(empty.spec(rollback=KEEP))
    forward(ctx)
    blue_green.cut_over(ctx)
    assert no_number_is_given_twice(empty, "green") == 10
    blue_green.roll_back(ctx)


def test_pagila_there_and_back(empty: PairWorld) -> None:
    load(empty.blue_info, foreign("pagila/pagila-schema.sql"), foreign("pagila/pagila-data.sql"))
    there_and_back(empty, WITHOUT_KEY, "INSERT INTO language (name) VALUES ('Klingon')")
    assert no_number_is_given_twice(empty, "blue") > 10

"""Schemas that others made: Pagila and Chinook, asked about whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.foreign import foreign
from support.pair_preflighting import Asked, MakePair, codes

pytestmark = pytest.mark.timeout(240)


def _psql(cluster: Cluster, dbname: str, text: str) -> None:
    """As it comes: Pagila has three statements that fail on 16, and are expected to."""
    program: Path = cluster.tool("psql")
    arguments = [program, "-X", "-q", "-f", "-"]
    subprocess.run(arguments, input=text.encode(), env=cluster.env(dbname), check=True, capture_output=True)


@pytest.fixture
def pagila(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> Asked:
    world = make_pair(pg16, pg18, load=False)
    for name in ("pagila/pagila-schema.sql", "pagila/pagila-data.sql"):
        _psql(pg16, world.blue_info.dbname, foreign(name).read_text())
    world.blue("ANALYZE")
    return Asked(world, pooler)


def test_pagilas_key_problems_are_found_and_no_others(pagila: Asked) -> None:
    found = pagila.findings()
    keys = {(f.code, f.object) for f in found if f.severity == "error"}
    assert keys == {
        ("BG024", "public.country"),
        ("BG024", "public.payment_p0000_default"),
        ("BG024", "public.payment_p2007_07_max"),
    }
    said = {f.object: f for f in found if f.code == "BG024"}
    assert "REPLICA IDENTITY NOTHING" in said["public.country"].message
    assert (said["public.country"].fix or "").startswith('ALTER TABLE "public"."country" REPLICA IDENTITY DEFAULT;')
    for name in ("payment_p0000_default", "payment_p2007_07_max"):
        assert "no primary key" in said[f"public.{name}"].message


def test_pagila_can_go_once_the_spec_decides(pagila: Asked) -> None:
    """The partitioned table stands for its partitions; those with a key do not need it."""
    tables = [
        {"name": "payment_p0000_default", "without_key": "full"},
        {"name": "payment_p2007_07_max", "without_key": "ignore"},
        {"name": "country", "without_key": "full"},
    ]
    found = pagila.findings(tables)
    assert codes(found, "error") == set(), [f for f in found if f.severity == "error"]
    said = {f.object: f.severity for f in found if f.code == "BG025"}
    assert said["public.payment_p2007_07_max"] == "warning"
    assert set(said) == {"public.payment_p0000_default", "public.payment_p2007_07_max", "public.country"}


@pytest.mark.parametrize(
    ("file", "mark"),
    [
        ("Chinook_PostgreSql.sql", "\\c chinook;"),
        ("Chinook_PostgreSql_AutoIncrementPKs.sql", "\\c chinook_auto_increment;"),
        ("Chinook_PostgreSql_SerialPKs.sql", "\\c chinook_serial;"),
    ],
)
def test_nothing_stands_in_chinooks_way(
    make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer, file: str, mark: str
) -> None:
    world = make_pair(pg16, pg18, load=False)
    text = foreign(f"chinook/{file}").read_text()
    assert mark in text
    _psql(pg16, world.blue_info.dbname, text.split(mark)[1])
    found = Asked(world, pooler).findings()
    assert codes(found, "error") == set(), found

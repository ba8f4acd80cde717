"""Schemas that others made: Pagila and Chinook, loaded whole."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack.cluster import Cluster
from support.foreign import foreign
from support.preflighting import Place, codes

VERSIONS = pytest.mark.parametrize("version", [16, 18])
WIDER = {
    "name": "rental",
    "alter": "a.sql",
    "columns": {"days": "upper(rental_period)::date - lower(rental_period)::date"},
}
ALTER = {"a.sql": "ALTER TABLE rental ALTER COLUMN rental_id TYPE bigint, ADD COLUMN days integer"}


@pytest.fixture(scope="module")
def clusters(pg16: Cluster, pg18: Cluster) -> dict[int, Cluster]:
    return {16: pg16, 18: pg18}


@pytest.fixture(scope="module")
def pagila(clusters: dict[int, Cluster]) -> Iterator[dict[int, Place]]:
    """Pagila on both versions. On 16 three statements fail, and are expected to."""
    files = [foreign("pagila/pagila-schema.sql"), foreign("pagila/pagila-data.sql")]
    yield from _loaded(clusters, "preflight_pagila", [file.read_text() for file in files])


@pytest.fixture(scope="module")
def chinook(clusters: dict[int, Cluster]) -> Iterator[dict[int, Place]]:
    """Chinook with identity keys, on both versions, in a database of our own."""
    text = foreign("chinook/Chinook_PostgreSql_AutoIncrementPKs.sql").read_text()
    yield from _loaded(clusters, "preflight_chinook", [text.split("\\c chinook_auto_increment;")[1]])


def _loaded(clusters: dict[int, Cluster], name: str, texts: list[str]) -> Iterator[dict[int, Place]]:
    places = {}
    for version, cluster in clusters.items():
        places[version] = Place(cluster.create_database(name), version)
        for text in texts:
            _psql(cluster.tool("psql"), cluster.env(name), text)
    yield places
    for cluster in clusters.values():
        cluster.drop_database(name)


def _psql(program: Path, env: dict[str, str], text: str) -> None:
    subprocess.run([program, "-X", "-q", "-f", "-"], input=text.encode(), env=env, check=True, capture_output=True)


@VERSIONS
def test_pagilas_rental_can_be_migrated(pagila: dict[int, Place], version: int) -> None:
    place = pagila[version]
    found = place.findings(WIDER, files=ALTER)
    assert codes(found, "error") == set(), found
    trial = place.facts(WIDER, files=ALTER).tables[0].trial
    assert trial.skipped is None and trial.sampled > 400 and not trial.losses
    said = {f.code for f in found}
    # Its views, keys in both directions, its trigger.
    assert {"PF019", "PF022", "PF023", "PF052"} <= said


@VERSIONS
def test_pagilas_payment_is_refused_because_it_is_partitioned(pagila: dict[int, Place], version: int) -> None:
    found = [f for f in pagila[version].findings("payment") if f.severity == "error"]
    assert [(f.code, f.object) for f in found] == [("PF005", "public.payment")]
    assert "partitioned (8 partitions)" in found[0].message


@VERSIONS
def test_pagilas_partitions_without_key_are_refused_twice(pagila: dict[int, Place], version: int) -> None:
    found = pagila[version].findings("payment_p0000_default")
    assert codes(found, "error") == {"PF005", "PF008"}


@VERSIONS
def test_pagilas_other_tables_say_what_is_special_about_them(pagila: dict[int, Place], version: int) -> None:
    place = pagila[version]
    assert codes(place.findings("customer", "film", "country", "inventory", "staff"), "error") == set()
    assert place.one("PF051", "country").message == "REPLICA IDENTITY NOTHING is kept."


@VERSIONS
def test_chinooks_invoice_can_be_migrated(chinook: dict[int, Place], version: int) -> None:
    place = chinook[version]
    wanted = {"name": "invoice", "alter": "a.sql"}
    files = {"a.sql": "ALTER TABLE invoice ALTER COLUMN invoice_id TYPE bigint, ALTER COLUMN total TYPE numeric(12,4)"}
    found = place.findings(wanted, files=files)
    assert codes(found, "error") | codes(found, "warning") == set(), found
    assert codes(found) == {"PF022", "PF023", "PF038"}
    assert place.facts(wanted, files=files).tables[0].trial.sampled > 200
    assert codes(place.findings("Invoice"), "error") == {"PF001"}

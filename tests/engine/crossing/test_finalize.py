"""The end of the window: nothing follows any more, green is an ordinary database, and blue is put away as was asked."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
from pathlib import Path

import psycopg
import pyrage
import pytest

from cutover.postgres import blue_green, programs
from cutover.postgres.backup import FolderStore
from cutover.postgres.blue_green.clearance import NotReady
from cutover.postgres.blue_green.steps.finalize import NoStore
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.pair_link import APP, PASSWORD, Clients, Link

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def clients_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(programs.VARIABLE, str(bin_folder(18)))


def test_it_is_refused_while_blue_is_live(link: Link) -> None:
    with pytest.raises(NotReady, match="green is not live"):
        blue_green.finalize(link.ctx, "keep")
    assert link.leads_to() == "blue"
    assert link.writable("blue")


@pytest.mark.parametrize("old", ["keep", "drop"])
def test_nothing_is_left_on_green_and_clients_never_notice(link: Link, old: str) -> None:
    with Clients(link) as clients:
        blue_green.cut_over(link.ctx)
        done = blue_green.finalize(link.ctx, old)
        clients.await_commits(30)
    assert clients.failed == []
    clients.check(link, "green")
    assert (done["blue"], done["green"]) == ({"keep": "kept", "drop": "dropped"}[old], "clean")
    assert done["traffic"]["leads_to"] == "green"
    assert link.leftovers("green") == []
    assert link.blue.has_database(link.dbname) is (old == "keep")
    if old == "keep":
        assert not link.writable("blue")
        assert not [one for one in link.leftovers("blue") if one.split()[0] in ("publication", "subscription", "slot")]
    assert blue_green.finalize(link.ctx, old)["green"] == "clean", "a second time there is nothing to do"


def test_an_archive_can_be_read_by_its_key_and_by_nobody_else(
    link: Link, tmp_path: Path, make_connection: Connections
) -> None:
    key = pyrage.x25519.Identity.generate()
    place = dataclasses.replace(link.info("blue"), settings={"age_recipients": str(key.to_public())})
    make_connection(link.ctx.spec.rollback.archive, place)
    store = FolderStore(tmp_path / "store")
    blue_green.cut_over(link.ctx)
    done = blue_green.finalize(link.ctx, "archive", store=store)
    kept = Path(done["archive"]["kept"])
    assert [each for each in (tmp_path / "store").rglob("*") if each.is_file()] == [kept]
    data = kept.read_bytes()
    assert done["archive"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert b"PGDMP" not in data
    clear = io.BytesIO()
    pyrage.decrypt_io(io.BytesIO(data), clear, [key])
    listed = subprocess.run(
        [bin_folder(18) / "pg_restore", "--list"], input=clear.getvalue(), capture_output=True, check=True
    ).stdout.decode()
    assert "TABLE DATA public account" in listed
    assert "cutover" not in listed.replace("; Dumped", ""), "nothing of the run is in it"
    info = dataclasses.replace(link.info("blue"), user=APP, password=PASSWORD)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(info.conninfo())
    assert link.leftovers("blue") == link.leftovers("green") == []


def test_without_a_place_for_the_archive_nothing_is_touched(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    with pytest.raises(NoStore):
        blue_green.finalize(link.ctx, "archive")
    assert all(check["ok"] for check in blue_green.watch(link.ctx))

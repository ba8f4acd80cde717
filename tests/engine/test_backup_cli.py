"""Back up, list and restore from the command line, on real servers; nothing is ever restored over anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest

from cutover.cli.main import main
from cutover.connections import ConnectionInfo
from cutover.postgres.backup import FolderStore, listing
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from localstack.s3 import S3Server
from support.connections import Connections

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[2]
TABLES = """
CREATE TABLE ledger (id int PRIMARY KEY, what text);
INSERT INTO ledger SELECT n, 'line ' || n FROM generate_series(1, 5000) AS n;
CREATE VIEW sums AS SELECT count(*) FROM ledger;
"""


@pytest.fixture(autouse=True)
def connections(
    tmp_path: Path, database: ConnectionInfo, make_connection: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database with a few rows, a folder for backups, and a key; Airflow is not set up."""
    key = pyrage.x25519.Identity.generate()
    own = {"path": str(tmp_path / "store"), "age_recipients": str(key.to_public())}
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_BACKUPS", json.dumps({"conn_type": "fs", "extra": {"cutover": own}}))
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_AGE", json.dumps({"conn_type": "generic", "password": str(key)}))
    monkeypatch.setenv("AIRFLOW_HOME", "/nowhere")
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    make_connection("shop", database)
    with psycopg.connect(database.conninfo(), autocommit=True) as db:
        db.execute(TABLES)


@pytest.fixture
def elsewhere(pg18: Cluster, make_connection: Connections) -> Any:
    """The id of a connection to another, empty database."""
    make_connection("elsewhere", pg18.create_database("elsewhere"))
    yield "elsewhere"
    pg18.drop_database("elsewhere")


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err and "AGE-SECRET-KEY-1" not in out + err
    return code, out, err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    code, out, err = run(capsys, *argv, "--json")
    assert code == 0, out + err
    return json.loads(out)


def rows(info: ConnectionInfo, **other: Any) -> int:
    with psycopg.connect(info.conninfo(**other)) as db:
        found = db.execute("SELECT count(*) FROM ledger").fetchone()
    assert found
    return int(found[0])


def databases(cluster: Cluster) -> set[str]:
    with psycopg.connect(cluster.info("any", "postgres").conninfo()) as db:
        return {row[0] for row in db.execute("SELECT datname FROM pg_database").fetchall()}


def test_there_and_back_into_a_database_that_is_made_for_it(
    capsys: pytest.CaptureFixture[str], database: ConnectionInfo, pg18: Cluster
) -> None:
    before = databases(pg18)
    code, out, _ = run(capsys, "backup", "shop", "--note", "before the audit")
    assert code == 0
    point = out.splitlines()[0]
    assert point.startswith(f"backups/{database.dbname}/manual-") and "proven: restored in" in out
    assert "5,000 rows of 1 table," in out and databases(pg18) == before, "nothing is left of the proof"
    code, out, err = run(capsys, "restore", point, "--into", "shop", "--database", "ledger_again", "--yes")
    try:
        assert code == 0, err
        assert "5,000 rows, all counted" in out and rows(database, dbname="ledger_again") == 5000
    finally:
        pg18.drop_database("ledger_again")


def test_the_list_says_what_people_want_to_know(capsys: pytest.CaptureFixture[str], database: ConnectionInfo) -> None:
    assert run(capsys, "backups")[1].startswith("there are none in /")
    assert run(capsys, "backup", "shop")[0] == 0
    assert run(capsys, "backup", "shop", "--schema-only", "--unproven", "--note", "for the model")[0] == 0
    code, out, _ = run(capsys, "backups", "shop")
    head, schema, full = out.splitlines()
    assert code == 0
    assert head.split() == ["POINT", "TAKEN", "AGE", "DATABASE", "SIZE", "ROWS", "PROVEN", "RESTORE", "NOTE"]
    assert "schema only" in schema and schema.endswith("for the model") and "  no " in schema
    assert "  5,000  " in full and "  yes " in full
    listed = run_json(capsys, "backups")
    assert [(one["kind"], one["rows"], one["proven"]) for one in listed] == [("schema", 0, False), ("full", 5000, True)]
    assert listed[1]["restore_seconds"] > 0 and listed[1]["database"] == database.dbname


def test_only_those_of_the_connections_database(capsys: pytest.CaptureFixture[str], elsewhere: str) -> None:
    run(capsys, "backup", "shop", "--unproven")
    assert run(capsys, "backups", elsewhere)[1].startswith("there are none of database elsewhere in /")
    assert len(run_json(capsys, "backups", "shop")) == 1


def test_into_an_empty_database_that_is_there(
    capsys: pytest.CaptureFixture[str], elsewhere: str, database: ConnectionInfo
) -> None:
    point = run_json(capsys, "backup", "shop", "--unproven")["point"]
    told = run_json(capsys, "restore", point, "--into", elsewhere, "-y")
    assert told["rows"] == 5000 and rows(database, dbname="elsewhere") == 5000
    code, _, err = run(capsys, "restore", point, "--into", elsewhere, "-y")
    assert code == 2 and "[BAK024]" in err and "is not empty: " in err and "ledger" in err
    assert rows(database, dbname="elsewhere") == 5000


def test_never_over_the_database_that_it_is_of(capsys: pytest.CaptureFixture[str], database: ConnectionInfo) -> None:
    point = run_json(capsys, "backup", "shop", "--unproven")["point"]
    code, _, err = run(capsys, "restore", point, "--into", "shop", "--yes")
    assert code == 2 and "[BAK024]" in err
    assert rows(database) == 5000


def test_without_a_terminal_it_asks_for_yes(capsys: pytest.CaptureFixture[str], elsewhere: str, database: Any) -> None:
    point = run_json(capsys, "backup", "shop", "--unproven")["point"]
    code, _, err = run(capsys, "restore", point, "--into", elsewhere)
    assert code == 2 and "restore asks for confirmation" in err
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows(database, dbname="elsewhere")


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 2), ("", 2)])
def test_it_says_what_is_going_to_happen_and_takes_yes_for_an_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, elsewhere: str, answer: str, code: int
) -> None:
    import io

    point = run_json(capsys, "backup", "shop")["point"]
    terminal = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    found, _, err = run(capsys, "restore", point, "--into", elsewhere)
    assert found == code
    assert f"restore: {point} of shop (" in err
    assert "nothing that was written since is in it" in err and "5,000 rows, which took" in err
    assert "elsewhere), which is empty" in err


def test_a_folder_and_a_key_by_hand(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: str
) -> None:
    other = pyrage.x25519.Identity.generate()
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_BACKUPS")
    folder = str(tmp_path / "usb")
    mine = ("--to", folder, "--recipient", str(other.to_public()), "--unproven")
    point = run_json(capsys, "backup", "shop", *mine)["point"]
    assert [one.name for one in listing(FolderStore(Path(folder)))] == [point]
    code, _, err = run(capsys, "restore", point, "--from", folder, "--check")
    assert code == 2 and "[BAK017]" in err and str(other.to_public()) in err
    monkeypatch.setenv("AIRFLOW_CONN_SAFE", json.dumps({"conn_type": "generic", "password": str(other)}))
    assert "every byte is right" in run(capsys, "restore", point, "--from", folder, "--check", "--key", "safe")[1]
    assert run(capsys, "restore", point, "--from", folder, "--key", "safe", "--into", elsewhere, "-y")[0] == 0


def test_a_damaged_one_is_refused_and_the_database_that_was_to_be_made_is_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pg18: Cluster
) -> None:
    point = run_json(capsys, "backup", "shop", "--unproven")["point"]
    part = max((tmp_path / "store" / point).glob("*.age"), key=lambda file: file.stat().st_size)
    whole = part.read_bytes()
    part.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    before = databases(pg18)
    for asked in (("--check",), ("--into", "shop", "--database", "again", "-y")):
        code, _, err = run(capsys, "restore", point, *asked)
        assert code == 2 and "[BAK016]" in err and "damaged" in err
    assert databases(pg18) == before


def test_one_that_fails_half_way_leaves_no_database_that_it_has_made(
    capsys: pytest.CaptureFixture[str], database: ConnectionInfo, pg18: Cluster
) -> None:
    from cutover import points

    def strike() -> None:
        raise KeyboardInterrupt

    point = run_json(capsys, "backup", "shop", "--unproven")["point"]
    before = databases(pg18)
    points.on("backup.restore.rows", strike)
    try:
        assert run(capsys, "restore", point, "--into", "shop", "--database", "again", "-y")[0] == 130
    finally:
        points.on("backup.restore.rows", None)
    assert databases(pg18) == before


def test_one_that_is_not_there(capsys: pytest.CaptureFixture[str], elsewhere: str) -> None:
    code, _, err = run(capsys, "restore", "backups/shop/none-20260101T000000Z", "--into", elsewhere, "-y")
    assert code == 2 and "[BAK010]" in err and "python -m cutover backups" in err


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("restore", "x"), "CLI001"),
        (("restore", "x", "--check", "--into", "shop"), "CLI001"),
        (("backup", "nowhere"), "CUT002"),
        (("backup", "shop", "--key", "nowhere"), "CUT002"),
        (("backup", "shop", "--key", "shop"), "BAK005"),
        (("backup", "shop", "--store", "shop"), "BAK001"),
        (("backup", "shop", "--recipient", "age1nonsense"), "BAK001"),
        (("backups", "--store", "shop"), "BAK004"),
    ],
)
def test_what_makes_no_sense_is_told(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], code: str) -> None:
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "") and err.startswith(f"[{code}] ")


def test_kept_for_longer(capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import UTC, datetime, timedelta

    told = run_json(capsys, "backup", "shop", "--unproven", "--keep", "90d")
    until = datetime.fromisoformat(told["keep_until"])
    assert timedelta(days=89) < until - datetime.now(UTC) < timedelta(days=91)


def test_an_s3_is_reached_through_airflows_hook(tmp_path: Path, database: ConnectionInfo) -> None:
    """In a process of its own, as people run it: Airflow is imported for an S3, and says nothing on stdout."""
    key = pyrage.x25519.Identity.from_str(json.loads(os.environ["AIRFLOW_CONN_CUTOVER_AGE"])["password"])
    server = S3Server(tmp_path / "s3", "access-key", "secret-key", str(key.to_public()))
    process = server.start()
    try:
        env = {**os.environ, "AIRFLOW_CONN_CUTOVER_BACKUPS": json.dumps(server.connection())}
        env |= {"AIRFLOW_HOME": str(tmp_path / "airflow"), "PYTHONPATH": str(ROOT / "plugins")}

        def cutover(*argv: str) -> Any:
            command = [sys.executable, "-m", "cutover", *argv, "--json"]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            return json.loads(done.stdout)

        point = cutover("backup", "shop", "--unproven")["point"]
        (listed,) = cutover("backups")
        assert listed["point"] == point and listed["store"] == "s3://cutover"
        assert cutover("restore", point, "--check")["good"] is True
    finally:
        process.stop()

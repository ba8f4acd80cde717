"""A rollback point has everything of one moment, and gives everything back."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.postgres import backup, toc
from cutover.postgres.backup import scratch, snapshot
from cutover.postgres.backup.proving import NotProven
from cutover.postgres.backup.restoring import NotEmpty
from localstack import apt
from localstack.cluster import Cluster
from localstack.errors import StackError
from localstack.pgbinaries import bin_folder
from localstack.throwaway import standby_of
from support.backup_world import MARK, RUN, BackupWorld, Listening, around, contents
from support.pair_world import until

from .conftest import MakeWorld

ROOT = Path(__file__).resolve().parents[3]


def test_everything_comes_back(world: BackupWorld) -> None:
    before, schema = contents(world.info), around(world.info)
    manifest = world.take()
    into = world.empty()
    figures = world.restore(manifest, into)
    assert contents(into) == before
    assert around(into) == schema
    assert len(manifest.of("data")) > 2, "the big tables have streams of their own"
    assert manifest.rows == sum(found[0] for name, found in before.items() if name.startswith("r "))
    assert figures["remarks"] == []
    assert figures["seconds"] > 0
    analyzed = "SELECT count(*) FROM pg_stats WHERE tablename IN ('orders', 'measures', 'measures_new')"
    assert world.sql(analyzed, info=into)[0][0] > 10


@pytest.mark.parametrize("workers", [1, 3])
def test_it_can_be_restored_on_a_newer_server(world: BackupWorld, pg18: Cluster, workers: int) -> None:
    before = contents(world.info)
    manifest = world.take(workers=workers)
    into = world.empty(pg18)
    world.restore(manifest, into, workers=workers)
    assert contents(into) == before


def test_18_takes_and_gives(make_world: MakeWorld, pg18: Cluster) -> None:
    world = make_world(pg18)
    world.sql("ALTER TABLE log ADD COLUMN twice text GENERATED ALWAYS AS (line || line) VIRTUAL")
    before, schema = contents(world.info), around(world.info)
    manifest = world.prove()
    assert (manifest.proved.row_diff, manifest.proved.rows) == (0, manifest.rows)  # type: ignore[union-attr]
    into = world.empty()
    world.restore(manifest, into)
    assert (contents(into), around(into)) == (before, schema)


def test_it_is_proven_by_a_restore(world: BackupWorld) -> None:
    manifest = world.prove(note="before the window", keep=timedelta(days=9), migration="shop_v2")
    proved = manifest.proved
    assert proved is not None
    assert (proved.rows, proved.row_diff, proved.tables) == (manifest.rows, 0, len(manifest.tables))
    assert 0 < proved.restore_seconds < 60
    assert world.scratches() == []
    (listed,) = backup.listing(world.store)
    assert listed == manifest
    assert (listed.run_id, listed.migration, listed.note) == (RUN, "shop_v2", "before the window")
    assert listed.kept_until == listed.taken + timedelta(days=9)
    assert abs(listed.age(datetime.now(UTC))) < timedelta(minutes=5)
    assert isinstance(world.task.journal, Listening)
    assert [data["point"] for kind, _, data in world.task.journal.told if kind == "backup"] == [manifest.name]
    done = {(step, item): (n, total) for step, item, n, total in world.task.journal.steps}
    assert done["backup", "rows"] == (manifest.rows, manifest.rows)
    assert done["restore", "bytes"] == (manifest.size, manifest.size)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DELETE FROM orders WHERE id = 77", "public.orders: 1 missing of 30,000 rows"),
        ("UPDATE customers SET data = '{}' WHERE id = 5", "public.customers: 1 changed"),
        ("INSERT INTO log VALUES (now(), 'one more')", "public.log: 30,001 rows against 30,002"),
        ("SELECT lo_put(900002, 5, 'x')", "large objects"),
        ("SELECT setval('down_seq', 1)", "sequence public.down_seq is at 1"),
        ("ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'x'", "orders"),
    ],
)
def test_what_does_not_restore_as_it_was_is_not_kept(world: BackupWorld, change: str, named: str) -> None:
    """What a broken program or disk might do to a restored database, somebody does while nothing is compared yet."""

    def spoil() -> None:
        (name,) = world.scratches()
        place = ConnectionInfo(**{**_fields(world.info), "dbname": name})
        world.sql(change, info=place)

    points.on("backup.restore.rows", spoil)
    try:
        with pytest.raises(NotProven) as refused:
            world.prove()
    finally:
        points.on("backup.restore.rows", None)
    assert named in str(refused.value)
    assert backup.listing(world.store) == []
    assert world.store.names("") == []
    assert world.scratches() == []


def test_the_schema_alone(world: BackupWorld) -> None:
    schema = around(world.info)
    manifest = world.prove(kind="schema")
    assert (manifest.kind, manifest.rows, manifest.of("data"), manifest.of("large_objects")) == ("schema", 0, [], [])
    into = world.empty()
    world.restore(manifest, into)
    assert around(into) == schema
    assert {name: found for name, found in contents(into).items() if name.startswith("r ") and found[0]} == {}


@pytest.mark.parametrize("statement", ["", "CREATE TABLE alone (id int PRIMARY KEY)", "CREATE TABLE bare (id int)"])
def test_next_to_nothing(make_world: MakeWorld, pg18: Cluster, statement: str) -> None:
    world = make_world(pg18, load=False)
    if statement:
        world.sql(statement)
    manifest = world.prove()
    into = world.empty()
    world.restore(manifest, into)
    assert contents(into) == contents(world.info)


def test_another_encoding(make_world: MakeWorld, pg18: Cluster) -> None:
    world = make_world(pg18, load=False)
    name = f"{world.info.dbname} latin"
    world.sql(f"CREATE DATABASE \"{name}\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    world.others.append((pg18, name))
    world.info = pg18.info(dbname=name)
    world.sql(
        'CREATE TABLE t (id int PRIMARY KEY, "fünf" text);'
        "INSERT INTO t SELECT n, 'äöü ' || n FROM generate_series(1, 60000) AS n"
    )
    manifest = world.prove()
    assert (manifest.encoding, manifest.locale["lc_collate"]) == ("LATIN1", "C")
    assert manifest.of("data"), "the table has a stream of its own"


def test_settings_privileges_comment_and_owner_of_the_database(world: BackupWorld) -> None:
    name = world.info.dbname
    for role in ("backup_reader", "backup_boss"):
        world.sql(f"CREATE ROLE {role}")
    world.sql(
        f"ALTER DATABASE \"{name}\" SET work_mem = '7MB';"
        f"ALTER ROLE backup_reader IN DATABASE \"{name}\" SET app.secret = '{MARK}';"
        f' COMMENT ON DATABASE "{name}" IS \'the shop\'; GRANT TEMPORARY ON DATABASE "{name}" TO backup_reader;'
        f' REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC; ALTER DATABASE "{name}" OWNER TO backup_boss'
    )
    ask = (
        "SELECT datdba::regrole::text, shobj_description(d.oid, 'pg_database'),"
        " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) AS a),"
        " (SELECT array_agg((setrole::regrole::text, setconfig)::text ORDER BY setrole) FROM pg_db_role_setting"
        " WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = current_database()"
    )
    manifest = world.take()
    into = world.empty()
    try:
        world.restore(manifest, into)
        assert world.sql(ask, info=into) == world.sql(ask)
        assert MARK.encode() not in b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    finally:
        world.close()
        for role in ("backup_reader", "backup_boss"):
            world.sql(f"DROP ROLE {role}", info=world.cluster.info())


def test_publications_come_back_and_subscriptions_are_named(
    make_world: MakeWorld, pg16: Cluster, pg18: Cluster
) -> None:
    world = make_world(pg18, load=False)
    world.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t; COMMENT ON PUBLICATION p IS 'x'")
    world.sql(
        "CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION ev()"
    )
    world.sql("CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION q WITH (connect = false, slot_name = none)")
    manifest = world.prove()
    into = world.empty()
    figures = world.restore(manifest, into)
    assert figures["remarks"] == ["subscription s is not made again: it would begin to follow"]
    assert world.sql("SELECT pubname FROM pg_publication", info=into) == [("p",)]
    assert world.sql("SELECT evtname FROM pg_event_trigger", info=into) == [("e",)]


def test_nothing_readable_is_in_the_store_and_plain_age_opens_it(world: BackupWorld) -> None:
    """As docs/backups.md says: age and pg_restore are enough. Here the library stands in for the program of age."""
    import pyrage

    before = contents(world.info)
    manifest = world.take()
    folder = world.folder / "store" / manifest.name
    stored = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, data in stored.items():
        assert MARK.encode() not in data
        assert b"PGDMP" not in data
        if name != "manifest.json":
            assert data.startswith(b"age-encryption.org/v1\n")
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    plain = {name: pyrage.decrypt(data, [world.key]) for name, data in stored.items() if name.endswith(".age")}
    into = world.empty()
    steps = [("main.age", "--section=pre-data")]
    steps += [(name, "--section=data") for name in sorted(plain) if name.startswith("data-")]
    steps += [("large-objects.age", ""), ("main.age", "--section=data"), ("main.age", "--section=post-data")]
    for name, option in steps:
        command = [bin_folder(18) / "pg_restore", "-d", into.conninfo(), *([option] if option else [])]
        done = subprocess.run(command, input=plain[name], capture_output=True, check=False)
        errors = done.stderr.decode().count("pg_restore: error")
        assert errors == done.stderr.decode().count("transaction_timeout = 0;"), done.stderr.decode()
    assert contents(into) == before


@pytest.fixture(scope="module")
def age(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of age: the installed one, or Debian's package unpacked; a skipped test where there is neither."""
    installed = shutil.which("age")
    if installed:
        return Path(installed)
    try:
        return apt.unpack(tmp_path_factory.mktemp("age"), ["age"]) / "usr/bin/age"
    except StackError:
        pytest.skip("no program age on this machine (Debian: apt-get install age)")


def test_the_program_of_age_and_pg_restore_are_enough(world: BackupWorld, age: Path) -> None:
    """The commands of docs/backups.md, as they stand there."""
    before = contents(world.info)
    manifest = world.take()
    folder, into = world.folder / "store" / manifest.name, world.empty()
    (folder / "safe.key").write_text(f"{world.key}\n")
    page = (ROOT / "docs" / "backups.md").read_text()
    commands = page.split("createdb shop_again\n", 1)[1].split("psql -d", 1)[0]
    assert commands.count("age -d -i safe.key") == 4
    # This 16 does not know one setting with which a pg_restore of 18 begins: it says so, and goes on.
    script = "\n".join(line.replace("-d shop_again", "-d shop_again 2>>said || true") for line in commands.splitlines())
    env = {
        **os.environ,
        "PATH": f"{age.parent}:{bin_folder(18)}:{os.environ['PATH']}",
        "PGPASSWORD": into.password or "",
    }
    env |= {"PGHOST": into.host, "PGPORT": str(into.port), "PGUSER": into.user or ""}
    script = script.replace("shop_again", f"'{into.dbname}'")
    subprocess.run(["/bin/sh", "-e", "-c", script], cwd=folder, env=env, check=True, capture_output=True)
    said = (folder / "said").read_text()
    assert toc.harmless(said), said
    assert contents(into) == before


def test_a_standby_can_give_it(make_world: MakeWorld, pg18: Cluster) -> None:
    """The load stays off the primary; what is unlogged is empty there, as after a crash."""
    world = make_world(pg18)
    before = contents(world.info)
    with standby_of(pg18) as standby:
        until(lambda: caught_up(pg18, standby), "the standby has replayed everything")
        info = standby.info(dbname=world.info.dbname)
        manifest = backup.prove(world.task, info, world.store, world.to, world.key, on=pg18.info())
        assert manifest.system == world.sql("SELECT system_identifier::text FROM pg_control_system()")[0][0]
    assert "cache" not in {table.name for table in manifest.tables}
    into = world.empty()
    world.restore(manifest, into)
    found = contents(into)
    assert found.pop("r public.cache") == (0, None)
    assert before.pop("r public.cache")[0] == 1
    # A sequence is 32 values ahead in the WAL.
    rows = {name: value for name, value in before.items() if not name.startswith("S ")}
    assert {name: value for name, value in found.items() if not name.startswith("S ")} == rows


def caught_up(primary: Cluster, standby: Cluster) -> bool:
    with contextlib.closing(primary.connect()) as db, contextlib.closing(standby.connect()) as other:
        (there,) = db.execute("SELECT pg_current_wal_lsn()").fetchone() or (None,)
        (here,) = other.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (there,)).fetchone() or (False,)
    return bool(here)


def test_one_moment_while_everything_changes(make_world: MakeWorld, pg18: Cluster) -> None:
    """Money moves between tables that are dumped by different programs: no point may see it twice, or not at all."""
    world = make_world(pg18, load=False)
    for name in ("a", "b", "c"):
        world.sql(
            f"CREATE TABLE {name} (id int PRIMARY KEY, money int NOT NULL, fill text);"
            f"INSERT INTO {name} SELECT n, 100, repeat(md5(n::text), 6) FROM generate_series(1, 20000) AS n"
        )
    over = threading.Event()
    moved = 0

    def work() -> None:
        nonlocal moved
        with psycopg.connect(world.info.conninfo(), autocommit=True) as db:
            while not over.is_set():
                one, other = ("a", "b") if moved % 2 else ("b", "c")
                with db.transaction():
                    db.execute(f"UPDATE {one} SET money = money - 1 WHERE id = %s", (1 + moved * 7 % 20000,))
                    db.execute(f"UPDATE {other} SET money = money + 1 WHERE id = %s", (1 + moved * 11 % 20000,))
                db.execute(
                    "CREATE TABLE IF NOT EXISTS comes (id serial); DROP TABLE comes"
                ) if moved % 50 == 0 else None
                moved += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        manifest = world.prove(workers=2)
    finally:
        over.set()
        thread.join()
    assert moved > 100
    assert len(manifest.of("data")) == 3
    into = world.empty()
    world.restore(manifest, into)
    total = "SELECT (SELECT sum(money) FROM a) + (SELECT sum(money) FROM b) + (SELECT sum(money) FROM c)"
    assert world.sql(total, info=into) == [(6_000_000,)]


def test_who_keeps_a_table_from_being_read_is_named(world: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "WAIT", "300ms")
    with psycopg.connect(world.info.conninfo(application_name="a long change")) as db:
        db.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(snapshot.TablesLocked, match=r"a long change\) with public\.orders") as refused:
            world.take()
        assert "pg_terminate_backend" in str(refused.value.fix)
    assert world.store.names("") == []


def test_it_goes_into_an_empty_database_only(world: BackupWorld) -> None:
    manifest = world.take()
    into = world.empty()
    world.sql("CREATE TABLE mine (id int)", info=into)
    with pytest.raises(NotEmpty, match=r"table public\.mine"):
        world.restore(manifest, into)
    assert world.sql("SELECT count(*) FROM pg_class WHERE relname = 'orders'", info=into) == [(0,)]


def test_a_scratch_database_in_use_is_left_alone(world: BackupWorld) -> None:
    server = world.cluster.info()
    with scratch.scratch(world.task, server, {**_locale(world)}) as place:
        with psycopg.connect(server.conninfo(), autocommit=True) as db:
            assert scratch.sweep(db) == []
        assert world.scratches() == [place.dbname]
    world.sql("CREATE DATABASE cutover_proof_1_0000abcd", info=server)
    with scratch.scratch(world.task, server, _locale(world)) as place:
        assert world.scratches() == [place.dbname]
    assert world.scratches() == []


def _locale(world: BackupWorld) -> dict[str, str | None]:
    return {"encoding": "UTF8", "lc_collate": "C", "lc_ctype": "C", "provider": "c", "locale": None, "rules": None}


def _fields(info: ConnectionInfo) -> dict[str, object]:
    return {name: getattr(info, name) for name in ("conn_id", "host", "port", "user", "password", "dbname")}


def test_names_say_whose_and_when(world: BackupWorld) -> None:
    mine, somebodys = world.take(), world.take(run_id=None, name_prefix=backup.BACKUPS)
    assert mine.name.startswith(f"points/{world.info.dbname.replace(' ', '%20')}/{RUN}-20")
    assert somebodys.name.startswith("backups/Shop%200/manual-20")
    again = world.take()
    assert again.name != mine.name
    assert {found.name for found in backup.listing(world.store, world.info.dbname)} == {
        mine.name,
        somebodys.name,
        again.name,
    }
    assert backup.listing(world.store, "another") == []
    assert Path(world.store.label, somebodys.name, "manifest.json").is_file()

"""The scripts that docker-compose.yaml mounts, run against real servers."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.routing import Place
from cutover.routing.pgbouncer import PgBouncerRouter
from localstack import pgbouncer_binary
from localstack.accounts import as_server, own
from localstack.cluster import Cluster
from localstack.databases import MIGRATOR_MEMBERSHIPS
from localstack.health import wait_until
from localstack.ports import free_port
from localstack.processes import launch
from localstack.throwaway import fresh_folder, throwaway
from support.compose import ROOT

PASSWORDS = {
    "AIRFLOW_DATABASE_PASSWORD": "airflow1",
    "CUTOVER_PASSWORD": "cutover'2",  # a quote must not break out of anything
    "SHOP_APP_PASSWORD": "shopapp3",
}

RIGHTS = "select rolsuper, rolreplication, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
MEMBERSHIPS = "select roleid::regrole::text from pg_auth_members where member = current_user::regrole"


def _initialise(cluster: Cluster, name: str) -> subprocess.CompletedProcess[str]:
    env = cluster.env()
    path = f"{cluster.tool('psql').parent}:{env['PATH']}"
    more = {"PATH": path, "POSTGRES_USER": "postgres", "CUTOVER_CLUSTER": name, **PASSWORDS}
    script = ROOT / "docker/postgres/databases.sh"
    return subprocess.run([script], env={**env, **more}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("version", "name"), [(16, "blue"), (18, "green")])
def test_a_side_gets_its_database_and_its_two_roles(version: int, name: str) -> None:
    with throwaway(version) as cluster:
        done = _initialise(cluster, name)
        assert (done.returncode, done.stderr) == (0, "")
        migrator = cluster.info("shop", "shop", "cutover", PASSWORDS["CUTOVER_PASSWORD"])
        with psycopg.connect(migrator.conninfo()) as db:
            rights = (
                "select rolsuper, rolreplication, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
            )
            assert db.execute(rights).fetchone() == (False, True, True, False)
            memberships = {row[0] for row in db.execute(MEMBERSHIPS).fetchall()}
            assert memberships == set(MIGRATOR_MEMBERSHIPS), "the local stack's and the deployment's role differ"
            db.execute("create schema s; create table public.t (id int primary key)")
        application = cluster.info("shop", "shop", "shop_app", PASSWORDS["SHOP_APP_PASSWORD"])
        with psycopg.connect(application.conninfo()) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("select from public.t")


def test_the_metadata_cluster_gets_airflows_database_and_the_journals() -> None:
    with throwaway(18) as cluster:
        assert _initialise(cluster, "metadata").returncode == 0
        for role, password, database in (
            ("airflow", "airflow1", "airflow"),
            ("cutover", "cutover'2", "journal"),
            ("cutover", "cutover'2", "flags"),
        ):
            with psycopg.connect(cluster.info("x", database, role, password).conninfo()) as db:
                db.execute("create table owned (id int)")


def test_an_unknown_cluster_is_refused(pg18: Cluster) -> None:
    done = _initialise(pg18, "purple")
    assert done.returncode == 1
    assert "expected metadata, blue or green" in done.stderr


def test_the_pooler_starts_with_what_its_script_writes() -> None:
    folder = fresh_folder("pooler")
    folder.mkdir()
    own(folder)
    script = (ROOT / "docker/pgbouncer/start.sh").read_text()
    port = free_port()
    copy = folder / "start.sh"
    copy.write_text(script.replace("6432", str(port)).replace("listen_addr = *", "listen_addr = 127.0.0.1"))
    binary = pgbouncer_binary.find()
    assert binary is not None
    env = {
        **{name: value for name, value in PASSWORDS.items() if name != "AIRFLOW_DATABASE_PASSWORD"},
        "PGBOUNCER_ADMIN_PASSWORD": "admin4",
        "RUNTIME_DIRECTORY": str(folder),
        "ROUTES_DIRECTORY": str(folder),
        "PATH": f"{binary.path.parent}:/usr/bin:/bin",
        **binary.env(),
    }
    process = launch("pooler", ["/bin/sh", copy], log=folder / "log", env=env, account=as_server())
    try:
        console = ConnectionInfo("pooler", "127.0.0.1", port, "pgbouncer_admin", "admin4", "pgbouncer")
        wait_until(lambda: _answers(console), process, seconds=20)
        with _console(console) as db:
            entries = {row[0]: row[1:4] for row in db.execute("show databases").fetchall()}
            assert entries["shop"] == ("blue", "5432", "shop") or entries["shop"] == ("blue", 5432, "shop")
            settings = {row[0]: row[1] for row in db.execute("show config").fetchall()}
            assert (settings["pool_mode"], settings["auth_type"]) == ("transaction", "scram-sha-256")
        assert (folder / "userlist.txt").stat().st_mode & 0o777 == 0o600
        router = PgBouncerRouter(replace(console, settings={**ROUTED, "config_file": str(folder / "databases.ini")}))
        router.point(Place("green", 5432, "shop"))
        assert router.where() == Place("green", 5432, "shop")
        router.close()
    finally:
        process.stop()


ROUTED = {"database": "shop"}


def _console(info: ConnectionInfo) -> psycopg.Connection[tuple[object, ...]]:
    simple = psycopg.ClientCursor
    return psycopg.connect(info.conninfo(), autocommit=True, prepare_threshold=None, cursor_factory=simple)


def _answers(info: ConnectionInfo) -> bool:
    try:
        _console(info).close()
    except psycopg.OperationalError:
        return False
    return True

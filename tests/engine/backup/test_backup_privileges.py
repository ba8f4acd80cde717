"""The least-privilege role of ``include/sql/roles/backup.sql`` is enough to take, prove and restore."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cutover.postgres import backup
from cutover.postgres.backup.archiving import DumpFailed
from cutover.postgres.backup.role_sql import least_privileges
from cutover.postgres.backup.sections import NotRestored
from cutover.postgres.backup.snapshot import NotReadable
from cutover.postgres.maintenance import DatabaseNotMade
from localstack.cluster import Cluster
from support.backup_world import SCHEMA, BackupWorld, around, contents

from .conftest import MakeWorld

ROLE, OWNER, OTHER, PASSWORD = "backup_hand", "backup_keeper", "backup_other", "a secret of the tests"


@pytest.fixture(params=[16, 18])
def humble(
    make_world: MakeWorld, request: pytest.FixtureRequest, pg16: Cluster, pg18: Cluster
) -> Iterator[BackupWorld]:
    """A world whose login is the least-privilege role; what is in it belongs to two owners."""
    cluster = pg16 if request.param == 16 else pg18
    world = make_world(cluster, load=False)
    name = world.info.dbname
    admin = world.info
    world.sql(f"CREATE ROLE {OWNER}; CREATE ROLE {OTHER}; GRANT CREATE ON SCHEMA public TO {OWNER}, {OTHER}")
    world.sql(f'GRANT CREATE ON DATABASE "{name}" TO {OWNER}')
    text = SCHEMA.read_text().replace("CREATE EXTENSION vector;", "").replace("v vector(3)", "v text")
    world.sql(f"SET ROLE {OWNER}; {text}")
    world.sql(f'ALTER TABLE "Odd Place"."A ""table"".*" OWNER TO {OTHER}; ALTER TABLE log OWNER TO {OTHER}')
    world.sql(f"REVOKE CREATE ON SCHEMA public FROM {OTHER}; REVOKE INSERT ON orders FROM {OWNER}")
    world.sql(f'ALTER DATABASE "{name}" OWNER TO {OWNER}')
    for owner in (OWNER, OTHER):
        for _ in range(2):  # any number of times
            world.sql(least_privileges(ROLE, name, owner, restores=True))
    world.sql(f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
    world.info = replace(world.info, user=ROLE, password=PASSWORD)
    yield world
    world.info = admin
    world.close()
    with contextlib.closing(cluster.connect()) as db:
        for role in (ROLE, OWNER, OTHER):
            db.execute(f"DROP OWNED BY {role}")
            db.execute(f"DROP ROLE {role}")


def test_the_role_is_enough(humble: BackupWorld) -> None:
    admin = humble.cluster.info(dbname=humble.info.dbname)
    before, schema = contents(admin), around(admin)
    manifest = humble.prove()
    assert manifest.proved is not None
    assert backup.check(humble.store, manifest.name, humble.key, expects=humble.info) == manifest
    server = replace(humble.info, dbname="postgres")
    humble.sql('CREATE DATABASE "made by the hand" TEMPLATE template0', info=server)
    humble.others.append((humble.cluster, "made by the hand"))
    figures = humble.restore(manifest, replace(humble.info, dbname="made by the hand"))
    assert figures["remarks"] == []
    made = humble.cluster.info(dbname="made by the hand")
    assert contents(made) == before
    assert around(made) == schema
    owned = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'made by the hand'"
    assert humble.sql(owned, info=made) == [(OWNER,)]
    public = "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'"
    assert OTHER not in humble.sql(public, info=made)[0][0], "owners are let in only while it is filled"


def test_what_it_lacks_is_said(humble: BackupWorld) -> None:
    admin = humble.cluster.info(dbname=humble.info.dbname)
    humble.sql(f"REVOKE {OTHER} FROM {ROLE}", info=admin)
    with pytest.raises(NotReadable, match=r"permission denied for (table|schema)") as refused:
        humble.take()
    assert f'GRANT pg_read_all_data TO "{ROLE}"' in str(refused.value.fix)
    humble.sql(f"GRANT pg_read_all_data TO {ROLE}", info=admin)
    with pytest.raises(NotRestored, match=OTHER) as not_restored:
        humble.prove()
    assert "include/sql/roles/backup.sql" in str(not_restored.value.fix)
    assert humble.scratches() == []
    manifest = humble.take()
    assert manifest.rows
    humble.sql(f"GRANT {OTHER} TO {ROLE}; ALTER ROLE {ROLE} NOCREATEDB", info=admin)
    with pytest.raises(DatabaseNotMade) as not_made:
        humble.prove()
    assert not_made.value.fix == f'ALTER ROLE "{ROLE}" CREATEDB'
    assert [found.name for found in backup.listing(humble.store)] == [manifest.name]


def test_a_policy_that_hides_rows_is_no_backup(humble: BackupWorld) -> None:
    admin = humble.cluster.info(dbname=humble.info.dbname)
    humble.sql("ALTER TABLE secrets FORCE ROW LEVEL SECURITY", info=admin)
    with pytest.raises(DumpFailed, match="row-level security") as refused:
        humble.take()
    assert "docs/privileges.md" in str(refused.value.fix)
    humble.sql(f"ALTER ROLE {ROLE} BYPASSRLS", info=admin)
    try:
        assert humble.take().rows
    finally:
        humble.sql(f"ALTER ROLE {ROLE} NOBYPASSRLS", info=admin)


def test_an_extension_of_superusers_comes_from_a_template(humble: BackupWorld) -> None:
    server = humble.cluster.info()
    admin = humble.cluster.info(dbname=humble.info.dbname)
    humble.sql("CREATE EXTENSION vector; CREATE TABLE vectors (id int PRIMARY KEY, v vector(3))", info=admin)
    humble.sql(f"INSERT INTO vectors VALUES (1, '[1,2,3]'); ALTER TABLE vectors OWNER TO {OWNER}", info=admin)
    humble.sql('CREATE DATABASE "with vector" TEMPLATE template0', info=server)
    humble.others.append((humble.cluster, "with vector"))
    template = humble.cluster.info(dbname="with vector")
    humble.sql("CREATE EXTENSION vector", info=template)
    humble.sql('ALTER DATABASE "with vector" IS_TEMPLATE true', info=server)
    try:
        manifest = humble.prove(template="with vector")
        assert manifest.proved is not None
    finally:
        humble.sql('ALTER DATABASE "with vector" IS_TEMPLATE false', info=server)


def test_the_password_is_on_no_command_line(humble: BackupWorld) -> None:
    """It goes by the environment of the programs, which only their owner can read."""
    seen: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(process.read_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        humble.take()
    finally:
        over.set()
        thread.join()
    programs = [line for line in seen if b"pg_dump" in line and humble.info.dbname.encode() in line]
    assert programs
    assert not [line for line in seen if PASSWORD.encode() in line or str(humble.key).encode() in line]

"""What preflight says of a change of shape that could begin, but would hurt; and which rights a run needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import Mode
from cutover.flags.role_sql import least_privileges
from cutover.journal.store import Journal
from cutover.postgres import dual_write
from cutover.postgres.dual_write.steps import reads
from cutover.postgres.preflight.roles import online_role
from localstack.cluster import Cluster
from support.dual_runs import NAME, OLD_TABLES, Application, DualRun

pytestmark = pytest.mark.engine
OWNER, ROLE, SHOP = "dual_owner", "dual_hand", "dual_shop"
PASSWORD = "a secret of the tests"


@pytest.fixture
def run(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[DualRun]:
    made = DualRun(tmp_path, database, journal)
    yield made
    made.close()


def found(run: DualRun, code: str) -> list[tuple[str, str, str | None]]:
    return [(one.object, one.message, one.fix) for one in dual_write.preflight(run.ctx) if one.code == code]


def test_a_mapping_that_reads_a_table_through_at_every_write_is_named(run: DualRun) -> None:
    assert found(run, "DUA029") == []
    run.sql("INSERT INTO notices SELECT n, 1, 'many' FROM generate_series(1000, 5000) AS n")
    run.sql("DROP INDEX notices_text; ANALYZE notices")
    (one,) = found(run, "DUA029")
    assert one[:2] == (
        "public.messages",
        "no index leads to a row of it: public.notices is read through at every write.",
    )


@pytest.fixture
def roles(pg18: Cluster, run: DualRun) -> Iterator[dict[str, ConnectionInfo]]:
    """The old tables belong to an owner; the run's login and the application's have what the files give them."""
    database = run.info.dbname
    with contextlib.closing(pg18.connect(database)) as db:
        for login in (OWNER, SHOP):
            db.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
        for table in OLD_TABLES:
            db.execute(f"ALTER TABLE {table} OWNER TO {OWNER}; GRANT ALL ON {table} TO {SHOP}")
        db.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        db.execute(online_role(ROLE, database, "public", OWNER).encode())
        db.execute(least_privileges(ROLE, database, SHOP).encode())
        db.execute(f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
    yield {login: replace(run.info, user=login, password=PASSWORD) for login in (ROLE, SHOP)}
    run.close()
    with contextlib.closing(pg18.connect(database)) as db:
        db.execute("DROP SCHEMA IF EXISTS cutover_flags, cutover_dual CASCADE")
        for role in (SHOP, ROLE, OWNER, "cutover_flags"):
            db.execute(f"DROP OWNED BY {role} CASCADE")
            db.execute(f"DROP ROLE {role}")


def test_a_run_with_the_least_rights_there_and_back(run: DualRun, roles: dict[str, ConnectionInfo]) -> None:
    """The application lacks rights on the new tables, which preflight names with the GRANT that mends it."""
    run.ctx.resolve = lambda _: roles[ROLE]
    ctx = run.ctx
    assert {one[0] for one in found(run, "DUA028")} == {"public.accounts", "public.messages"}
    (fix,) = [one[2] for one in found(run, "DUA028") if one[0] == "public.accounts" and SHOP in one[1]]
    assert fix == f'GRANT DELETE, INSERT, SELECT, UPDATE ON "public"."accounts" TO {SHOP};'
    dual_write.build(ctx)
    run.sql(f"GRANT ALL ON accounts, messages TO {SHOP}")
    run.flags.create(NAME)
    run.info = roles[SHOP]
    application = Application(run, 1000)
    application.start()
    try:
        dual_write.write_both(ctx)
        dual_write.backfill(ctx)
        assert all(check["ok"] for check in dual_write.verify(ctx))
        reads.move(ctx, 100)
        dual_write.new_only(ctx)
        assert all(check["ok"] for check in dual_write.watch(ctx))
        back = dual_write.roll_back(ctx)
    finally:
        application.stop()
    assert application.failed == [] and application.sides == {"old", "new"}
    assert back["was_swapped"] and back["row_diff"] == 0
    assert run.flags.get(NAME).mode is Mode.OLD_ONLY

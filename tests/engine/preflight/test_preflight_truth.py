"""What preflight and plan promise, held against a real run under the role that the template makes."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres import online
from cutover.postgres.connect import connect
from cutover.postgres.preflight import required_locks, run_rules
from cutover.postgres.preflight.roles import online_role
from support.online_world import ALTER, ORDERS, SCHEMA, World, forward
from support.preflighting import codes

LOCKED = """
SELECT DISTINCT n.nspname || '.' || c.relname
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted AND c.relkind IN ('r', 'v', 'm', 'p')
  AND n.nspname !~ '^(pg_|cutover)'
"""


@pytest.fixture(params=["database16", "database"])
def world(request: pytest.FixtureRequest, tmp_path: Path, journal: Journal) -> Iterator[World]:
    """The world that a shadow table may forget things of, owned by a plain role, seen through the template's role."""
    info: ConnectionInfo = request.getfixturevalue(request.param)
    mark = uuid.uuid4().hex[:8]
    owner, role, secret = f"owner_{mark}", f"mover_{mark}", uuid.uuid4().hex
    head, body = SCHEMA.read_text().split("CREATE FUNCTION touch", 1)
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        db.execute(head.encode())
        db.execute(f'CREATE ROLE {owner}; GRANT CREATE ON DATABASE "{info.dbname}" TO {owner}'.encode())
        db.execute(f"GRANT CREATE ON SCHEMA public TO {owner} WITH GRANT OPTION; GRANT world_app TO {owner}".encode())
        db.execute(f"SET ROLE {owner}; CREATE FUNCTION touch{body}; RESET ROLE".encode())
        db.execute(online_role(role, info.dbname, "public", owner).encode())
        db.execute(f"ALTER ROLE {role} PASSWORD '{secret}'".encode())
    yield World(tmp_path / "migrations", dataclasses.replace(info, user=role, password=secret), journal)
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        db.execute(f"DROP OWNED BY {role}, {owner} CASCADE; DROP ROLE {role}, {owner}".encode())


def test_a_run_under_the_templates_role_keeps_what_preflight_and_plan_promised(world: World) -> None:
    ctx = world.begin(world.spec([ORDERS], {"alter.sql": ALTER}))
    with connect(world.info) as db:
        findings = run_rules(db, ctx.spec)
        promised = {lock.object for lock in required_locks(db, ctx.spec)}
    assert codes(findings, "error") == set(), findings
    taken: set[str] = set()

    def look() -> None:
        taken.update(row[0] for row in world.sql(LOCKED))

    forward(ctx)
    points.on("exchange.before_commit", look)
    try:
        online.swap(ctx)
    finally:
        points.on("exchange.before_commit", None)
    assert taken and taken == promised
    online.settle(ctx)
    assert online.roll_back(ctx)["was_swapped"]
    assert world.leftovers() == []


def test_what_a_run_has_built_is_no_obstacle_to_itself_and_is_one_to_others(world: World) -> None:
    ctx = world.begin(world.spec([ORDERS], {"alter.sql": ALTER}))
    number = world.journal.get_run(ctx.run_id).number
    online.build(ctx)
    with connect(world.info) as db:
        again = run_rules(db, ctx.spec, run_id=ctx.run_id, run_number=number)
        other = run_rules(db, ctx.spec, run_id="other.1", run_number=number + 1)
    assert codes(again, "error") == set(), again
    assert codes(other, "error") == {"PF035"}, other
    online.roll_back(ctx)

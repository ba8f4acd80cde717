"""The demo's song requests: both shapes do what the application believes, and whatever is tampered with is noticed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import yaml

from cutover.flags import Flag, Mode, Use
from cutover_demo import shop
from cutover_demo.accounts_app import audit, spec
from cutover_demo.accounts_app.holdings import Holdings, promised
from cutover_demo.accounts_app.operations import KINDS
from cutover_demo.accounts_app.planting import PLANTED
from cutover_demo.accounts_app.reading import FAMOUS
from cutover_demo.accounts_app.work import Work
from cutover_demo.ledger import Effects, Entry, Ledger
from cutover_demo.reconcile import reconcile
from cutover_demo.statements import statement
from cutover_demo.verdict import Verdict
from localstack.cluster import Cluster
from support.shops import drop_roles

Session = psycopg.Connection[Any]
MODES = {"old": Mode.OLD_ONLY, "new": Mode.NEW_ONLY}


@pytest.fixture(scope="module")
def loaded(pg16: Cluster) -> Iterator[Cluster]:
    """A database ``accounts_template`` with both sides, equal by the shipped queries, and nothing that derives."""
    pg16.create_database("accounts_template")
    with pg16.connect("accounts_template") as db:
        shop.roles(db, "postgres")
        db.execute("SET demo.rows = '3000'")
        for name in ("old", "seed", "up"):
            db.execute((spec.SOURCE / f"{name}.sql").read_bytes())
        for shape in yaml.safe_load((spec.SOURCE / "migration.yaml").read_text())["shapes"]:
            rows = (spec.SOURCE / shape["rows"]).read_text()
            names = [
                column.name for column in db.execute(f"SELECT * FROM ({rows}) AS q LIMIT 0".encode()).description or ()
            ]
            db.execute(f"INSERT INTO {shape['name']} ({', '.join(names)}) SELECT * FROM ({rows}) AS q".encode())
        for table, column in (("accounts", "id"), ("messages", "id")):
            db.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}".encode()
            )
        db.execute(statement("accounts/schema").encode())
    yield pg16
    pg16.drop_database("accounts_template")
    drop_roles(pg16)


@pytest.fixture
def db(loaded: Cluster) -> Iterator[Session]:
    loaded.create_database("accounts_demo", template="accounts_template")
    with loaded.connect("accounts_demo", autocommit=False, options="-c timezone=UTC") as session:
        yield session
    loaded.drop_database("accounts_demo")


def work_on(db: Session, side: str, operations: int = 250) -> tuple[Ledger, Holdings]:
    """Do what an instance does, on one side."""
    use = Use(Flag("x", MODES[side], 0, 0, 1, datetime.now(UTC)), False, lambda: None)
    holdings, dice = Holdings(), random.Random(7)
    seeds = [one for number in range(2) for one in audit.owned(db, side, number, 2)]
    db.commit()
    holdings.apply({name: (owner, known) for owner, name, known in seeds})
    ledger = Ledger(Effects(children={name: promised(owner, known) for owner, name, known in seeds}))
    for seq in range(operations):
        name = dice.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
        work = Work(db, use, holdings, dice, f"0.{seq}")
        if not KINDS[name].reads_only:
            db.execute("INSERT INTO demo.tokens VALUES (0, %s)", (seq,))
        KINDS[name].run(work)
        db.commit()
        holdings.apply(work.changes)
        if not KINDS[name].reads_only:
            children = {thing: None if there is None else promised(*there) for thing, there in work.changes.items()}
            ledger.entries.append(Entry(0, seq, name, "ack", Effects(children=children)))
    return ledger, holdings


def judged(db: Session, side: str, ledger: Ledger, before: tuple[int, str]) -> Verdict:
    found = reconcile(ledger, audit.observe(db, side, before))
    db.commit()
    return found


def test_both_sides_are_told_alike_and_a_planted_difference_is_named(db: Session) -> None:
    assert audit.differing(db) == (0, [])
    assert audit.untouched(db, "old") == audit.untouched(db, "new")
    db.execute(statement("accounts/plant").encode())
    total, findings = audit.differing(db)
    # A value, a setting, a session, a session too many, a count: what was changed is told by both sides.
    assert total == 2 + 1 + 1 + 1 + 2, findings
    assert len(db.execute(PLANTED).fetchall()) == len(FAMOUS)
    assert audit.untouched(db, "old") != audit.untouched(db, "new")


@pytest.mark.parametrize("side", ["old", "new"])
def test_every_operation_leaves_behind_what_the_application_believes(db: Session, side: str) -> None:
    before = audit.untouched(db, side)
    ledger, holdings = work_on(db, side)
    assert Counter(entry.kind for entry in ledger.entries).keys() == {
        name for name, kind in KINDS.items() if not kind.reads_only
    }
    found = judged(db, side, ledger, before)
    assert found.clean, found.findings
    assert found.acknowledged == len(ledger.entries) > 100
    assert len(holdings) > 3


@pytest.mark.parametrize(
    ("statements", "figure"),
    [
        ("DELETE FROM settings WHERE admin_id > (SELECT accounts FROM demo.seeded)", "lost"),
        ("DELETE FROM demo.tokens WHERE seq = (SELECT min(seq) FROM demo.tokens)", "lost"),
        ("INSERT INTO demo.tokens SELECT * FROM demo.tokens LIMIT 1", "duplicated"),
        ("UPDATE admins SET display_name = 'x' WHERE id = (SELECT max(id) FROM admins)", "wrong"),
        ("UPDATE requests SET tip = tip + 1 WHERE id = (SELECT max(id) FROM requests)", "wrong"),
        ("UPDATE admins SET display_name = 'x' WHERE id = 8", "wrong"),
        ("INSERT INTO settings SELECT max(id), 'never asked for', '1' FROM admins", "unexplained"),
    ],
)
def test_what_is_tampered_with_is_noticed(db: Session, statements: str, figure: str) -> None:
    before = audit.untouched(db, "old")
    ledger, _ = work_on(db, "old", 80)
    db.execute(statements.encode())
    found = judged(db, "old", ledger, before)
    assert getattr(found, figure) > 0, found

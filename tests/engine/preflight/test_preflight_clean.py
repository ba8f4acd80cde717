"""A plain table gives no reason to stop, and looking leaves no trace."""

from __future__ import annotations

import pytest

from cutover.postgres.connect import connect
from cutover.postgres.preflight import run_rules
from cutover.postgres.preflight.session import SessionBusy
from support.preflighting import Place, codes, migration

EVERYTHING = "SELECT relnamespace::regnamespace, relname, oid, xmin FROM pg_class ORDER BY oid"
CHANGE = {
    "name": "public.leads",
    "alter": "alter.sql",
    "columns": {"preferences": "jsonb_build_object('status', status)"},
}
ALTER = """ALTER TABLE leads ALTER COLUMN id TYPE bigint, ADD COLUMN preferences jsonb,
    ADD COLUMN account integer REFERENCES accounts;
CREATE UNIQUE INDEX leads_email_key ON leads (email);"""


def test_a_plain_table_gives_only_the_figure_for_the_disk(place: Place) -> None:
    assert [(f.code, f.severity) for f in place.findings()] == [("PF038", "info")]


def test_a_wider_key_a_new_column_a_foreign_key_and_a_unique_index_pass(place: Place) -> None:
    found = place.findings(CHANGE, files={"alter.sql": ALTER})
    assert codes(found, "error") | codes(found, "warning") == set()
    assert codes(found, "info") == {"PF038", "PF069", "PF070"}


def test_nothing_is_left_behind_and_no_sequence_moves(place: Place) -> None:
    place.sql("CREATE TABLE tickets (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial)")
    place.sql("INSERT INTO tickets DEFAULT VALUES")
    before = place.sql(EVERYTHING), place.sql("SELECT last_value FROM tickets_n_seq")
    alter = {"alter.sql": ALTER, "tickets.sql": "ALTER TABLE tickets ADD COLUMN m serial, ALTER COLUMN id TYPE bigint;"}
    place.findings(CHANGE, {"name": "tickets", "alter": "tickets.sql"}, files=alter)
    assert (place.sql(EVERYTHING), place.sql("SELECT last_value FROM tickets_n_seq")) == before


def test_live_tables_are_locked_no_further_than_access_share(place: Place) -> None:
    """While another session holds what conflicts with every lock above ACCESS SHARE, all of it still works."""
    place.sql("ALTER TABLE leads ADD COLUMN account integer REFERENCES accounts")
    with place.admin() as db, db.transaction():
        db.execute("LOCK TABLE leads, accounts IN EXCLUSIVE MODE")
        found = place.findings(CHANGE, files={"alter.sql": ALTER.replace("ADD COLUMN account", "ADD COLUMN account2")})
        trial = (
            place.facts(CHANGE, files={"alter.sql": ALTER.replace("ADD COLUMN account", "ADD COLUMN account2")})
            .tables[0]
            .trial
        )
    assert codes(found, "error") == set()
    assert trial.skipped is None and trial.sampled == 50 and [p.name for p in trial.new_parents] == ["accounts"]


def test_a_session_in_a_transaction_is_refused(place: Place) -> None:
    with connect(place.info, autocommit=False) as db:
        db.execute("SELECT 1")
        with pytest.raises(SessionBusy, match="INTRANS"):
            run_rules(db, migration([{"name": "leads"}]))


def test_a_session_without_autocommit_will_do(place: Place) -> None:
    with connect(place.info, autocommit=False) as db:
        assert [f.code for f in run_rules(db, migration([{"name": "leads"}]))] == ["PF038"]


def test_errors_come_first_and_each_once(place: Place) -> None:
    place.sql("CREATE VIEW v AS SELECT id FROM leads")
    found = place.findings("public.leads", "public.missing", "public.leads")
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=["error", "warning", "info"].index)
    assert len(found) == len(set(found))

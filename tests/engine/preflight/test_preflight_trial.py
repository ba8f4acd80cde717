"""The change tried on a copy: alter, mappings, expressions, rows there and back."""

from __future__ import annotations

from typing import Any

import pytest

from cutover.postgres.preflight import Finding
from support.preflighting import Place, altered, codes


def after(place: Place, sql: str, **more: Any) -> list[Finding]:
    found = altered(sql, **more)
    return place.findings(*found["tables"], files=found["files"])


def only(findings: list[Finding], code: str) -> Finding:
    found = [finding for finding in findings if finding.code == code]
    assert len(found) == 1, findings
    assert codes(findings, "error") <= {code}
    return found[0]


def test_an_alter_that_fails_shows_the_servers_message_and_the_line(place: Place) -> None:
    found = only(after(place, "ALTER TABLE leads\n  ADD COLUMN a int,\n  ADD COLUMN b nonsense;"), "PF059")
    assert found.severity == "error"
    assert "line 3: ADD COLUMN b nonsense" in found.message and 'type "nonsense" does not exist' in found.message
    assert "the live table was not touched" in found.message


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE public.leads ADD COLUMN a int", "qualified"),
        ("ALTER TABLE accounts ADD COLUMN a int", "not the table of this spec"),
        ("DELETE FROM leads", "only ALTER TABLE"),
        ("CREATE INDEX CONCURRENTLY i ON leads (email)", "CONCURRENTLY"),
        ("ALTER TABLE leads RENAME TO prospects", "keeps its name"),
    ],
)
def test_an_alter_that_means_something_live_is_refused_unrun(place: Place, sql: str, words: str) -> None:
    found = only(after(place, "ALTER TABLE leads ADD COLUMN fine int;\n" + sql), "PF058")
    assert words in found.message and "line 2" in found.message
    assert place.facts(*altered(sql)["tables"], files={"alter.sql": sql}).tables[0].trial.skipped


def test_a_new_foreign_key_is_tried_for_its_shape_without_touching_the_parent(place: Place) -> None:
    assert codes(after(place, "ALTER TABLE leads ADD COLUMN account int REFERENCES accounts (id)"), "error") == set()
    assert codes(after(place, "ALTER TABLE leads ADD COLUMN boss int REFERENCES leads"), "error") == set()
    wrong = only(after(place, "ALTER TABLE leads ADD COLUMN account int REFERENCES accounts (name)"), "PF059")
    assert "no unique constraint matching given keys" in wrong.message
    missing = only(after(place, "ALTER TABLE leads ADD COLUMN account int REFERENCES customers"), "PF059")
    assert 'relation "customers" does not exist' in missing.message
    types = only(after(place, "ALTER TABLE leads ADD FOREIGN KEY (email) REFERENCES accounts"), "PF059")
    assert "cannot be implemented" in types.message


def test_a_foreign_key_that_is_dropped_or_renamed_needs_no_lock_either(place: Place) -> None:
    place.sql("ALTER TABLE leads ADD account int CONSTRAINT leads_account REFERENCES accounts")
    for sql in ("DROP CONSTRAINT leads_account, ADD COLUMN more int", "RENAME CONSTRAINT leads_account TO other"):
        assert codes(after(place, f"ALTER TABLE leads {sql}"), "error") == set()


def test_types_of_schema_up_are_there_when_alter_is_tried(place: Place) -> None:
    files = {"up.sql": "CREATE TYPE mood AS ENUM ('good');", "alter.sql": "ALTER TABLE leads ADD COLUMN mood mood"}
    wanted = {"name": "leads", "alter": "alter.sql"}
    assert codes(place.findings(wanted, files=files, schema={"up": "up.sql"}), "error") == set()
    assert place.sql("SELECT to_regtype('mood')") == [(None,)]


def test_a_schema_up_that_fails_or_touches_a_migrated_table_is_refused(place: Place) -> None:
    def up(sql: str) -> Finding:
        return place.one("PF060", "leads", files={"up.sql": sql}, schema={"up": "up.sql"})

    assert 'type "nonsense" does not exist' in up("CREATE TABLE t (a nonsense)").message
    assert (
        "changes the live table public.leads" in up("CREATE TYPE m AS ENUM ('a');\nALTER TABLE leads ADD b int").message
    )
    assert "line 2" in up("CREATE TYPE m AS ENUM ('a');\nALTER TABLE leads ADD b int").message
    assert "CONCURRENTLY" in up("CREATE INDEX CONCURRENTLY i ON accounts (name)").message
    assert (
        place.of("PF060", "leads", files={"up.sql": "CREATE INDEX i ON accounts (name)"}, schema={"up": "up.sql"}) == []
    )


def test_statements_of_schema_up_that_lock_are_not_run(place: Place) -> None:
    files = {
        "up.sql": "UPDATE accounts SET name = 'x'; ALTER TABLE accounts ADD COLUMN a int",
        "alter.sql": "ALTER TABLE leads ADD COLUMN a nope",
    }
    with place.admin() as db, db.transaction():
        db.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
        found = place.findings({"name": "leads", "alter": "alter.sql"}, files=files, schema={"up": "up.sql"})
    (problem,) = [f for f in found if f.code == "PF059"]
    assert "2 statement(s) of schema: up: were not tried" in problem.message


@pytest.mark.parametrize(
    ("sql", "more", "words"),
    [
        ("ALTER TABLE leads ADD COLUMN a int NOT NULL", {}, "new column 'a' is NOT NULL"),
        ("ALTER TABLE leads ADD COLUMN a int", {"columns": {"b": "1"}}, "no column 'b'"),
        ("ALTER TABLE leads ADD COLUMN a int", {"reverse": {"z": "1"}}, "no column 'z'"),
        (
            "ALTER TABLE leads ALTER COLUMN amount TYPE text",
            {"columns": {"amount": "amount::text || ' EUR'"}},
            "'amount' is computed on the new side and has no way back",
        ),
        ("ALTER TABLE leads DROP COLUMN id", {"reverse": {"id": "length(email)"}}, "takes key column 'id'"),
        ("ALTER TABLE leads ADD g int GENERATED ALWAYS AS (1) STORED", {"columns": {"g": "2"}}, "'g' is generated"),
    ],
)
def test_columns_that_cannot_be_filled_are_named(place: Place, sql: str, more: dict[str, Any], words: str) -> None:
    assert words in only(after(place, sql, **more), "PF061").message


def test_a_dropped_not_null_column_without_default_needs_a_way_back(place: Place) -> None:
    place.sql(
        "ALTER TABLE leads ADD COLUMN flag boolean; UPDATE leads SET flag = true; ALTER TABLE leads ALTER flag"
        " SET NOT NULL"
    )
    drop = "ALTER TABLE leads DROP COLUMN flag"
    found = only(after(place, drop), "PF061")
    assert "'flag' is dropped, but NOT NULL without default" in found.message
    assert codes(after(place, drop, reverse={"flag": "status = 'NEW'"}), "error") == set()


def test_a_dropped_column_without_a_way_back_is_a_warning(place: Place) -> None:
    found = only(after(place, "ALTER TABLE leads DROP COLUMN code"), "PF068")
    assert found.severity == "warning" and "NULL in it" in found.message
    assert [
        f for f in after(place, "ALTER TABLE leads DROP COLUMN code", reverse={"code": "status"}) if f.code == "PF068"
    ] == []


def test_new_columns_are_said_to_get_their_default(place: Place) -> None:
    found = {
        f.object: f
        for f in after(place, "ALTER TABLE leads ADD a int, ADD b int DEFAULT 7, ADD c uuid DEFAULT gen_random_uuid()")
    }
    assert "get NULL" in found["public.leads.a"].message and found["public.leads.a"].severity == "info"
    assert "get 7" in found["public.leads.b"].message and found["public.leads.b"].severity == "info"
    assert found["public.leads.c"].severity == "warning"


@pytest.mark.parametrize(
    ("sql", "more", "words"),
    [
        ("ALTER TABLE leads ADD a int", {"columns": {"a": "statuss"}}, 'column "statuss" does not exist'),
        ("ALTER TABLE leads ADD a int", {"columns": {"a": "nofunction(status)"}}, "does not exist"),
        (
            "ALTER TABLE leads ADD a int",
            {"columns": {"a": "status"}},
            "is of type integer but expression is of type text",
        ),
        ("ALTER TABLE leads DROP code", {"reverse": {"code": "statuss"}}, 'column "statuss" does not exist'),
        ("ALTER TABLE leads ALTER amount TYPE text", {}, "is of type numeric but expression is of type text"),
    ],
)
def test_expressions_and_casts_that_do_not_fit_are_named(
    place: Place, sql: str, more: dict[str, Any], words: str
) -> None:
    found = only(after(place, sql, **more), "PF063")
    assert words in found.message


def test_an_expression_finds_functions_in_the_tables_schema(place: Place) -> None:
    place.sql(
        "CREATE SCHEMA sales; CREATE TABLE sales.deals (id int PRIMARY KEY);"
        "CREATE FUNCTION sales.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'"
    )
    wanted = {"name": "sales.deals", "alter": "a.sql", "columns": {"b": "twice(id)"}}
    assert codes(place.findings(wanted, files={"a.sql": "ALTER TABLE deals ADD b int"}), "error") == set()


@pytest.mark.parametrize(
    ("expression", "certain"),
    [
        ("now()", True),
        ("extract(epoch FROM 'now'::timestamptz)::text::timestamptz", True),
        ("'today'::timestamptz", True),
        ("ticking()", True),
        ("hidden_clock()", True),
        ("looked_up(id)", False),
        ("created_at + interval '1 day'", None),
        ("date_trunc('day', created_at)", None),
    ],
)
def test_expressions_that_do_not_depend_on_the_row_alone(place: Place, expression: str, certain: bool | None) -> None:
    place.sql(
        "CREATE FUNCTION ticking() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';"
        "CREATE FUNCTION hidden_clock() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT clock_timestamp()';"
        "CREATE FUNCTION looked_up(int) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT max(created_at) FROM"
        " leads WHERE id = $1'"
    )
    found = after(place, "ALTER TABLE leads ADD at timestamptz", columns={"at": expression})
    severities = {f.severity for f in found if f.code == "PF064"}
    assert severities == {None: set(), True: {"error"}, False: {"warning"}}[certain]


def test_rows_changed_between_two_looks_do_not_make_an_expression_unsteady(place: Place) -> None:
    """An expression over a column that changes all the time is steady: the row is another one each time."""
    import threading

    stop = threading.Event()

    def write() -> None:
        with place.admin() as db:
            while not stop.is_set():
                db.execute("UPDATE leads SET amount = random() * 1000")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            found = after(place, "ALTER TABLE leads ADD a numeric", columns={"a": "amount * 2"})
            assert [f for f in found if f.code == "PF064"] == []
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize(
    ("sql", "more", "words"),
    [
        ("ALTER TABLE leads ALTER code TYPE varchar(2)", {}, "value too long"),
        ("ALTER TABLE leads ADD CHECK (id <> 37)", {}, "violates check constraint"),
        ("ALTER TABLE leads ADD a int", {"columns": {"a": "10 / (37 - id)"}}, "division by zero"),
        ("ALTER TABLE leads ADD a text NOT NULL", {"columns": {"a": "nullif(email, 'u37@example.org')"}}, "null value"),
    ],
)
def test_a_row_that_the_new_table_refuses_is_named_by_its_key(
    place: Place, sql: str, more: dict[str, Any], words: str
) -> None:
    place.sql("UPDATE leads SET code = 'x' WHERE id <> 37")
    found = only(after(place, sql, **more), "PF065")
    assert words in found.message and "id = 37" in found.message


def test_duplicates_that_a_new_unique_index_meets_are_found(place: Place) -> None:
    place.sql("UPDATE leads SET email = 'twice' WHERE id IN (3, 40)")
    sql = "CREATE UNIQUE INDEX leads_email ON leads (email)"
    assert "Key (email)=(twice) is duplicated" in only(after(place, sql), "PF065").message
    place.sql("UPDATE leads SET email = 'once' WHERE id = 40")
    found = after(place, sql)
    assert codes(found, "error") == set() and "a sample of 50 rows was tried" in only(found, "PF070").message


def test_what_the_old_table_refuses_on_the_way_back_is_found(place: Place) -> None:
    place.sql("ALTER TABLE leads ALTER COLUMN code TYPE varchar(4), ALTER COLUMN code SET NOT NULL")
    found = only(
        after(place, "ALTER TABLE leads DROP code", reverse={"code": "nullif(email, 'u5@example.org')"}), "PF066"
    )
    assert "value too long" in found.message
    empty = {"code": "nullif('c', 'c' || nullif(id, 5)::text || 'x')", "amount": "amount"}
    assert codes(after(place, "ALTER TABLE leads DROP code", reverse=empty), "error") == set()


@pytest.mark.parametrize(
    ("sql", "more", "column"),
    [
        ("ALTER TABLE leads ALTER amount TYPE numeric(10,1)", {}, "amount"),
        ("ALTER TABLE leads ALTER created_at TYPE date", {}, "created_at"),
        (
            "ALTER TABLE leads DROP email, ADD mail text",
            {"columns": {"mail": "upper(email)"}, "reverse": {"email": "mail"}},
            "email",
        ),
    ],
)
def test_values_that_come_back_changed_are_shown(place: Place, sql: str, more: dict[str, Any], column: str) -> None:
    found = only(after(place, sql, **more), "PF067")
    assert found.severity == "warning" and found.object == f"public.leads.{column}" and "for id = 1: " in found.message


@pytest.mark.parametrize(
    ("sql", "more"),
    [
        ("ALTER TABLE leads ALTER id TYPE bigint, ALTER amount TYPE numeric(20,4)", {}),
        ("ALTER TABLE leads RENAME email TO mail", {}),
        (
            "ALTER TABLE leads ADD cents bigint, DROP amount",
            {"columns": {"cents": "amount * 100"}, "reverse": {"amount": "cents / 100.0"}},
        ),
    ],
)
def test_changes_that_lose_nothing_are_let_through(place: Place, sql: str, more: dict[str, Any]) -> None:
    assert codes(after(place, sql, **more)) <= {"PF038", "PF069"}


def test_a_default_from_a_live_sequence_is_not_drawn_from(place: Place) -> None:
    place.sql("CREATE SEQUENCE numbers")
    found = after(place, "ALTER TABLE leads ADD n bigint DEFAULT nextval('numbers')")
    assert "draws from a sequence that is in use" in only(found, "PF065").message
    assert place.sql("SELECT is_called FROM numbers") == [(False,)]


def test_what_nobody_foresaw_shows_as_the_servers_own_message(place: Place) -> None:
    """An event trigger that forbids DDL stops the copy, as it would stop the build."""
    assert place.of("PF044") == []
    place.sql(
        "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not on a Friday'; END $$;"
        "CREATE EVENT TRIGGER frozen ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION no()"
    )
    found = place.findings()
    assert [f.object for f in found if f.code == "PF044"] == ["event trigger frozen"]
    (blocked,) = [f for f in found if f.code == "PF062"]
    assert blocked.severity == "error" and "not on a Friday" in blocked.message
    place.mends("PF044")


def test_every_key_type_can_be_sampled(place: Place) -> None:
    place.sql(
        'CREATE TABLE "Odd Name" ("the Key" text, n bigint, u uuid, at timestamptz, "select" int, PRIMARY'
        ' KEY (u, "the Key", at));'
        'INSERT INTO "Odd Name" SELECT chr(39) || i, i, gen_random_uuid(), now(), i FROM generate_series(1, 20) i'
    )
    wanted = {
        "name": "public.Odd Name",
        "alter": "a.sql",
        "columns": {"select": '"select" * 2'},
        "reverse": {"select": '"select" / 2'},
    }
    facts = place.facts(wanted, files={"a.sql": 'ALTER TABLE "Odd Name" ALTER COLUMN "select" TYPE bigint'})
    trial = facts.tables[0].trial
    assert (trial.skipped, trial.sampled, trial.misfit, trial.way_back, trial.losses) == (None, 20, None, None, ())


def test_the_sample_is_limited_and_takes_both_ends(place: Place) -> None:
    place.sql("INSERT INTO leads (id, status) SELECT i, 'NEW' FROM generate_series(1000, 60000) i; ANALYZE leads")
    place.limits = {"sample_rows": 100}
    trial = place.facts().tables[0].trial
    assert 50 <= trial.sampled <= 100
    assert "id = 60000" in str(
        place.facts(
            *altered("ALTER TABLE leads ADD CHECK (id < 60000)")["tables"],
            files={"alter.sql": "ALTER TABLE leads ADD CHECK (id < 60000)"},
        )
        .tables[0]
        .trial.misfit
    )


def test_a_foreign_keys_name_in_a_comment_or_as_a_column_takes_no_lock_on_its_parent(place: Place) -> None:
    place.sql("ALTER TABLE leads ADD account int CONSTRAINT owner_key REFERENCES accounts")
    files = {"alter.sql": "-- owner_key stays\nALTER TABLE leads ADD COLUMN more int"}
    wanted = {"name": "leads", "alter": "alter.sql"}
    with place.admin() as db, db.transaction():
        db.execute("LOCK TABLE accounts IN EXCLUSIVE MODE")
        assert place.facts(wanted, files=files).tables[0].trial.built
        files["alter.sql"] = "ALTER TABLE leads ADD COLUMN owner_key int"
        assert "would lock its parent" in str(place.facts(wanted, files=files).tables[0].trial.skipped)


def test_wide_rows_make_the_sample_smaller(place: Place) -> None:
    from dataclasses import replace

    (table,) = place.facts().tables
    assert table.size and table.rows_within(64 * 2**20, 1000) == 1000
    wide = replace(table, size=replace(table.size, heap=50 * 2**20))
    assert wide.rows_within(16 * 2**20, 1000) == 16
    assert replace(wide, size=replace(table.size, heap=2**40)).rows_within(2**20, 1000) == 10

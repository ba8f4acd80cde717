"""Which tables can have a shadow: kinds, keys, what is on them."""

from __future__ import annotations

import pytest

from cutover.postgres.online import catalog
from support.preflighting import Place, codes


def test_a_missing_table_is_named_with_what_may_have_been_meant(place: Place) -> None:
    found = place.one("PF001", "public.leeds")
    assert found.severity == "error" and found.object == "public.leeds"
    assert "Did you mean public.leads?" in found.message and found.fix == "write name: public.leads"


def test_a_name_in_other_letters_or_another_schema_is_recognised(place: Place) -> None:
    place.sql('CREATE SCHEMA sales; CREATE TABLE sales."Invoice" (id int PRIMARY KEY)')
    assert "sales.Invoice" in place.one("PF001", "public.invoice").message


def test_a_missing_schema_is_said_to_be_missing(place: Place) -> None:
    assert "schema 'crm' does not exist" in place.one("PF001", "crm.zzz").message


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ("CREATE VIEW thing AS SELECT 1 AS id", "a view"),
        ("CREATE MATERIALIZED VIEW thing AS SELECT 1 AS id", "a materialized view"),
        ("CREATE SEQUENCE thing", "a sequence"),
        ("CREATE TYPE thing AS (id int)", "a composite type"),
        ("CREATE INDEX thing ON leads (email)", "an index"),
    ],
)
def test_what_is_no_table_is_refused(place: Place, make: str, words: str) -> None:
    place.sql(make)
    assert words in place.one("PF004", "public.thing").message


def test_a_foreign_table_is_refused(place: Place) -> None:
    place.sql(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE thing (id"
        " int) SERVER s"
    )
    assert "a foreign table" in place.one("PF004", "public.thing").message


def test_a_typed_table_is_refused_until_it_is_none(place: Place) -> None:
    place.sql("CREATE TYPE thing_type AS (id int, name text); CREATE TABLE thing OF thing_type (PRIMARY KEY (id))")
    assert "typed table" in place.mends("PF004", "public.thing").message


def test_partitioned_tables_and_partitions_are_refused_with_the_reason(place: Place) -> None:
    place.sql(
        "CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    )
    whole, part = place.one("PF005", "events"), place.one("PF005", "events_2026")
    assert "fire no statement trigger of the parent" in whole.message and "1 partitions" in whole.message
    assert "a partition of public.events" in part.message
    assert codes(place.findings("events", "events_2026"), "error") == {"PF005"}


def test_inheritance_is_refused_on_both_ends_and_can_be_ended(place: Place) -> None:
    place.sql("CREATE TABLE leads_old (LIKE leads INCLUDING ALL) INHERITS (leads)")
    assert "public.leads_old inherit from it" in place.one("PF006").message
    assert "it inherits from public.leads" in place.mends("PF006", "leads_old").message
    assert place.of("PF006") == []


def test_unlogged_tables_are_refused_until_logged(place: Place) -> None:
    place.sql("CREATE UNLOGGED TABLE thing (id int PRIMARY KEY)")
    assert "a crash empties it" in place.mends("PF007", "thing").message


@pytest.mark.parametrize(
    ("make", "why"),
    [
        ("CREATE TABLE thing (id int NOT NULL)", "no unique index at all"),
        ("CREATE TABLE thing (id int UNIQUE)", "over columns that may be NULL"),
        ("CREATE TABLE thing (id int NOT NULL); CREATE UNIQUE INDEX u ON thing (id) WHERE id > 0", "u: partial"),
        ("CREATE TABLE thing (id int NOT NULL); CREATE UNIQUE INDEX u ON thing (abs(id))", "u: on an expression"),
        ("CREATE TABLE thing (id int NOT NULL UNIQUE DEFERRABLE)", "deferrable"),
    ],
)
def test_without_a_usable_key_the_sql_that_makes_one_is_given(place: Place, make: str, why: str) -> None:
    place.sql(make)
    assert why in place.mends("PF008", "thing").message


def test_a_table_without_any_candidate_gets_an_identity_column(place: Place) -> None:
    place.sql("CREATE TABLE thing (note text)")
    place.mends("PF008", "thing")


def test_the_specs_key_must_be_a_key(place: Place) -> None:
    place.sql("ALTER TABLE leads ALTER COLUMN email SET NOT NULL")
    found = place.mends("PF008", {"name": "leads", "key": ["email"]})
    assert "there is no unique index on these columns" in found.message
    assert "which it does not have" in place.one("PF008", {"name": "leads", "key": ["mail"]}).message


def test_the_key_is_the_one_that_the_engine_takes(place: Place) -> None:
    place.sql(
        "CREATE TABLE thing (a int NOT NULL, b int NOT NULL, c int NOT NULL, d int UNIQUE, UNIQUE (a, b), UNIQUE (c),"
        " UNIQUE (b) DEFERRABLE)"
    )
    for wanted in (None, ["b", "a"]):
        table = place.facts({"name": "thing", **({"key": wanted} if wanted else {})}).tables[0]
        with place.admin() as db:
            assert table.key and table.relation.oid
            assert table.key.columns == catalog.key(db, table.relation.oid, wanted, "thing")


def test_a_deferrable_primary_key_is_an_error_or_a_warning(place: Place) -> None:
    place.sql("CREATE TABLE thing (id int PRIMARY KEY DEFERRABLE, code text NOT NULL)")
    assert place.one("PF009", "thing").severity == "error"
    place.sql("CREATE UNIQUE INDEX thing_code ON thing (code)")
    found = place.mends("PF009", "thing")
    assert found.severity == "warning" and "thing_code is used as the key instead" in found.message


@pytest.mark.parametrize("columns", ["code text_pattern_ops", 'code COLLATE "C"', "code, id DESC", "code NULLS FIRST"])
def test_a_key_in_another_order_than_its_columns_is_refused(place: Place, columns: str) -> None:
    place.sql('CREATE TABLE thing (code text COLLATE "POSIX" NOT NULL, id int NOT NULL)')
    place.sql(f"CREATE UNIQUE INDEX u ON thing ({columns})")
    assert "in another order than the columns' own" in place.mends("PF010", "thing").message


@pytest.mark.parametrize("columns", ["code", "code, id", "code DESC, id DESC", "code) INCLUDE (id"])
def test_a_key_that_ranges_can_be_read_by_is_accepted(place: Place, columns: str) -> None:
    place.sql('CREATE TABLE thing (code text COLLATE "POSIX" NOT NULL, id int NOT NULL)')
    place.sql(f"CREATE UNIQUE INDEX u ON thing ({columns})")
    assert codes(place.findings("thing"), "error") == set()


def test_rewrite_rules_are_refused(place: Place) -> None:
    place.sql("CREATE RULE protect AS ON DELETE TO leads DO INSTEAD NOTHING")
    assert "protect" in place.mends("PF011").message


def test_extension_members_are_refused(place: Place) -> None:
    place.sql("ALTER EXTENSION plpgsql ADD TABLE leads")
    assert "belongs to extension plpgsql" in place.mends("PF045").message


def test_security_labels_are_refused(place: Place) -> None:
    # No provider is loaded here; the catalog row is what the rule reads.
    place.sql(
        "SET allow_system_table_mods = on; INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)"
        " VALUES ('leads'::regclass, 'pg_class'::regclass, 2, 'anon', 'MASKED')"
    )
    found = place.one("PF025")
    assert "anon" in found.message and 'SECURITY LABEL FOR "anon" ON TABLE "public"."leads" IS NULL' in str(found.fix)
    place.sql("SET allow_system_table_mods = on; DELETE FROM pg_seclabel")
    assert place.of("PF025") == []


def test_what_is_kept_is_said(place: Place) -> None:
    place.sql(
        "ALTER TABLE leads ADD COLUMN total numeric GENERATED ALWAYS AS (amount * 2) STORED,"
        " ADD COLUMN during int4range, ADD EXCLUDE USING gist (during WITH &&),"
        " ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID, REPLICA IDENTITY FULL;"
        "CREATE STATISTICS leads_stats ON status, code FROM leads;"
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER touched BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch();"
        "ALTER TABLE leads ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON leads USING (true)"
    )
    found = place.findings()
    assert codes(found, "info") == {"PF026", "PF038", "PF046", "PF047", "PF048", "PF049", "PF051", "PF052"}
    assert codes(found, "error") | codes(found, "warning") == set()
    said = {f.code: f.message for f in found}
    assert "total" in said["PF046"] and "leads_during_excl" in said["PF047"] and "leads_stats" in said["PF049"]
    assert said["PF051"] == "REPLICA IDENTITY FULL is kept." and "touched" in said["PF052"] and "mine" in said["PF026"]
    place.mends("PF048")


def test_a_replica_identity_by_index_is_named(place: Place) -> None:
    place.sql("ALTER TABLE leads REPLICA IDENTITY USING INDEX leads_pkey")
    assert place.one("PF051").message == "REPLICA IDENTITY USING INDEX leads_pkey is kept."


@pytest.mark.parametrize("state", ["REPLICA", "ALWAYS"])
def test_triggers_for_replicated_changes_are_pointed_out(place: Place, state: str) -> None:
    place.sql(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER touched BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    assert place.of("PF053") == []
    place.sql(f"ALTER TABLE leads ENABLE {state} TRIGGER touched")
    assert f"ENABLE {state}" in place.one("PF053").message


def test_invalid_indexes_are_pointed_out(place: Place) -> None:
    place.sql("INSERT INTO leads (id, email) VALUES (900, 'twice'), (901, 'twice')")
    with place.admin() as db, pytest.raises(Exception, match="could not create unique index"):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY leads_email ON leads (email)")
    assert "leads_email" in place.mends("PF054").object

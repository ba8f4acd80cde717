"""What rests on a table: views, functions, policies, keys, sequences, publications, row types."""

from __future__ import annotations

import pytest

from cutover.postgres.preflight import LockNeeded, locks_of
from support.preflighting import Place, altered, codes

DROP_CODE = "ALTER TABLE leads DROP COLUMN code"
WIDER = "ALTER TABLE leads ALTER COLUMN id TYPE bigint"


def changed(place: Place, code: str, sql: str, **more: object) -> list:
    """Findings with ``code`` when ``leads`` is altered by ``sql``."""
    found = altered(sql, **more)
    return place.of(code, *found["tables"], files=found["files"])


def test_views_are_listed_and_those_whose_columns_change_are_pointed_out(place: Place) -> None:
    place.sql(
        "CREATE VIEW open_leads AS SELECT id, status FROM leads; CREATE VIEW statuses AS SELECT status FROM open_leads"
    )
    place.sql("CREATE VIEW elsewhere AS SELECT id FROM accounts; CREATE VIEW mails AS SELECT email FROM leads")
    assert {(f.object, f.severity) for f in place.of("PF019")} == {
        ("view public.open_leads", "info"),
        ("view public.statuses", "info"),
        ("view public.mails", "info"),
    }
    after = {f.object: f for f in changed(place, "PF019", WIDER)}
    assert after["view public.open_leads"].severity == "warning"
    assert "dropped and created anew" in after["view public.open_leads"].message
    assert after["view public.mails"].severity == "info"


def test_a_view_that_the_change_breaks_is_found_before_the_swap(place: Place) -> None:
    place.sql("CREATE SCHEMA reports; CREATE VIEW reports.codes AS SELECT l.code FROM public.leads l")
    (found,) = changed(place, "PF019", DROP_CODE)
    assert found.severity == "error" and found.object == "view reports.codes"
    assert 'column "code" does not exist' in found.message
    assert str(found.fix).startswith('DROP VIEW "reports"."codes";')


def test_materialized_views_are_rebuilt_but_chains_are_refused(place: Place) -> None:
    place.sql("CREATE MATERIALIZED VIEW months AS SELECT status, count(*) FROM leads GROUP BY 1")
    assert place.one("PF018").severity == "info"
    place.sql("CREATE MATERIALIZED VIEW top AS SELECT * FROM months")
    found = {f.object: f for f in place.of("PF018")}
    assert found["materialized view public.months"].severity == "info"
    assert found["materialized view public.top"].severity == "error"
    assert "reads public.months" in found["materialized view public.top"].message
    place.sql(str(found["materialized view public.top"].fix).split("--")[0])
    assert codes(place.of("PF018"), "error") == set()


def test_a_materialized_view_over_a_view_that_must_be_created_anew_is_refused(place: Place) -> None:
    place.sql("CREATE VIEW ids AS SELECT id FROM leads; CREATE MATERIALIZED VIEW kept AS SELECT * FROM ids")
    assert place.of("PF018") == []
    (found,) = changed(place, "PF018", WIDER)
    assert found.severity == "error" and "public.ids" in found.message


def test_sql_bodies_are_listed_and_checked_for_columns_that_go(place: Place) -> None:
    place.sql(
        "CREATE FUNCTION codes() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT code FROM leads; END;"
        "CREATE FUNCTION quoted() RETURNS SETOF text LANGUAGE sql AS 'SELECT code FROM leads'"
    )
    assert [(f.object, f.severity) for f in place.of("PF020")] == [("function public.codes()", "info")]
    (found,) = changed(place, "PF020", DROP_CODE)
    assert found.severity == "error" and "uses code" in found.message


def test_policies_of_other_tables_are_listed_and_checked(place: Place) -> None:
    place.sql(
        "CREATE TABLE notes (id int PRIMARY KEY, lead int); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY coded ON notes USING (EXISTS (SELECT FROM leads WHERE leads.id = lead AND leads.code IS"
        " NOT NULL))"
    )
    found = place.one("PF021")
    assert found.object == "policy coded on public.notes" and found.severity == "info"
    assert [f.severity for f in changed(place, "PF021", DROP_CODE)] == ["error"]


def test_a_policy_of_its_own_that_the_change_breaks_stops_the_trial(place: Place) -> None:
    place.sql("CREATE POLICY own ON leads USING (code IS NOT NULL)")
    (found,) = changed(place, "PF059", DROP_CODE)
    assert "policy own on table leads depends on column code" in found.message


def test_foreign_keys_are_listed_with_what_is_locked(place: Place) -> None:
    place.sql(
        "ALTER TABLE leads ADD account int REFERENCES accounts, ADD parent int REFERENCES leads;"
        "CREATE TABLE items (lead int REFERENCES leads)"
    )
    out = {f.object: f.message for f in place.of("PF022")}
    assert "locks public.accounts too" in out["public.leads.leads_account_fkey"]
    assert "refers to the table itself" in out["public.leads.leads_parent_fkey"]
    assert "public.items refers to public.leads" in place.one("PF023").message


def test_a_key_from_a_partitioned_table_depends_on_the_version(place: Place) -> None:
    place.sql("CREATE TABLE items (lead int REFERENCES leads, at date) PARTITION BY RANGE (at)")
    if place.major >= 18:
        assert place.one("PF023").severity == "info"
    else:
        assert place.one("PF023").severity == "error"
        place.mends("PF023")


def test_what_the_rule_says_of_partitioned_children_is_what_the_server_does(place: Place) -> None:
    place.sql("CREATE TABLE items (lead int, at date) PARTITION BY RANGE (at)")
    add = "ALTER TABLE items ADD FOREIGN KEY (lead) REFERENCES leads NOT VALID"
    if place.major >= 18:
        place.sql(add)
    else:
        with pytest.raises(Exception, match="cannot add NOT VALID foreign key on partitioned table"):
            place.sql(add)


def test_an_identity_sequence_in_use_elsewhere_is_refused_a_serials_is_not(place: Place) -> None:
    place.sql(
        "CREATE TABLE thing (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial);"
        "CREATE TABLE drafts (id int DEFAULT nextval('thing_id_seq'), n int DEFAULT nextval('thing_n_seq'))"
    )
    found = {f.object: f for f in place.of("PF024", "thing")}
    assert found["sequence public.thing_id_seq"].severity == "error"
    assert "default value for column id of table public.drafts" in found["sequence public.thing_id_seq"].message
    assert found["sequence public.thing_n_seq"].severity == "info"
    place.sql("DROP TABLE drafts")
    assert place.of("PF024", "thing") == []


@pytest.mark.parametrize(
    ("make", "name"),
    [
        ("CREATE FUNCTION vip(l leads) RETURNS boolean LANGUAGE sql AS 'SELECT true'", "vip(public.leads)"),
        ("CREATE FUNCTION chosen() RETURNS SETOF leads LANGUAGE sql AS 'SELECT * FROM leads'", "chosen()"),
        ("CREATE FUNCTION many(l leads[]) RETURNS int LANGUAGE sql AS 'SELECT 1'", "many(public.leads[])"),
        ("CREATE PROCEDURE put(INOUT l leads) LANGUAGE plpgsql AS 'BEGIN END'", "put(public.leads)"),
    ],
)
def test_signatures_made_of_the_row_type_are_refused(place: Place, make: str, name: str) -> None:
    place.sql("CREATE FUNCTION other(a accounts) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert place.of("PF016") == []
    place.sql(make)
    assert name in place.mends("PF016").object


@pytest.mark.parametrize("kind", ["leads", "leads[]", "lead_domain"])
def test_columns_of_the_row_type_are_refused(place: Place, kind: str) -> None:
    place.sql(
        f"CREATE DOMAIN lead_domain AS leads; CREATE TABLE audit (id int, before {kind}); CREATE VIEW w AS SELECT"
        " l FROM leads l"
    )
    assert place.mends("PF017").object == "public.audit.before"


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("public.leads%ROWTYPE", True),
        ("leads % rowtype", True),
        ('"public" . "leads"%ROWTYPE', True),
        ("old_leads%ROWTYPE", False),
        ("other.leads%ROWTYPE", False),
        ("leads.email%TYPE", False),
    ],
)
def test_plpgsql_row_variables_are_pointed_out(place: Place, declared: str, found: bool) -> None:
    place.sql("CREATE SCHEMA other; CREATE TABLE other.leads (id int); CREATE TABLE old_leads (id int)")
    place.sql(f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'DECLARE l {declared}; BEGIN END'")
    assert [f.object for f in place.of("PF057")] == (["function public.f()"] if found else [])


def test_rules_of_other_tables_that_mean_the_table_are_refused(place: Place) -> None:
    place.sql(
        "CREATE TABLE inbox (id int); CREATE RULE forward AS ON INSERT TO inbox DO ALSO INSERT INTO leads (id)"
        " VALUES (new.id)"
    )
    assert "rule forward on table public.inbox" in place.one("PF056").object
    place.sql("DROP RULE forward ON inbox")
    assert place.of("PF056") == []


def test_system_columns_in_views_are_pointed_out(place: Place) -> None:
    place.sql("CREATE VIEW plain AS SELECT id FROM leads")
    assert place.of("PF050") == []
    place.sql("CREATE VIEW versions AS SELECT id, xmin FROM leads")
    found = place.one("PF050")
    assert found.object == "view public.versions" and "xmin" in found.message


def test_triggers_that_the_change_breaks_are_found(place: Place) -> None:
    place.sql(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER fine BEFORE UPDATE OF status ON leads FOR EACH ROW EXECUTE FUNCTION touch();"
        "CREATE TRIGGER coded BEFORE UPDATE OF code ON leads FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    assert place.of("PF033") == []
    (found,) = changed(place, "PF033", DROP_CODE)
    assert found.object == "trigger coded on public.leads" and 'column "code"' in found.message


def test_a_publication_of_all_tables_is_replaced_by_one_that_names_them(place: Place) -> None:
    place.sql("CREATE PUBLICATION everything FOR ALL TABLES")
    found = place.mends("PF013")
    assert "FOR TABLE public.accounts, public.leads" in str(found.fix)
    assert codes(place.findings(), "error") == set()
    assert place.one("PF015").severity == "info"


def test_publications_of_schemas(place: Place) -> None:
    place.sql("CREATE SCHEMA other; CREATE PUBLICATION theirs FOR TABLES IN SCHEMA other")
    assert place.of("PF014") == []
    place.sql("CREATE PUBLICATION ours FOR TABLES IN SCHEMA public")
    assert place.one("PF014").severity == "warning"
    place.sql("DROP PUBLICATION ours; CREATE SCHEMA cutover; CREATE PUBLICATION logs FOR TABLES IN SCHEMA cutover")
    assert place.mends("PF014").severity == "error"


def test_a_column_list_that_names_a_column_that_goes_is_refused(place: Place) -> None:
    place.sql("CREATE PUBLICATION chosen FOR TABLE leads (id, code)")
    assert place.one("PF015").severity == "info"
    (found,) = changed(place, "PF015", DROP_CODE)
    assert found.severity == "error" and "names code" in found.message


def test_subscribers_need_new_columns_first(place: Place) -> None:
    place.sql("CREATE PUBLICATION chosen FOR TABLE leads")
    (found,) = changed(place, "PF015", "ALTER TABLE leads ADD COLUMN more int")
    assert found.severity == "warning" and "unless they have more by then" in found.message


def test_a_table_that_a_subscription_writes_is_refused(place: Place) -> None:
    assert place.of("PF012") == []
    with place.admin() as db:
        db.execute("SET allow_system_table_mods = on")
        db.execute(
            "CREATE SUBSCRIPTION from_shop CONNECTION 'dbname=nowhere' PUBLICATION shop WITH (connect = false,"
            " slot_name = NONE)"
        )
        db.execute(
            "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)"
            " SELECT oid, 'leads'::regclass, 'r' FROM pg_subscription WHERE subname = 'from_shop'"
        )
    found = place.one("PF012")
    assert "subscription from_shop writes into it" in found.message
    place.sql("DROP SUBSCRIPTION from_shop")
    assert place.of("PF012") == []


def test_the_locks_of_the_swap_are_named_views_first(place: Place) -> None:
    place.sql(
        "ALTER TABLE leads ADD account int REFERENCES accounts; CREATE TABLE items (lead int REFERENCES leads);"
        "CREATE VIEW low AS SELECT id FROM leads; CREATE VIEW high AS SELECT id FROM low;"
        "CREATE TABLE notes (id int PRIMARY KEY); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON notes USING (EXISTS (SELECT FROM leads)); CREATE MATERIALIZED VIEW m AS SELECT id"
        " FROM leads"
    )
    found = locks_of(place.facts())
    assert [lock.object for lock in found][:3] == ["public.high", "public.low", "public.leads"]
    assert {lock.object for lock in found[3:]} == {"public.accounts", "public.items", "public.notes", "public.m"}
    assert found[2] == LockNeeded("public.leads", "ACCESS EXCLUSIVE", "exchanged with its shadow")

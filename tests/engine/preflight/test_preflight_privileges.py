"""The least-privilege role: what it may not do is named, the SQL given mends it, and then nothing is found."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from cutover.postgres.preflight.roles import main, online_role
from support.preflighting import Place, codes

OWNED = """
CREATE SCHEMA sales AUTHORIZATION {owner};
CREATE TABLE sales.accounts (id int PRIMARY KEY);
CREATE TABLE sales.deals (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account int REFERENCES sales.accounts, note text
);
CREATE TABLE sales.items (deal int REFERENCES sales.deals);
INSERT INTO sales.deals (note) SELECT 'n' || i FROM generate_series(1, 20) i;
CREATE VIEW sales.open AS SELECT id, note FROM sales.deals;
CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON sales.deals FOR EACH ROW EXECUTE FUNCTION sales.touch();
ALTER TABLE sales.deals ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON sales.deals USING (true);
CREATE PUBLICATION deals FOR TABLE sales.deals;
"""
CHANGE = {"name": "sales.deals", "alter": "a.sql", "columns": {"length": "length(note)"}}
ALTER = {"a.sql": "ALTER TABLE deals ADD length int, ALTER id TYPE bigint"}


class Roles:
    """An owner with tables, and the role that shall migrate them; names of their own, since roles are the cluster's."""

    def __init__(self, place: Place) -> None:
        self.place = place
        mark = uuid.uuid4().hex[:8]
        self.owner, self.role, self.other = f"owner_{mark}", f"mover_{mark}", f"other_{mark}"
        for name in (self.owner, self.other):
            place.sql(f"CREATE ROLE {name}")
        place.sql(f'GRANT CREATE ON DATABASE "{place.info.dbname}" TO {self.owner}')
        place.sql(f"SET ROLE {self.owner};" + OWNED.format(owner=self.owner) + "RESET ROLE")
        place.role = self.role

    def make(self) -> None:
        self.place.sql(online_role(self.role, self.place.info.dbname, "sales", self.owner))

    def errors(self, **more: object) -> set[str]:
        return codes(self.place.findings(CHANGE, files=ALTER, **more), "error")

    def drop(self) -> None:
        for name in (self.role, self.owner, self.other):
            if self.place.sql(f"SELECT FROM pg_roles WHERE rolname = '{name}'"):
                self.place.sql(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@pytest.fixture
def roles(place: Place) -> Iterator[Roles]:
    found = Roles(place)
    yield found
    found.drop()


def test_the_role_made_by_the_template_needs_nothing_more(roles: Roles) -> None:
    roles.make()
    roles.make()  # any number of times
    found = roles.place.findings(CHANGE, files=ALTER)
    assert codes(found, "error") == set(), found
    assert "PF055" not in codes(found)
    trial = roles.place.facts(CHANGE, files=ALTER).tables[0].trial
    assert trial.skipped is None and trial.sampled == 20
    ((superuser, bypasses),) = roles.place.sql(
        f"SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = '{roles.role}'"
    )
    assert not superuser and not bypasses


def test_a_bare_role_is_told_everything_that_it_lacks_and_the_fixes_suffice(roles: Roles) -> None:
    """Only the findings' own SQL, run until there is nothing left to say, makes a role that can do it."""
    place = roles.place
    place.sql(f"CREATE ROLE {roles.role} LOGIN")
    place.sql(f'REVOKE TEMPORARY ON DATABASE "{place.info.dbname}" FROM PUBLIC')
    first = roles.errors()
    assert {"PF027", "PF028", "PF029", "PF031", "PF032"} <= first
    assert "PF055" in codes(place.findings(CHANGE, files=ALTER), "warning")
    for _ in range(4):
        found = [f for f in place.findings(CHANGE, files=ALTER) if f.severity == "error"]
        for finding in found:
            place.sql(str(finding.fix).split("--")[0])
    assert roles.errors() == set()


@pytest.mark.parametrize(
    ("lack", "code", "words"),
    [
        ('REVOKE CREATE ON DATABASE "{db}" FROM {role}, {owner}', "PF028", "lacks CREATE"),
        ("REVOKE CREATE ON SCHEMA sales FROM {role}, {owner}", "PF029", "lacks CREATE"),
        ("CREATE SCHEMA cutover AUTHORIZATION {other}", "PF030", "belongs to {other}"),
        ("ALTER VIEW sales.open OWNER TO {other}", "PF031", "view sales.open"),
        ("ALTER TABLE sales.items OWNER TO {other}", "PF031", "foreign key items_deal_fkey"),
        ("ALTER TABLE sales.accounts OWNER TO {other}", "PF032", "may not refer to or lock it"),
        (
            "ALTER FUNCTION sales.touch OWNER TO {other}; REVOKE EXECUTE ON FUNCTION sales.touch FROM PUBLIC",
            "PF033",
            "touch",
        ),
        (
            "CREATE DOMAIN sales.d AS text; ALTER TABLE sales.deals ADD d sales.d; ALTER DOMAIN sales.d OWNER TO"
            " {other};"
            "REVOKE USAGE ON TYPE sales.d FROM PUBLIC",
            "PF034",
            "column sales.deals.d uses it",
        ),
        ("ALTER TABLE sales.deals FORCE ROW LEVEL SECURITY", "PF026", "hide rows from role {role}"),
        ("ALTER PUBLICATION deals OWNER TO {other}", "PF015", "belongs to {other}"),
    ],
)
def test_each_lack_is_named_and_its_sql_mends_it(roles: Roles, lack: str, code: str, words: str) -> None:
    roles.make()
    names = {"db": roles.place.info.dbname, "role": roles.role, "owner": roles.owner, "other": roles.other}
    roles.place.sql(lack.format(**names))
    found = [f for f in roles.place.findings(CHANGE, files=ALTER) if f.severity == "error"]
    assert code in codes(found), found
    assert words.format(**names) in next(f for f in found if f.code == code).message
    for finding in found:
        roles.place.sql(str(finding.fix).split("--")[0])
    assert code not in roles.errors()


def test_membership_without_set_is_not_enough(roles: Roles) -> None:
    roles.make()
    roles.place.sql(f"GRANT {roles.owner} TO {roles.role} WITH SET FALSE")
    found = next(f for f in roles.place.findings(CHANGE, files=ALTER) if f.code == "PF027")
    assert "SET ROLE" in found.message
    roles.place.sql(str(found.fix))
    assert roles.errors() == set()


def test_membership_without_inherit_is_not_enough(roles: Roles) -> None:
    roles.make()
    roles.place.sql(f"GRANT {roles.owner} TO {roles.role} WITH INHERIT FALSE")
    found = next(f for f in roles.place.findings(CHANGE, files=ALTER) if f.code == "PF027")
    assert "has not its rights" in found.message
    roles.place.sql(str(found.fix))
    assert roles.errors() == set()


def test_ending_blockers_takes_a_right_only_where_the_spec_asks_for_it(roles: Roles) -> None:
    roles.make()
    assert roles.errors() == set()
    assert roles.errors(cutover={"kill_blockers": "5s"}) == {"PF071"}
    roles.place.mends("PF071", CHANGE, files=ALTER, cutover={"kill_blockers": "5s"})


def test_the_roles_own_connection_limit_counts(roles: Roles) -> None:
    roles.make()
    roles.place.sql(f"ALTER ROLE {roles.role} CONNECTION LIMIT 3")
    found = roles.place.mends("PF043", CHANGE, files=ALTER)
    assert found.object == f"role {roles.role}"


def test_the_template_can_be_printed_for_other_names(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--role", 'odd"name', "--database", place.info.dbname, "--owner", "postgres"]) == 0
    text = capsys.readouterr().out
    assert 'GRANT "postgres" TO "odd""name"' in text and "{" not in text
    with place.admin() as db:
        db.execute(text.encode())
        db.execute('DROP OWNED BY "odd""name"')
        db.execute('DROP ROLE "odd""name"')
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        place.sql('SET ROLE "odd""name"')

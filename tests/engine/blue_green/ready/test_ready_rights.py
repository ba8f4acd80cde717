"""The least-privilege role: what it may not do is named, the SQL given mends it, and then nothing is found."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_preflighting import Asked, MakePair, codes, statements

pytestmark = pytest.mark.timeout(240)

OWNED = """
CREATE ROLE {owner}; GRANT CREATE ON DATABASE {database} TO {owner}; GRANT CREATE ON SCHEMA public TO {owner};
SET ROLE {owner};
CREATE TABLE deals (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
CREATE SEQUENCE tickets;
CREATE TABLE hidden (id int PRIMARY KEY, who text);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON hidden USING (who = current_user);
RESET ROLE;
"""


class Roles:
    """An owner with tables on blue, and the role that shall move them; names of their own on both servers."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.admins = dict(asked.world.infos)
        mark = uuid.uuid4().hex[:8]
        self.owner, self.role, self.password = f"owner_{mark}", f"mover_{mark}", "a word"
        self.sql("blue", OWNED.format(owner=self.owner, database=self.admins["shop"].dbname))

    def sql(self, side: str, text: str) -> list[tuple[object, ...]]:
        """Run SQL as superuser."""
        from support.pair_world import run

        return run(self.admins[{"blue": "shop", "green": "shop_green"}[side]], text)

    def bare(self) -> None:
        """Make the role with nothing but a login, on both sides, and log in as it."""
        for side in ("blue", "green"):
            self.sql(side, f"CREATE ROLE {self.role} LOGIN PASSWORD '{self.password}'")
            self.asked.as_role(side, self.role, self.password)

    def mend(self) -> None:
        """Run what the errors and warnings of now say, each on the side that it is about."""
        for finding in self.asked.findings():
            if finding.severity == "info" or not finding.fix or finding.code in ("BG016", "BG057"):
                continue  # what these say is mended by the others' SQL
            side = "blue" if "blue" in finding.object or finding.object.startswith("public.") else "green"
            for statement in statements(finding.fix):
                for where in ("blue", "green") if finding.code == "BG021" else (side,):
                    if where == "blue" or "NO FORCE" not in statement:
                        self.sql(where, statement)

    def drop(self) -> None:
        for side in ("blue", "green"):
            for name in (self.role, self.owner):
                if self.sql(side, f"SELECT FROM pg_roles WHERE rolname = '{name}'"):
                    self.sql(side, f"DROP OWNED BY {name} CASCADE")
                    self.sql(side, f"DROP ROLE {name}")


@pytest.fixture
def roles(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> Iterator[Roles]:
    found = Roles(Asked(make_pair(pg16, pg18, load=False), pooler))
    yield found
    found.drop()


def test_a_bare_role_is_told_everything_that_it_lacks_and_the_fixes_suffice(roles: Roles) -> None:
    roles.bare()
    first = roles.asked.findings()
    errors = codes(first, "error")
    assert {"BG013", "BG014", "BG017", "BG018", "BG019", "BG020", "BG033"} <= errors, first
    assert {"BG022", "BG057"} <= codes(first, "warning")
    assert [f.message for f in first if f.code == "BG016"] == [
        "not tried: the role lacks what it takes there, or the database is still to be made."
    ] * 2 or "BG016" in codes(first, "info")
    owners = next(f for f in first if f.code == "BG017")
    assert "public.deals" in owners.message and "public.tickets" in owners.message and roles.owner in owners.message
    for _ in range(4):
        roles.mend()
    found = roles.asked.findings()
    assert codes(found, "error") == set(), found
    assert codes(found, "warning") == set(), found


def test_forced_policies_hide_rows(roles: Roles) -> None:
    roles.bare()
    for _ in range(4):
        roles.mend()
    assert "BG021" in codes(roles.asked.findings(), "info")
    roles.sql("blue", "ALTER TABLE hidden FORCE ROW LEVEL SECURITY")
    found = roles.asked.one("BG021")
    assert found.severity == "error" and "not exempt" in found.message
    roles.mend()
    assert "is exempt from it on both sides" in roles.asked.one("BG021").message


def test_roles_that_green_lacks(roles: Roles) -> None:
    """Made by the run where it may: with their passwords when blue's can be read, else without."""
    assert roles.asked.one("BG018").severity == "info"
    roles.bare()
    roles.sql("blue", f"GRANT {roles.owner} TO {roles.role}")
    roles.sql("green", f"ALTER ROLE {roles.role} CREATEROLE")
    found = roles.asked.of("BG018")
    assert [f.severity for f in found] == ["warning"] and roles.owner in found[0].message
    assert "without a password" in found[0].message


def test_a_subscription_needs_a_password_that_is_asked_for(roles: Roles) -> None:
    roles.bare()
    for _ in range(4):
        roles.mend()
    world = roles.asked.world
    # Given in another way: the login works, and there is no password to hand to the other server.
    world.infos["shop"] = replace(world.blue_info, password=None, extra={"passfile": str(world.folder / "pass")})
    (world.folder).mkdir(exist_ok=True)
    (world.folder / "pass").write_text(f"*:*:*:*:{roles.password}\n")
    (world.folder / "pass").chmod(0o600)
    found = roles.asked.one("BG015")
    assert found.severity == "error" and "has no password" in found.message


def test_a_server_that_asks_for_no_password(roles: Roles) -> None:
    from cutover.postgres.preflight_pair import judge

    roles.bare()
    pair = roles.asked.facts()
    trusting = replace(pair, blue=replace(pair.blue, asked_password=False))
    (found,) = [f for f in judge(trusting) if f.code == "BG015"]
    assert found.severity == "warning" and "without asking for the password" in found.message


@pytest.mark.parametrize(("side", "lost"), [("blue", "no way back"), ("green", "could not follow")])
def test_before_16_only_a_superuser_subscribes(roles: Roles, side: str, lost: str) -> None:
    from cutover.postgres.preflight_pair import judge

    roles.bare()
    pair = roles.asked.facts()
    old = getattr(pair, side)
    pair = replace(pair, **{side: replace(old, server=replace(old.server, version=150018))})
    found = [f for f in judge(pair) if f.code == "BG014" and f.object.startswith(side)]
    assert len(found) == 1 and lost in found[0].message and "SUPERUSER" in (found[0].fix or "")


def test_a_blue_of_15(make_pair: MakePair, pg15: Cluster, pg18: Cluster, pooler: PgBouncer) -> None:
    """As superuser, which 15 asks for, everything is fine; types are tried without what only 16 knows."""
    asked = Asked(make_pair(pg15, pg18), pooler)
    found = asked.findings()
    assert codes(found, "error") == set(), found
    narrow = asked.one("BG063", up="ALTER TABLE orders ALTER note TYPE varchar(3)")
    assert narrow.severity == "error" and "rows do not fit" in narrow.message

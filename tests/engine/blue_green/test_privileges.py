"""The least-privilege roles of ``include/sql/roles/blue_green.sql`` are enough, on servers where nobody else helps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cutover.postgres.blue_green import remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.role_sql import least_privileges
from cutover.postgres.blue_green.roles import RolesMissing
from cutover.postgres.blue_green.steps.build import build
from localstack.cluster import Cluster
from support.pair_world import SHOP, PairWorld, caught_up, forward, run

from .conftest import MakePair

ROLE, OWNER, PASSWORD = "pair_cutover", "pair_keeper", "a secret of the tests"


@pytest.fixture
def humble(make_pair: MakePair, pg16: Cluster, pg18: Cluster) -> Iterator[PairWorld]:
    """A pair whose connections log in as the least-privilege role; green is not there yet, the shop has its owner."""
    pair = make_pair(pg16, pg18, load=False, make_green=False)
    sides: tuple[tuple[SideName, Cluster, str], ...] = (("blue", pg16, "shop"), ("green", pg18, "shop_green"))
    for side, cluster, conn_id in sides:
        info = pair.infos[conn_id]
        with contextlib.closing(cluster.connect(info.dbname if side == "blue" else "postgres")) as db:
            db.execute(least_privileges(side, ROLE, info.dbname, OWNER).encode())
            db.execute(least_privileges(side, ROLE, info.dbname, OWNER).encode())  # any number of times
            db.execute(f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
    admin = pair.blue_info
    roles, rest = SHOP.read_text().split("CREATE TYPE", 1)
    run(admin, roles)
    run(admin, f"GRANT pair_owner TO {OWNER}; GRANT pair_owner TO {ROLE}")
    run(
        admin,
        f"GRANT CREATE ON SCHEMA public TO {OWNER}, pair_owner; GRANT CREATE ON DATABASE {admin.dbname} TO {OWNER}",
    )
    run(admin, f"SET ROLE {OWNER}; CREATE TYPE{rest}")
    run(admin, "REVOKE CREATE ON SCHEMA public FROM pair_owner")  # who owns something may have lost that right since
    for conn_id in ("shop", "shop_green"):
        pair.infos[conn_id] = replace(pair.infos[conn_id], user=ROLE, password=PASSWORD)
    yield pair
    for cluster, info in ((pg16, pair.blue_info), (pg18, pair.green_info)):
        cluster.drop_database(info.dbname)
        with contextlib.closing(cluster.connect()) as db:
            for role in (ROLE, OWNER):
                db.execute(f"DROP OWNED BY {role}")
                db.execute(f"DROP ROLE {role}")


def test_the_role_is_enough(humble: PairWorld, pg18: Cluster) -> None:
    ctx = humble.begin()
    for _ in range(2):  # roles that green lacks, then those that the login cannot act as
        with pytest.raises(RolesMissing) as refused:
            build(ctx)
        assert refused.value.fix
        with contextlib.closing(pg18.connect()) as db:
            for statement in refused.value.fix.split("; "):
                if statement.startswith(("CREATE", "GRANT")):
                    db.execute(statement.encode())

    forward(ctx)
    humble.blue("UPDATE orders SET note = 'later' WHERE id % 5 = 0")
    humble.blue("DELETE FROM payments WHERE id % 3 = 0")
    caught_up(ctx)

    for table in ("customers", "orders", "payments", '"Odd Place"."A ""table"""'):
        assert humble.differing(table) == []
    # 17 knows one privilege more (m) than 16.
    owners = (
        "SELECT relname, relowner::regrole::text, replace(relacl::text, 'xtm', 'xt') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    assert humble.green(owners) == humble.blue(owners)
    public = "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'"
    assert "pair_owner" not in humble.green(public)[0][0]
    remove.everything(ctx, Ends.of(ctx))
    assert humble.leftovers() == []

"""The least-privilege role may look at everything that a verification, a sample and a watch on DDL look at."""

from __future__ import annotations

import contextlib

import pytest

from cutover.postgres.blue_green import ddl_watch, guard_wal, moment, remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.live import require
from cutover.postgres.blue_green.roles import RolesMissing
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.sample import sample
from cutover.postgres.blue_green.steps.verify import verify
from localstack.cluster import Cluster
from support.pair_world import PairWorld, forward

from .test_privileges import humble

__all__ = ["humble"]


def test_the_role_sees_what_it_has_to_judge(humble: PairWorld, pg18: Cluster) -> None:
    queries = {"queries.sql": "SELECT count(*) FROM orders"}
    suites = {"suites": ["row_counts", "integrity"], "baseline_queries": "queries.sql"}
    ctx = humble.begin(humble.spec((), queries, validate=suites))
    for _ in range(2):  # roles that green lacks, then those that the login cannot act as
        with pytest.raises(RolesMissing) as refused:
            build(ctx)
        with contextlib.closing(pg18.connect()) as db:
            for statement in (refused.value.fix or "").split("; "):
                if statement.startswith(("CREATE", "GRANT")):
                    db.execute(statement.encode())
    forward(ctx)

    seen = sample(ctx, patience=20)
    assert seen["arrived"] and seen["applying"] and seen["bytes"] is not None and seen["ddl"] == []
    found = verify(ctx)
    assert [check for check in found if not check["ok"] and check["severity"] == "error"] == []
    now = require(ctx)
    with moment.common(
        Sight(ctx, now.ends, "blue"), [table.identifier for table in now.tables if table.followed]
    ) as at:
        assert at.exact, at.why
    with now.ends.open("blue", "test") as db:
        assert guard_wal.check(ctx, db)["kept_bytes"] is not None
        humble.blue("CREATE TABLE mine (id int)")
        assert any("table public.mine is new" in change for change in ddl_watch.changes(ctx, db))
        humble.blue("DROP TABLE mine")
    remove.everything(ctx, Ends.of(ctx))

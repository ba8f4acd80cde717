"""The staging databases of the local stack: filled with a shop, and looked at before and after a rehearsal."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from cutover.connections import from_environment
from cutover.postgres.connect import connect
from cutover.postgres.task import Work
from cutover.rehearsal import likeness
from cutover.routing.pgbouncer import PgBouncerRouter
from cutover_demo import shop
from localstack.connections import variables
from localstack.databases import MIGRATOR
from localstack.stack import STAGING, Stack

ROWS = 3_000
LEFT = {
    "databases": "SELECT datname::text FROM pg_database ORDER BY 1",
    "slots": "SELECT slot_name::text FROM pg_replication_slots ORDER BY 1",
    "subscriptions": "SELECT subname::text FROM pg_subscription ORDER BY 1",
}


def prepare(stack: Stack) -> None:
    """Load a shop of :data:`ROWS` orders into staging; whatever else the stack needs is there afterwards, too."""
    stack.up(say=lambda _: None)  # as after the scheduler's death: what a demo has dropped is there again
    os.environ.update(variables(stack.connections()))
    with contextlib.closing(stack.green.connect()) as db:
        shop.roles(db, MIGRATOR)
    with contextlib.closing(stack.blue.connect(STAGING)) as db:
        shop.prepare(db, MIGRATOR)
    with connect(from_environment("shop_staging"), application="tests/load") as db:
        shop.load(db, ROWS)


def seen(stack: Stack) -> dict[str, Any]:
    """Return what must be the same in the morning: staging, what is beside it on its servers, where clients go."""
    found: dict[str, Any] = {}
    for name in ("shop_staging", "shop_green_staging"):
        found[name] = likeness.take(Work("test"), from_environment(name))
        found[name].pop("bytes")  # a vacuum makes maps of a table's pages
    for side, cluster in stack.clusters.items():
        with contextlib.closing(cluster.connect()) as db:
            for what, query in LEFT.items():
                found[f"{what} of {side}"] = db.execute(query).fetchall()
    with contextlib.closing(PgBouncerRouter(from_environment("shop_pooler_staging"))) as router:
        found["pooler"] = (router.where(), router.closed())
    return found

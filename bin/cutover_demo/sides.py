"""Both sides of the local stack and the pooler before them: as they are before any migration, and where they lead."""

from __future__ import annotations

import contextlib

from cutover.routing.pgbouncer import PgBouncerRouter
from cutover.routing.router import Place
from cutover_demo import shop
from localstack import databases
from localstack.databases import MIGRATOR
from localstack.stack import DATABASE, Stack

DESIGNS = r"SELECT datname FROM pg_database WHERE datname LIKE 'cutover\_%\_design'"
SIDES = {"blue": "shop", "green": "shop_green"}  # their connection ids


def reset(stack: Stack) -> None:
    """Drop both databases, make blue's anew with an empty schema, and lead clients there.

    Green's is left out: a migration makes it.
    """
    lead_to_blue(stack)
    for cluster in (stack.blue, stack.green):
        cluster.drop_subscriptions(DATABASE)  # on both before any slot: who still follows would hold it
    for cluster in (stack.green, stack.blue):
        cluster.drop_database(DATABASE)
    with contextlib.closing(stack.green.connect()) as db:
        for (design,) in db.execute(DESIGNS).fetchall():
            stack.green.drop_database(design)
        shop.roles(db, MIGRATOR)  # as a database team would make them before it moves a database
    databases.ensure_database(stack.blue, DATABASE, MIGRATOR)
    with contextlib.closing(stack.blue.connect(DATABASE)) as db:
        shop.prepare(db, MIGRATOR)


def lead_to_blue(stack: Stack) -> None:
    """Let the pool lead to blue, whatever an earlier migration has made of it, and hold nobody."""
    with contextlib.closing(_router(stack)) as router:
        router.resume()
        router.point(Place.of(stack.blue.info(dbname=DATABASE)))


def led_to(stack: Stack) -> str:
    """Return the side to which the pooler leads clients by its own word; with ``held`` before it where it does not."""
    with contextlib.closing(_router(stack)) as router:
        place, held = router.where(), "held " if router.paused() else ""
    return held + next(side for side, cluster in stack.clusters.items() if cluster.port == place.port)


def _router(stack: Stack) -> PgBouncerRouter:
    return PgBouncerRouter(stack.pooler.console("shop_pooler", DATABASE))

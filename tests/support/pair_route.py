"""A pooler before a pair of databases, so that live can change sides there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.pair_world import PairWorld

APP, PASSWORD, ENTRY = "pair_app", "an application's password", "pooled"


@contextlib.contextmanager
def routed(pair: PairWorld, *clusters: Cluster) -> Iterator[PgBouncer]:
    """Have a pooler lead the role ``pair_app`` to blue, as the connection ``shop_pooler``, for the block."""
    for cluster in clusters:
        ensure_role(cluster, APP, PASSWORD)
    pooler = PgBouncer(fresh_folder("pair-pooler"), {ENTRY: pair.blue_info}, {APP: PASSWORD}, "admin")
    process = pooler.start()
    pair.infos["shop_pooler"] = pooler.console("shop_pooler", ENTRY)
    try:
        yield pooler
    finally:
        process.stop()


def client(pooler: PgBouncer) -> psycopg.Connection[Any]:
    """Open an application's session."""
    info = pooler.info("app", ENTRY, APP)
    return psycopg.connect(info.conninfo(), autocommit=True, prepare_threshold=None)

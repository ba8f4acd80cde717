"""The demo's shop on a server that other tests share."""

from __future__ import annotations

import contextlib

import psycopg
from psycopg import sql

from cutover_demo import shop
from localstack.cluster import Cluster


def drop_roles(cluster: Cluster) -> None:
    """Drop the shop's roles, unless another shop needs them: roles of a superuser come along in every migration."""
    with contextlib.closing(cluster.connect()) as db:
        for role in (shop.WRITER, shop.REPORTING, shop.OWNER):
            with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                db.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))

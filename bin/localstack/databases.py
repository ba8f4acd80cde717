"""Roles and databases of the local stack: as few rights as a real deployment would give."""

from __future__ import annotations

import contextlib

from psycopg import sql

from localstack.cluster import Cluster

# What migrations run as: owns its database, sees everybody's activity, may end blockers; no superuser.
MIGRATOR = "cutover"
MIGRATOR_MEMBERSHIPS = ("pg_monitor", "pg_signal_backend", "pg_checkpoint", "pg_create_subscription")
# What the application runs as: has what it is granted.
APPLICATION = "shop_app"
# Whom it belongs to once it follows flags (include/sql/roles/flags.sql). Who moves its database to another server needs
# the group there too, and no migration here may make roles.
FOLLOWERS = "cutover_flags"


def ensure_role(
    cluster: Cluster, name: str, password: str, *, replication: bool = False, databases: bool = False
) -> None:
    """Make role ``name`` with ``password``, or set its password."""
    role = sql.Identifier(name)
    with contextlib.closing(cluster.connect()) as db:
        exists = db.execute("select from pg_roles where rolname = %s", [name]).rowcount
        verb = sql.SQL("alter role" if exists else "create role")
        options = sql.SQL(f"{'' if replication else 'no'}replication {'' if databases else 'no'}createdb")
        db.execute(sql.SQL("{} {} login {} password {}").format(verb, role, options, sql.Literal(password)))


def ensure_migrator(cluster: Cluster, password: str) -> None:
    """Make the role that migrations run as; a new schema is designed in a scratch database, so it makes databases."""
    ensure_role(cluster, MIGRATOR, password, replication=True, databases=True)
    with contextlib.closing(cluster.connect()) as db:
        groups = sql.SQL(", ").join(map(sql.Identifier, MIGRATOR_MEMBERSHIPS))
        db.execute(sql.SQL("grant {} to {}").format(groups, sql.Identifier(MIGRATOR)))
        # Columns that are filled in place must not look as if somebody had written the rows.
        db.execute(sql.SQL("grant set on parameter session_replication_role to {}").format(sql.Identifier(MIGRATOR)))


def ensure_group(cluster: Cluster, name: str) -> None:
    """Make role ``name``, as which nobody logs in."""
    with contextlib.closing(cluster.connect()) as db:
        if db.execute("select from pg_roles where rolname = %s", [name]).rowcount == 0:
            db.execute(sql.SQL("create role {}").format(sql.Identifier(name)))


def ensure_database(cluster: Cluster, name: str, owner: str) -> None:
    """Make database ``name``, owned by ``owner``."""
    if not cluster.has_database(name):
        cluster.create_database(name)
    with contextlib.closing(cluster.connect()) as db:
        db.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(owner)))

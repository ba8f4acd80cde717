"""Roles come along by name: what blue's database needs and green's server lacks is made there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError

MEMBERSHIP_OPTIONS_SINCE = 160000
NAMED = 8


class RolesMissing(CutoverError):
    """Green's server lacks roles, and the login may not make them or act as them."""

    code = "BGR031"


@dataclass(frozen=True, slots=True)
class Role:
    """A role that blue's database needs. ``owns``: something in the database is its own."""

    name: str
    super: bool
    inherits: bool
    creates_roles: bool
    creates_databases: bool
    logs_in: bool
    replicates: bool
    bypasses_policies: bool
    connections: int
    valid_until: datetime | None
    comment: str | None
    memberships: Sequence[Mapping[str, Any]]
    owns: bool


def needed(blue: Db) -> list[Role]:
    """Return the roles that blue's database needs, by name."""
    with blue.cursor(row_factory=class_row(Role)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/role_needs"), {}).fetchall()  # type: ignore[arg-type]


def ensure(blue: Db, green: Db) -> tuple[list[str], list[str]]:
    """Make the roles that green's server lacks, and let its login act as those that own something.

    :returns: names of the roles made, and remarks for a person: what could not be carried over.
    :raises RolesMissing: with the SQL for a person who may.
    """
    roles = needed(blue)
    known = {row[0] for row in green.execute("SELECT rolname FROM pg_roles")}
    missing = [role for role in roles if role.name not in known]
    remarks = _make(green, missing, _passwords(blue, missing))
    known |= {role.name for role in missing}
    for role in missing:
        for membership in role.memberships:
            remarks += _join(green, role, membership, known)
    _act_as(green, [role.name for role in roles if role.owns])
    return [role.name for role in missing], remarks


def _make(green: Db, missing: Sequence[Role], passwords: Mapping[str, str]) -> list[str]:
    if not missing:
        return []
    remarks = []
    try:
        with green.transaction():
            for role in missing:
                green.execute(_create(role, passwords.get(role.name)))
                if role.comment:
                    green.execute(
                        sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role.name), sql.Literal(role.comment))
                    )
    except psycopg.errors.InsufficientPrivilege as error:
        text = "; ".join(_create(role, None).as_string(green) for role in missing)
        names = ", ".join(role.name for role in missing[:NAMED])
        raise RolesMissing(
            f"green's server ({green.info.host}:{green.info.port}) lacks {len(missing)} roles of blue's database"
            f" ({names}{' ...' if len(missing) > NAMED else ''}), and {green.info.user!r} may not make them:"
            f" {error.diag.message_primary}.",
            fix=f"{text}; set their passwords as on blue.",
        ) from error
    for role in missing:
        lost = [
            word
            for word, has in (
                ("SUPERUSER", role.super),
                ("REPLICATION", role.replicates),
                ("BYPASSRLS", role.bypasses_policies),
            )
            if has
        ]
        if lost:
            remarks.append(f"role {role.name} was made without {', '.join(lost)}, which it has on blue")
        if role.logs_in and role.name not in passwords:
            remarks.append(f"role {role.name} was made without a password: blue's cannot be read; set it by hand")
    return remarks


def _create(role: Role, password: str | None) -> sql.Composed:
    options = [
        "LOGIN" if role.logs_in else "NOLOGIN",
        "INHERIT" if role.inherits else "NOINHERIT",
        *(["CREATEDB"] if role.creates_databases else []),
        *(["CREATEROLE"] if role.creates_roles else []),
        *([f"CONNECTION LIMIT {role.connections}"] if role.connections >= 0 else []),
    ]
    text = sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role.name), sql.SQL(" ").join(map(sql.SQL, options)))
    if password:
        text += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    if role.valid_until:
        text += sql.SQL(" VALID UNTIL {}").format(sql.Literal(role.valid_until.isoformat()))
    return text


def _passwords(blue: Db, missing: Sequence[Role]) -> dict[str, str]:
    """Return the hashes of the passwords; only a superuser reads them."""
    try:
        rows = blue.execute(
            "SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY (%s) AND rolpassword IS NOT NULL",
            ([role.name for role in missing],),
        )
        return {row[0]: row[1] for row in rows}
    except psycopg.errors.InsufficientPrivilege:
        return {}


def _join(green: Db, role: Role, membership: Mapping[str, Any], known: set[str]) -> list[str]:
    group = str(membership["group"])
    if group not in known:
        return [f"role {role.name} is a member of {group} on blue, which green's server does not know"]
    options = [("ADMIN", membership.get("admin_option"))]
    if green.info.server_version >= MEMBERSHIP_OPTIONS_SINCE:
        options += [("INHERIT", membership.get("inherit_option")), ("SET", membership.get("set_option"))]
    given = [f"{name} {'TRUE' if value else 'FALSE'}" for name, value in options if value is not None]
    grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role.name))
    if green.info.server_version >= MEMBERSHIP_OPTIONS_SINCE:
        grant += sql.SQL(" WITH ") + sql.SQL(", ").join(map(sql.SQL, given))
    elif membership.get("admin_option"):
        grant += sql.SQL(" WITH ADMIN OPTION")
    try:
        green.execute(grant)
    except psycopg.errors.InsufficientPrivilege as error:
        return [f"not granted ({error.diag.message_primary}): {grant.as_string(green)}"]
    return []


def _act_as(green: Db, owners: Sequence[str]) -> None:
    """Objects are handed to their owners and changes applied in their names: the login must be able to act as them."""
    check = "SET" if green.info.server_version >= MEMBERSHIP_OPTIONS_SINCE else "MEMBER"
    barred = [name for name in owners if not _may(green, name, check)]
    grants = [_grant_self(green, name) for name in barred]
    for grant in grants:
        try:
            green.execute(grant)
        except psycopg.errors.InsufficientPrivilege as error:
            raise RolesMissing(
                f"{green.info.user!r} cannot act as {', '.join(barred[:NAMED])} on green's server, to whom blue's"
                f" objects belong: {error.diag.message_primary}.",
                fix="; ".join(grant.as_string(green) for grant in grants),
            ) from error


def _may(green: Db, name: str, check: str) -> bool:
    row = green.execute("SELECT pg_has_role(%s, %s) AND pg_has_role(%s, 'USAGE')", (name, check, name)).fetchone()
    return bool(row and row[0])


def _grant_self(green: Db, name: str) -> sql.Composed:
    grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(name), sql.Identifier(green.info.user))
    if green.info.server_version >= MEMBERSHIP_OPTIONS_SINCE:
        grant += sql.SQL(" WITH INHERIT TRUE, SET TRUE")
    return grant

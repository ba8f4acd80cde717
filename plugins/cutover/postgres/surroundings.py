"""What belongs to a database and is no part of its schema: settings, privileges, owner, comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db


@dataclass(frozen=True, slots=True)
class Setting:
    """``ALTER DATABASE .. SET`` or, with a role, ``ALTER ROLE .. IN DATABASE .. SET``."""

    role: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Privilege:
    """What a role (everybody: '') may do with the database."""

    privilege: str
    role: str
    further: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one database has of all that."""

    owner: str
    comment: str | None
    settings: tuple[Setting, ...]
    privileges: tuple[Privilege, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-safe. Settings may hold what is nobody's business."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Surroundings:
        settings = tuple(Setting(**each) for each in data["settings"])
        return cls(data["owner"], data["comment"], settings, tuple(Privilege(**each) for each in data["privileges"]))


def look(db: Db) -> Surroundings:
    """Read them."""
    row = db.execute(
        "SELECT pg_get_userbyid(datdba)::text, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = current_database()"
    ).fetchone()
    assert row is not None, "a session is in a database"
    owner, comment = row
    return Surroundings(owner, comment, tuple(_settings(db)), tuple(_privileges(db)))


def carry(blue: Db, green: Db, *, made: bool) -> list[str]:
    """Give green's database what blue's has; see :func:`give`."""
    return give(green, look(blue), made=made)


def give(db: Db, wanted: Surroundings, *, made: bool) -> list[str]:
    """Give the database of ``db`` what another one has or had; returns remarks on what could not be given.

    :param made: we have made the database, so the owner is carried over as well.
    """
    remarks = [remark for setting in wanted.settings if (remark := _set(db, setting))]
    there = _privileges(db)
    database = sql.Identifier(db.info.dbname)
    for new in [each for each in wanted.privileges if each not in there]:
        remarks += _grant(db, new, database)
    gone = [each for each in there if each not in wanted.privileges and not each.role]  # what others were given stays
    for each in gone:
        remarks += _run(db, sql.SQL("REVOKE {} ON DATABASE {} FROM {}").format(*_parts(each, database)))
    if wanted.comment:
        remarks += _run(db, sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(wanted.comment)))
    if made and wanted.owner != db.info.user:
        remarks += _run(db, sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(wanted.owner)))
        # While the login owned it, what it was granted was the owner's, and went with that.
        for own in [each for each in wanted.privileges if each.role == db.info.user]:
            remarks += _grant(db, own, database)
    return remarks


def _settings(db: Db) -> list[Setting]:
    with db.cursor(row_factory=class_row(Setting)) as cursor:
        return cursor.execute(sqlfiles.text("database/settings").encode()).fetchall()


def _privileges(db: Db) -> list[Privilege]:
    with db.cursor(row_factory=class_row(Privilege)) as cursor:
        return cursor.execute(sqlfiles.text("database/privileges").encode()).fetchall()


def _parts(each: Privilege, database: sql.Identifier) -> tuple[sql.SQL, sql.Identifier, sql.Composable]:
    who: sql.Composable = sql.Identifier(each.role) if each.role else sql.SQL("PUBLIC")
    return sql.SQL(each.privilege), database, who  # type: ignore[arg-type]  # the server's own word


def _grant(db: Db, new: Privilege, database: sql.Identifier) -> list[str]:
    statement = sql.SQL("GRANT {} ON DATABASE {} TO {}").format(*_parts(new, database))
    return _run(db, statement + sql.SQL(" WITH GRANT OPTION" if new.further else ""))


def _set(db: Db, setting: Setting) -> str | None:
    """Take the value over as the catalog has it: lists are quoted there already, and would be quoted twice."""
    name = sql.SQL(".").join(map(sql.Identifier, setting.name.split(".")))
    database = sql.Identifier(db.info.dbname)
    target = (
        sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(setting.role), database)
        if setting.role
        else sql.SQL("DATABASE {}").format(database)
    )
    statement = sql.SQL("ALTER {} SET {} FROM CURRENT").format(target, name)
    try:
        with db.transaction():
            db.execute("SELECT set_config(%s, %s, true)", (setting.name, setting.value))
            db.execute(statement)
    except psycopg.Error as error:
        wanted = sql.SQL("ALTER {} SET {} = {}").format(target, name, sql.Literal(setting.value)).as_string(db)
        return f"not done ({error.diag.message_primary}): {wanted}"
    return None


def _run(db: Db, statement: sql.Composed) -> list[str]:
    try:
        db.execute(statement)
    except psycopg.Error as error:
        return [f"not done ({error.diag.message_primary}): {statement.as_string(db)}"]
    return []

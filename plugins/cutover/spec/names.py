"""Which names are taken: of migrations, tables, columns, connections. Everything else is refused, with the reason.

Table and column names are written exactly as they are in the catalog, without quotes and without case folding:
``public.Invoice Line`` is the table that SQL calls ``public."Invoice Line"``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

MIGRATION = r"^[a-z][a-z0-9_]{0,47}$"
CONNECTION = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}$"
URL = r"^https?://[^\s@/]+(/[^\s@]*)?$"
MAX_BYTES = 63  # NAMEDATALEN - 1; the server would cut a longer name silently
# What would need escaping in one of the places that a name is shown or composed in.
_UNSAFE = {'"': "a double quote", "'": "a quote", "`": "a backquote", "\\": "a backslash", "%": "a percent sign"}
_OURS = re.compile(r"^(?:pg_.*|information_schema|cutover|cutover_journal|cutover_sync|cutover_(?:new|old)_.*)$")


def refusal(what: str, fix: str | None = None) -> PydanticCustomError:
    """Return the error that the loader shows as ``what`` with ``fix``."""
    return PydanticCustomError("cutover", "{what}", {"what": what, "fix": fix})


def check_identifier(value: str) -> str:
    """Return ``value`` when it can be the name of a schema, table or column."""
    if not value:
        raise refusal("an empty name")
    if value != value.strip():
        raise refusal(f"{value!r} begins or ends with a blank", f"write {value.strip()!r}")
    for char in value:
        if char in _UNSAFE:
            raise refusal(f"{value!r} has {_UNSAFE[char]}", "write the name as in the catalog, without quotes")
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise refusal(f"{value!r} has a control character", "remove it")
    if len(value.encode()) > MAX_BYTES:
        raise refusal(f"{value!r} is longer than {MAX_BYTES} bytes", "the server cuts names there: write the cut name")
    return value


def split_table(value: str) -> tuple[str, str]:
    """Return ``(schema, table)``; a name without a schema is one of ``public``."""
    schema, dot, table = value.partition(".")
    return (schema, table) if dot else ("public", value)


def check_table(value: str) -> str:
    """Return ``value`` when it is ``table`` or ``schema.table``, and no schema of the server's or ours."""
    if value.count(".") > 1:
        raise refusal(f"{value!r} has more than one dot", "write schema.table; names with dots are not supported")
    schema, table = split_table(value)
    check_identifier(schema)
    check_identifier(table)
    if _OURS.match(schema):
        raise refusal(f"schema {schema!r} belongs to the server or to Cutover", "name a table of the application")
    return value


def check_connection(value: str) -> str:
    """Return ``value`` when it is a connection id; a refused value is not shown, it may be a URL with a password."""
    if not re.match(CONNECTION, value):
        raise refusal(
            "no connection id",
            "write the id of an Airflow connection (letters, digits, _ - .); host and password live only there",
        )
    return value


def check_url(value: str) -> str:
    """Return ``value`` when it is a URL without a login; a refused value is not shown, it may hold a password."""
    if not re.fullmatch(URL, value):
        raise refusal(
            "no URL that can be called",
            "write http://... or https://..., without user and password; a call that needs a secret goes by connection",
        )
    return value


def check_migration(value: str) -> str:
    if not re.fullmatch(MIGRATION, value):
        raise refusal(
            f"{value[:80]!r} is no name for a migration",
            "use small letters, digits and _, beginning with a letter, at most 48, as the folder is named",
        )
    return value


def check_line(value: str) -> str:
    """Return ``value`` when it fits on a line of a form or a message."""
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in value):
        raise refusal("has a line break or a control character", "write one line")
    if not value.strip():
        raise refusal("is empty", "write something that people recognise")
    return value


Identifier = Annotated[str, AfterValidator(check_identifier), Field(json_schema_extra={"maxLength": MAX_BYTES})]
TableName = Annotated[str, AfterValidator(check_table), Field(examples=["public.leads", "Invoice Line"])]
ConnectionId = Annotated[str, AfterValidator(check_connection), Field(json_schema_extra={"pattern": CONNECTION})]
Url = Annotated[str, AfterValidator(check_url), Field(max_length=1000, json_schema_extra={"pattern": URL})]
MigrationName = Annotated[str, AfterValidator(check_migration), Field(json_schema_extra={"pattern": MIGRATION})]
Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(check_line)]

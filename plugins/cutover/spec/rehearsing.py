"""The part of a spec that says how it is rehearsed: on which staging databases, as copies of what, without what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cutover.spec.names import ConnectionId, Identifier, Line, TableName
from cutover.spec.parts import Expression, Part

# The connection `shop` is rehearsed on `shop_staging`, unless the spec names another one.
SUFFIX = "_staging"


class Rehearse(Part):
    """Where and how the nightly dry run rehearses the migration."""

    skip: Line | None = Field(
        default=None, description="Why the migration is not rehearsed; left out: it is, every night until it is done."
    )
    staging: dict[ConnectionId, ConnectionId] = Field(
        default_factory=dict,
        description="For a connection id of this spec: the one that stands for it in a rehearsal; left out: the same id"
        f" with `{SUFFIX}` behind it.",
    )
    clone: Literal["template", "point", "none"] = Field(
        default="template",
        description="What is migrated. `template`: copies of the staging databases (CREATE DATABASE ... TEMPLATE;"
        " nobody may be connected to them at that moment). `point`: the newest rollback point of `source`, restored"
        " on the staging server. `none`: the staging databases themselves, which are taken back at the end.",
    )
    mask: dict[TableName, dict[Identifier, Expression]] = Field(
        default_factory=dict,
        description="Sensitive columns, by table: each is set to the SQL expression over its row before anything else"
        " sees the copy.",
    )
    leave_out: list[TableName] = Field(
        default_factory=list, description="Sensitive tables: the copy has none of their rows."
    )
    compare: bool = Field(
        default=True,
        strict=True,
        description="Whether rows and schema are compared with what they were, once the rehearsal has gone back.",
    )

    def stand_in(self, conn_id: str) -> str:
        """Return the connection id that stands for ``conn_id`` in a rehearsal."""
        return self.staging.get(conn_id, f"{conn_id}{SUFFIX}")

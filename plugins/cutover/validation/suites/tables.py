"""What suites look at: the judged table, and the live one that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """One table of a migration, as the suites see it.

    :ivar label: its name, as people know it (``"public.leads"``).
    :ivar subject: the table that is judged (before a swap: the shadow), as (schema, name).
    :ivar live: the table that it is compared with, and whose constraints must hold; equal to ``subject`` where there
        is no other.
    :ivar key: key columns of the subject, in key order; ``live_key`` those of the live table.
    :ivar pending: relation of touched keys (``k1`` ... ``kn``, ``op``), whose rows are still on their way. Suites do
        not see them on either side, so that what they compare is comparable.
    """

    label: str
    subject: tuple[str, str]
    live: tuple[str, str]
    key: tuple[str, ...] = ()
    live_key: tuple[str, ...] = ()
    pending: sql.Composable | None = None

    def __post_init__(self) -> None:
        if self.pending is not None and not (self.key and self.live_key):
            raise ValueError(f"{self.label}: a log of touched keys needs the keys of both tables.")

    def rows(self, *, live: bool) -> sql.Composable:
        """Return a query for the rows of one side that are not on their way."""
        name, key = (self.live, self.live_key) if live else (self.subject, self.key)
        query = sql.SQL("SELECT * FROM {} AS t").format(sql.Identifier(*name))
        if self.pending is None:
            return query
        return sql.SQL("{} WHERE NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
            query, self.pending, self._touches(key, "t")
        )

    def in_flight(self) -> sql.Composable:
        """Return a query for the live rows that are on their way to the subject."""
        query = sql.SQL("SELECT * FROM {} AS t WHERE ").format(sql.Identifier(*self.live))
        if self.pending is None:
            return query + sql.SQL("false")
        touched = self._touches(self.live_key, "t")
        return query + sql.SQL("EXISTS (SELECT FROM {} AS p WHERE {})").format(self.pending, touched)

    def _touches(self, key: tuple[str, ...], alias: str) -> sql.Composable:
        # Keys may have changed their type (int -> bigint): the texts of both are the same, whatever the types.
        return sql.SQL(" AND ").join(
            sql.SQL('CAST(p.{} AS text) COLLATE "C" = CAST({} AS text)').format(
                sql.Identifier(f"k{n}"), sql.Identifier(alias, column)
            )
            for n, column in enumerate(key, start=1)
        )

"""How the online strategy names what it creates: everything carries the run's number, nothing clashes."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

STATE_SCHEMA = "cutover"
CAPTURE_TRIGGERS = (
    "cutover_capture_insert",
    "cutover_capture_update",
    "cutover_capture_delete",
    "cutover_capture_key",
    "cutover_capture_truncate",
)


def cut(name: str) -> str:
    """Shorten a name to the 63 bytes of a Postgres identifier, as the server would."""
    return name.encode()[:63].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one table's objects in one run.

    :param number: the run's number in the journal.
    :param ordinal: the table's place in the spec, from 1.
    """

    number: int
    ordinal: int
    schema: str
    table: str

    @property
    def new_schema(self) -> str:
        return cut(f"cutover_new_{self.number}_{self.schema}")

    @property
    def old_schema(self) -> str:
        return cut(f"cutover_old_{self.number}_{self.schema}")

    @property
    def archive_schema(self) -> str:
        """Where the old table stays after finalize, if it is kept."""
        return cut(f"cutover_archive_{self.number}_{self.schema}")

    @property
    def live(self) -> sql.Identifier:
        """The name that applications use, whichever table has it."""
        return sql.Identifier(self.schema, self.table)

    @property
    def shadow(self) -> sql.Identifier:
        """The shadow table before the swap."""
        return sql.Identifier(self.new_schema, self.table)

    @property
    def old(self) -> sql.Identifier:
        """The original table after the swap."""
        return sql.Identifier(self.old_schema, self.table)

    def log(self, live: str) -> sql.Identifier:
        """The log of touched keys while ``live`` (``original`` or ``shadow``) is the live side."""
        return sql.Identifier(STATE_SCHEMA, f"log_{self.number}_{self.ordinal}_{live}")

    def function(self, live: str, event: str) -> sql.Identifier:
        """The capture function for one kind of statement."""
        return sql.Identifier(STATE_SCHEMA, f"capture_{self.number}_{self.ordinal}_{live}_{event}")

    @property
    def fill(self) -> sql.Identifier:
        """The backfill's checkpoints."""
        return sql.Identifier(STATE_SCHEMA, f"fill_{self.number}_{self.ordinal}")

    @property
    def stuck(self) -> sql.Identifier:
        """Keys whose row the follower refused, with the reason."""
        return sql.Identifier(STATE_SCHEMA, f"stuck_{self.number}_{self.ordinal}")

    def follower(self, live: str) -> sql.Identifier:
        """The table that follows while ``live`` is the live side."""
        return self.shadow if live == "original" else self.old

"""The runs that a form lists: asked for while a DAG file is parsed, so quickly or not at all."""

from __future__ import annotations

from dataclasses import replace

from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.journal.records import Run
from cutover.postgres.connect import connect

CONNECT_SECONDS = 2
LIMIT = 50


def recent_runs(info: ConnectionInfo, strategy: str | None, states: list[str]) -> list[Run]:
    """Return up to 50 runs, the newest first; gives up after 2 s for the connection and 1 s for the answer.

    :raises ConnectionRefused: the journal cannot be reached.
    :raises psycopg.Error: it does not answer in time, or there is no journal yet.
    """
    quick = replace(info, extra={**info.extra, "connect_timeout": str(CONNECT_SECONDS), "tcp_user_timeout": "2000"})
    with connect(quick, application="cutover/form", statement_timeout="1s", lock_timeout="1s") as db:
        cursor = db.cursor(row_factory=dict_row)
        asked = {"strategy": strategy, "states": states, "migration": None, "limit": LIMIT, "dry_run": False}
        return [Run(**row) for row in cursor.execute(sqlfiles.text("journal/runs"), asked)]  # type: ignore[arg-type]

"""Takes one turn of announcements in a process to be killed: ``python -m support.announcing_child CONNINFO BEGINS``."""

from __future__ import annotations

import os
import sys
from datetime import datetime

from psycopg.conninfo import conninfo_to_dict

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from support.announcing import URL, migration, turn


def main() -> None:
    given = conninfo_to_dict(sys.argv[1])
    host, dbname = str(given["host"]), str(given["dbname"])
    user, password = given.get("user"), given.get("password")
    info = ConnectionInfo(
        "journal", host, int(given["port"] or 5432), str(user), str(password) if password else None, dbname
    )
    turn(Journal(info), os.environ[URL], [migration(datetime.fromisoformat(sys.argv[2]))])


if __name__ == "__main__":
    main()

"""The song requests as an application of the demo: how they are loaded, what works on them, what has to be there."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cutover.connections import from_environment
from cutover.flags import FlagStore
from cutover.flags.role_sql import least_privileges
from cutover_demo.accounts_app import audit
from cutover_demo.accounts_app.instance import MIGRATION, run
from cutover_demo.accounts_app.spec import SOURCE
from cutover_demo.application import Session
from cutover_demo.crowd import Crowd, CrowdVerdict
from cutover_demo.fleet import Fleet
from cutover_demo.shop import Progress
from cutover_demo.statements import statement
from cutover_demo.verdict import Observed
from localstack.databases import APPLICATION, MIGRATOR
from localstack.stack import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

    from cutover_demo.options import Options
    from cutover_demo.stage import Stage
    from localstack.stack import Stack

# Moments in JSON are in the session's time zone.
SESSION = "-c timezone=UTC"


class AccountsApplication:
    """See :class:`cutover_demo.application.Application`."""

    def called(self, rows: int) -> str:
        return f"song requests with {rows:,} rows in seven tables"

    def load(self, stack: Stack, db: Session, rows: int, say: Progress) -> None:
        """Make roles and tables as accounts_4 has them, the demo's own table of tokens, and the flag."""
        with contextlib.closing(stack.blue.connect(DATABASE)) as admin:
            admin.execute(least_privileges(MIGRATOR, DATABASE, APPLICATION).encode())
        say("the seven tables")
        db.execute("SET search_path = public")
        db.execute("SELECT set_config('demo.rows', %s, false)", (str(rows),))
        for name in ("old", "seed"):
            db.execute((SOURCE / f"{name}.sql").read_bytes())
        db.execute(statement("accounts/schema").encode())
        FlagStore(from_environment("shop")).create(MIGRATION, by="demo")

    def untouched(self, db: Session) -> tuple[int, str]:
        return audit.untouched(db, "old")

    def fleet(self, stage: Stage, options: Options, ledger: Path) -> Fleet:
        stack = stage.stack
        login = stack.blue.info("requests", DATABASE, APPLICATION, stack.vault.get(APPLICATION))
        conninfo = login.conninfo(options=SESSION)
        return Fleet(conninfo, ledger, writers=options.writers, tps=options.tps, work=run)

    def observe(self, db: Session, untouched_before: tuple[int, str]) -> Observed:
        return audit.observe(db, live(), untouched_before)

    def judge(self, others: Sequence[Crowd], db: Session) -> CrowdVerdict:
        return CrowdVerdict()


def live() -> str:
    """Return the side that the flag says is read in the end: ``old`` or ``new``."""
    return "old" if FlagStore(from_environment("shop")).get(MIGRATION).mode.writes_old else "new"


ACCOUNTS = AccountsApplication()

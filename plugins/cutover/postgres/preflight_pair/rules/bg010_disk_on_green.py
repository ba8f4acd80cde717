"""BG010: green's disk has room for a second database."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight import disk
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending, size

WORTH_A_WARNING = 2**30
FACTOR = 2


class DiskOnGreen(PairRule):
    code = "BG010"
    title = f"Green's disk has room for {FACTOR} times what blue takes"
    severities = ("error", "warning", "info")
    why = (
        "The copy takes about what blue takes, less its bloat; the WAL that it writes, the sorts of the indexes and the"
        " writes of the first days take as much again. PostgreSQL shows nobody how much room a disk has left. Where the"
        " setting `cutover.disk_limit` of green's database or server says how large its tablespace may grow (the"
        " volume's size, less what logs need), the comparison is made here, and a run that would not fit is refused."
        " From 1 GiB on it is a warning."
    )
    mend = "ALTER DATABASE shop SET cutover.disk_limit = '500GB';"

    def check(self, pair: Pair) -> Iterator[Finding]:
        taken, server = pair.blue.server.database_bytes, pair.green.server
        if taken is None:
            return
        needed = FACTOR * taken
        limit = disk.limit(server.disk_limit)
        name = f"tablespace {server.tablespace} of green"
        takes = f"blue takes {size(taken)}; {size(needed)} should be free"
        if server.disk_limit and limit is None:
            yield self.error(name, f"cutover.disk_limit = {server.disk_limit!r} is no size.", self._set(pair, "500GB"))
        elif limit is not None:
            used = server.tablespace_bytes - (server.database_bytes or 0 if not pair.green.missing else 0)
            message = f"{takes}; {size(used)} of {size(limit)} (cutover.disk_limit) are in use by others."
            if used + needed > limit:
                fix = "free or add disk, then raise the limit: " + self._set(pair, "...")
                yield self.error(name, message, fix)
            else:
                yield self.info(name, message)
        else:
            report = self.warning if needed >= WORTH_A_WARNING else self.info
            message = (
                f"{takes}. Free space is not visible from SQL: compare it with the volume (df, or the provider's page)."
            )
            yield report(name, message, f"to have it compared here: {self._set(pair, '500GB')}")

    def _set(self, pair: Pair, value: str) -> str:
        return mending(
            "ALTER DATABASE {d} SET cutover.disk_limit = {v};", d=pair.green.server.database, v=sql.Literal(value)
        )

"""PF038: there is room for the new table beside the old one."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight import disk
from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending, size

WORTH_A_WARNING = 2**30


class DiskSpace(Rule):
    code = "PF038"
    title = "There is room for the new table beside the old one"
    severities = ("error", "warning", "info")
    why = (
        "Old and new table stand side by side until the run is finalized, and the copy writes about as much WAL"
        " as it writes rows; slots and standbys may keep that WAL. PostgreSQL shows nobody how much room a disk"
        " has left, so the figure is given for a person to compare. Where the setting `cutover.disk_limit` of the"
        " database says how large a tablespace may grow (the volume's size, less what WAL and logs need), the"
        " comparison is made here, and a run that would not fit is refused. From 1 GiB on it is a warning."
    )
    mend = "ALTER DATABASE shop SET cutover.disk_limit = '500GB';"

    def check(self, facts: Facts) -> Iterator[Finding]:
        limit = disk.limit(facts.server.disk_limit)
        if facts.server.disk_limit and limit is None:
            message = f"cutover.disk_limit = {facts.server.disk_limit!r} is no size."
            yield self.error(f"database {facts.server.database}", message, self._set(facts, "500GB"))
        for space, bytes_needed in disk.needed(facts).items():
            yield self._of(facts, space, bytes_needed, limit)

    def _of(self, facts: Facts, space: str, bytes_needed: int, limit: int | None) -> Finding:
        name = f"tablespace {space}"
        used = facts.tablespaces.get(space)
        takes = (
            f"the run needs about {size(bytes_needed)} more on it, until it is finalized, and as much WAL while"
            " it copies"
        )
        if limit is not None and used is not None:
            if used + bytes_needed > limit:
                message = f"{takes}; {size(used)} are in use, and cutover.disk_limit is {size(limit)}."
                return self.error(name, message, "free or add disk, then raise the limit: " + self._set(facts, "..."))
            return self.info(name, f"{takes}; {size(used)} of {size(limit)} (cutover.disk_limit) are in use.")
        in_use = f" ({size(used)} are in use)" if used is not None else ""
        message = (
            f"{takes}{in_use}. Free space is not visible from SQL: compare it with the volume (df, or the"
            " provider's page)."
        )
        report = self.warning if bytes_needed >= WORTH_A_WARNING else self.info
        return report(name, message, f"to have it compared here: {self._set(facts, '500GB')}")

    def _set(self, facts: Facts, value: str) -> str:
        return mending(
            "ALTER DATABASE {d} SET cutover.disk_limit = {v};", d=facts.server.database, v=sql.Literal(value)
        )

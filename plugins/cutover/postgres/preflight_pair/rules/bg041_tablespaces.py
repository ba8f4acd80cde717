"""BG041: tablespaces."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed, mending


class Tablespaces(PairRule):
    code = "BG041"
    title = "Green's server has the tablespaces that tables lie in"
    severities = ("error", "info")
    why = (
        "A tablespace is a folder of one server; tables are made on green in the one of the same name, which has to be"
        " there, and open to the role. Where it shall be another one, move the table on blue, or there in `schema: up:`"
        " once both are known."
    )
    mend = "CREATE TABLESPACE slow OWNER cutover LOCATION '/mnt/slow/18'; -- on green's server"

    def check(self, pair: Pair) -> Iterator[Finding]:
        spaces: dict[str, list[str]] = {}
        for table in pair.blue.structure.tables.values():
            if table.relation.tablespace:
                spaces.setdefault(table.relation.tablespace, []).append(table.label)
        for space, tables in sorted(spaces.items()):
            there = pair.green.tablespaces.get(space)
            role, name = pair.green.server.role, f"tablespace {space}"
            if there is None:
                message = f"{listed(tables)} lie there on blue, and green's server does not have it."
                fix = mending("CREATE TABLESPACE {s} OWNER {r} LOCATION '...';", s=space, r=role)
                yield self.error(name, message, f"{fix} -- on green's server")
            elif not there.usable:
                message = f"role {role} may make nothing there on green's server."
                yield self.error(name, message, mending("GRANT CREATE ON TABLESPACE {s} TO {r};", s=space, r=role))
            else:
                yield self.info(name, f"{listed(tables)} will lie there on green, too.")

"""BG017: the role acts for the owners of all tables and sequences of blue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed, mending


class OwnershipOnBlue(PairRule):
    code = "BG017"
    title = "The role has the rights of every owner on blue"
    severities = ("error",)
    why = (
        "Only an owner can publish a table, and put a fence on it that keeps writers out; every table needs one, or"
        " some writes would reach the wrong side. Sequences are read in the cutover and set on the way back. The role"
        " has to be able to act as the owner, too (SET), because changes that flow back are applied in the owner's"
        " name. There is no lesser grant for any of it."
    )
    mend = 'GRANT shop_owner TO "cutover";'

    def check(self, pair: Pair) -> Iterator[Finding]:
        lacking: dict[str, list[str]] = defaultdict(list)
        for table in pair.blue.structure.tables.values():
            if not (table.relation.owned and table.relation.settable):
                lacking[table.relation.owner].append(table.label)
        for sequence in pair.blue.sequences:
            if not sequence.controlled:
                lacking[sequence.owner].append(f"{sequence.schema}.{sequence.name}")
        role = pair.blue.server.role
        for owner, names in sorted(lacking.items()):
            message = f"role {role} cannot act as {owner}, to whom {listed(names)} belong."
            fix = mending("GRANT {owner} TO {role};", owner=owner, role=role)
            if pair.blue.server.major >= 16:
                fix = mending("GRANT {owner} TO {role} WITH INHERIT TRUE, SET TRUE;", owner=owner, role=role)
            yield self.error(pair.blue.label, message, fix)

"""BG033: sequences are carried in the cutover."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed


class Sequences(PairRule):
    code = "BG033"
    title = "Sequences are carried in the cutover"
    severities = ("error", "info")
    why = (
        "Replication does not carry sequences. In the cutover, once nobody can write on the old side, each one's exact"
        " state (last_value, is_called) is set on the new side: of identity columns, serials and free ones alike, also"
        " of those that count down or cycle. On the way back the same happens the other way round. A sequence that the"
        " role may not read would start from the beginning, and collide."
    )
    mend = 'GRANT SELECT ON SEQUENCE public.tickets TO "cutover";'

    def check(self, pair: Pair) -> Iterator[Finding]:
        sequences = pair.blue.sequences
        hidden = [f"{s.schema}.{s.name}" for s in sequences if not (s.readable or s.controlled)]
        if hidden:
            message = f"role {pair.blue.server.role} may not read {listed(hidden)}."
            owners = sorted({s.owner for s in sequences if not s.readable})
            fix = " ".join(f'GRANT "{owner}" TO "{pair.blue.server.role}";' for owner in owners)
            yield self.error(pair.blue.label, message, fix)
        if sequences:
            special = [
                f"{s.schema}.{s.name} ({'cycles' if s.cycles else 'counts down'})"
                for s in sequences
                if s.cycles or s.descends
            ]
            free = sum(not s.owned for s in sequences)
            message = f"{len(sequences)} sequences, {free} of them of no column, are set in the cutover."
            more = f" Special: {listed(special)}." if special else ""
            yield self.info(pair.blue.label, message + more)

"""What the plan says otherwise where a flag leads applications from one database to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cutover.postgres.plan.words import code, prose, span
from cutover.postgres.plan_pair.model import PairStep
from cutover.postgres.preflight_pair.facts import Pair

NOTHING = "nothing"
OBJECTIVE = (
    "A second database is built and filled beside the live one, and follows every write. Applications follow a flag: it"
    " moves their reads over in steps, which are then as far behind as the lag, and in the end, in a moment in which"
    " nobody writes, their writes. They write one side at a time; replication writes the other."
)


@dataclass(frozen=True, slots=True)
class PairFlags:
    """Where the flag is, and how reads move.

    :param shadow: percent of reads asked of both sides. :param hold: seconds for which each step is watched.
    """

    store: str
    instances: int
    shadow: float
    steps: list[float]
    hold: float

    @property
    def watched(self) -> float:
        """Seconds in which reads are watched, all together."""
        return self.hold * (1 + len(self.steps))


def flags_of(pair: Pair, store: str) -> PairFlags:
    """Return what the spec says of them."""
    reads = pair.spec.reads
    return PairFlags(store, pair.spec.flags.instances, reads.shadow, list(reads.steps), reads.hold.total_seconds())


def head(flags: PairFlags, migration: str) -> str:
    """Return the line that names the flag."""
    return f"- Flag: {code(migration)} in {prose(flags.store)}; at least {flags.instances} instances follow it"


def steps(found: list[PairStep], flags: PairFlags) -> Iterator[PairStep]:
    """Yield the steps of the dual_write strategy, made from those of the blue_green one."""
    by_name = {step.name: step for step in found}
    shares, watched = ", ".join(f"{share:g} %" for share in flags.steps), f"{span(flags.hold)} each"
    yield replace(by_name["build"], name="build_new_side")
    yield PairStep("write_both", "the flag says `dual_write_read_old`; every live instance works by it", NOTHING, "-")
    for name in ("copy", "index", "follow"):
        yield replace(by_name[name], name=f"backfill: {name}")
    yield by_name["verify"]
    shadow = f"{flags.shadow:g} % of the reads are asked of both sides"
    yield PairStep("shadow_reads", shadow, NOTHING, span(flags.hold))
    yield PairStep("read_new", f"`dual_write_read_new`: {shares} of the reads are answered by green", NOTHING, watched)
    yield replace(
        by_name["cut over"],
        name="new_only",
        what="holds the flag; raises blue's fence; waits until green has everything; sets the sequences; the flag says"
        " `new_only`",
    )
    yield replace(by_name["watch"], what="instances work by the flag; green is written; blue follows green")
    yield by_name["finalize"]


def affected() -> Iterator[str]:
    """Yield who notices what, beside those who do not follow the flag."""
    yield (
        "Applications that follow the flag: for a moment they begin nothing but reading. From `read_new` on, and until"
        " `new_only`, a share of their reads is as old as the lag: what was just written may not be there yet."
    )


def way_back(window: float) -> Iterator[str]:
    """Yield how it is taken back."""
    yield "- Until `new_only`: the flag goes back one mode at a time, then green is emptied; blue had every write."
    yield (
        f"- After it: blue follows every write on green for {span(window)}. `rollback_dual_write` turns the writes back"
        " in a moment like the one before, then the flag; nothing that was written since is lost."
    )

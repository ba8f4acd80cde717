"""Run every rule over one look at both databases."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace

from cutover.context import Db, RunContext
from cutover.errors import ConnectionUnknown
from cutover.journal.errors import RunUnknown
from cutover.postgres import maintenance
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.preflight.gather import NEWEST, OLDEST
from cutover.postgres.preflight_pair import gather, router, trial
from cutover.postgres.preflight_pair.facts import Archive, Pair, PairLimits, Reach, RouterFacts, Side
from cutover.postgres.preflight_pair.reach import reach
from cutover.postgres.preflight_pair.rules import all_rules
from cutover.postgres.preflight_pair.survival import Survival

# The rules that judge the servers alone: all that can be said where a catalog is not understood.
ALONE = frozenset({"BG001"})
# These judge the router; where a flag leads clients, or nothing does, there is none.
ROUTER = frozenset({"BG052", "BG053", "BG054", "BG055"})
CATCH_ALL = "BG076"


def look(ctx: RunContext, limits: PairLimits | None = None, *, replicating: bool = True) -> Pair:
    """Return the facts of both sides, the router and the migration's SQL; changes nothing.

    :param replicating: the servers are to reach each other.
    :raises ConnectionRefused: a side cannot be reached, or refuses the login.
    :raises TargetMissing: the spec names no target.
    """
    limits = limits or limits_of(ctx)
    with gather.session(ctx, "blue") as (here, _):
        blue = gather.side(ctx, here, "blue", limits)
        green, reaches = _green(ctx, here, blue, limits, replicating=replicating)
        survival = (
            trial.try_out(ctx, here, blue, green, limits) if _understood(blue, green) else Survival(reason="versions")
        )
    console = ctx.resolve(ctx.spec.router) if ctx.spec.router else None
    return Pair(
        ctx.spec,
        limits,
        blue,
        green,
        router.look(console, blue.info) if console else RouterFacts("no router"),
        reaches,
        survival,
        _archive(ctx),
        tuple(other_runs(ctx)),
    )


def limits_of(ctx: RunContext) -> PairLimits:
    """Return the usual limits, for the run that asks; a draft, of which no journal knows, has no number."""
    try:
        return PairLimits(run_id=ctx.run_id, run_number=ctx.journal.get_run(ctx.run_id).number)
    except RunUnknown:
        return PairLimits(run_id=ctx.run_id)


def _green(
    ctx: RunContext, here: Db, blue: Side, limits: PairLimits, *, replicating: bool
) -> tuple[Side, tuple[Reach, ...]]:
    """Look at green, and let both servers reach for each other; its session ends before the trial begins."""
    with gather.session(ctx, "green") as (there, missing):
        green = gather.side(ctx, there, "green", limits, missing=missing)
        if not _understood(blue, green):
            return green, ()
        green = gather.known_to(there, green, blue, limits)
        if not replicating:
            return green, ()
        ends = Ends(ctx, limits.run_number or 0)
        to_green = ends.peer("green")
        if missing:
            to_green = replace(to_green, dbname=maintenance.MAINTENANCE)
        return green, (reach(there, green, here, blue, ends.peer("blue")), reach(here, blue, there, green, to_green))


def _understood(*sides: Side) -> bool:
    return all(OLDEST <= side.server.major <= NEWEST for side in sides)


def _archive(ctx: RunContext) -> Archive:
    rules = ctx.spec.rollback
    if rules.old_database != "archive":
        return "unneeded"
    try:
        ctx.resolve(rules.archive)
    except (ConnectionUnknown, KeyError):
        return "undefined"
    return "defined"


def other_runs(ctx: RunContext) -> Iterator[tuple[str, str, str]]:
    """Runs of other migrations whose window is open on one of these databases, as the journal knows them.

    A rehearsal has copies of its own, whatever its connections are called: it is in nobody's way, and nobody in its.
    """
    ours = {ctx.spec.source, ctx.spec.target}
    with contextlib.suppress(RunUnknown):  # a draft, of which the journal does not know
        if ctx.journal.get_run(ctx.run_id).dry_run:
            return
    for run in ctx.journal.runs(states=["window"], limit=200, dry_run=False):
        theirs = {run.spec.get("source"), run.spec.get("target")} - {None}
        if run.run_id != ctx.run_id and ours & theirs:
            yield run.run_id, run.state, run.database


def run_rules(ctx: RunContext, limits: PairLimits | None = None) -> list[Finding]:
    """Return everything that is to be said before the run ``ctx``, errors first. See :func:`look`."""
    return judge(look(ctx, limits))


def judge(pair: Pair, codes: Collection[str] | None = None) -> list[Finding]:
    """Return the findings of all rules over facts that were gathered before, errors first, none twice.

    :param codes: of these rules alone.
    """
    rules = [rule for rule in all_rules() if _understood(*pair.sides) or rule.code in ALONE]
    rules = [rule for rule in rules if codes is None or rule.code in codes]
    if pair.spec.router is None:
        rules = [rule for rule in rules if rule.code not in ROUTER]
    found = dict.fromkeys(finding for rule in rules for finding in rule.check(pair))
    named = [finding.object for finding in found if finding.severity == "error" and finding.code != CATCH_ALL]
    kept = [f for f in found if f.code != CATCH_ALL or not any(name.startswith(f.object) for name in named)]
    return sorted(kept, key=by_severity)

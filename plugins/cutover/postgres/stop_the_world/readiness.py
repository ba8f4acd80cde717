"""The rules of preflight for a window. Those about databases are shared with blue-green, under its codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cutover import hooks
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.preflight.finding import Finding, Severity
from cutover.postgres.preflight_pair import gather, judge, limits_of, look, trial
from cutover.postgres.preflight_pair.facts import Pair, PairLimits, RouterFacts, Side
from cutover.postgres.stop_the_world import callers, forecast, form, gate
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.routing.pgbouncer import PgBouncerRouter

# What the rules of two databases say of one that is fenced; their texts are in docs/preflight-blue-green.md.
ONE = {"BG001", "BG002", "BG017", "BG022", "BG023", "BG044", "BG047", "BG049", "BG050", "BG051", "BG057"}
# And of two of them, where nothing has to follow: no slots, no identities of rows, no way back of each row.
TWO = ONE | {
    *("BG003", "BG010", "BG011", "BG018", "BG019", "BG020", "BG021", "BG028", "BG029", "BG030", "BG032", "BG036"),
    *("BG037", "BG038", "BG039", "BG040", "BG041", "BG042", "BG043", "BG056", "BG057", "BG058", "BG059", "BG060"),
    *("BG062", "BG063", "BG065", "BG066", "BG067", "BG068", "BG069", "BG073", "BG074", "BG075", "BG076"),
}
NAMED = 5


def findings(ctx: RunContext) -> list[Finding]:
    """Return everything that is to be said."""
    limits = limits_of(ctx)
    if form.across(ctx):
        pair = look(ctx, limits, replicating=False)
        found = judge(pair, TWO)
    else:
        pair = _alone(ctx, limits)
        found = judge(pair, ONE)
    with gather.session(ctx, "blue") as (db, _):
        found += [*_ending(db), *_direct(ctx, db), *_swapping(ctx, db), *_replication(ctx, pair.blue)]
    return [*found, *_router(ctx, pair.blue), *_hooks(ctx), *_vault(ctx), *_budget(ctx)]


def _alone(ctx: RunContext, limits: PairLimits) -> Pair:
    """One database as both sides: rules about a side then speak of it, once. Its SQL is tried on an empty copy."""
    twin = replace(ctx, spec=ctx.spec.model_copy(update={"target": ctx.spec.source}))
    with gather.session(ctx, "blue") as (db, _):
        blue = gather.side(ctx, db, "blue", limits)
        # Without its extensions the copy is made from nothing: nobody may be connected to a database that is copied.
        tried = trial.try_out(twin, db, blue, replace(blue, extensions=[]), limits)
    # What a login cannot make on an empty copy may be there already where it counts.
    return Pair(ctx.spec, limits, blue, blue, RouterFacts("no router"), survival=replace(tried, failed=False))


def _ending(db: Db) -> Iterator[Finding]:
    """SW001: sessions can be ended."""
    row = db.execute(
        "SELECT rolsuper OR pg_has_role('pg_signal_backend', 'USAGE') FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if not (row and row[0]):
        user = db.info.user
        yield Finding("SW001", "error", f"role {user}", "it may not end sessions, so the doors could not be closed"
                      " behind the last one.", f'GRANT pg_signal_backend TO "{user}";')  # fmt: skip


def _direct(ctx: RunContext, db: Db) -> Iterator[Finding]:
    """SW002: superusers' sessions, which the role cannot end; SW003: who is there."""
    there = callers.look(db)
    supers = {row[0] for row in db.execute("SELECT rolname FROM pg_roles WHERE rolsuper")}
    row = db.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not (row and row[0]):
        for caller in [caller for caller in there if caller.user in supers]:
            yield Finding("SW002", "warning", f"pid {caller.pid}", f"{caller} is a superuser's: it cannot be ended, and"
                          " keeps the doors from closing.", "close it before the window begins.")  # fmt: skip
    if there:
        named = "; ".join(str(caller) for caller in there[:NAMED])
        yield Finding("SW003", "info", ctx.spec.source, f"{len(there)} sessions would be ended now: {named}.")


def _swapping(ctx: RunContext, db: Db) -> Iterator[Finding]:
    """SW004: in place, a restored database can take the live one's place."""
    if form.across(ctx):
        return
    row = db.execute(
        "SELECT r.rolsuper OR r.rolcreatedb, r.rolsuper OR pg_has_role(d.datdba, 'USAGE'), pg_get_userbyid(d.datdba)"
        " FROM pg_roles AS r, pg_database AS d WHERE r.rolname = current_user AND d.datname = current_database()"
    ).fetchone()
    assert row is not None, "a session has a role and a database"
    creates, owns, owner = row
    user = db.info.user
    if not creates:
        yield Finding("SW004", "error", f"role {user}", "it may not make databases, so a rollback point could not be"
                      " restored.", f'ALTER ROLE "{user}" CREATEDB;')  # fmt: skip
    if not owns:
        yield Finding("SW004", "error", f"role {user}", f"it does not own the database and is no member of {owner}, so"
                      " a restored one could not take its place.", f'GRANT "{owner}" TO "{user}";')  # fmt: skip


def _replication(ctx: RunContext, blue: Side) -> Iterator[Finding]:
    """SW005: what follows the database, and would not follow one that was restored."""
    if form.across(ctx):
        return
    for slot in blue.slots:
        if slot.database == blue.info.dbname:
            yield Finding("SW005", "warning", f"slot {slot.name}", "it belongs to the database as it is: a rollback by"
                          " restore ends it, and who reads it has to begin anew.")  # fmt: skip


def _router(ctx: RunContext, blue: Side) -> Iterator[Finding]:
    """SW006: the router can do what will be asked of it; SW007: held clients are not given up before the end."""
    if ctx.spec.router is None:
        message = "the spec names no router: while the doors are closed clients are not held, their writes fail."
        yield Finding("SW006", "warning", ctx.spec.name, message, "add router: <connection id of PgBouncer's console>.")
        return
    ends = Ends(ctx, 0)
    try:
        if not blue.ours:
            gate.refuse_unready(ends, "blue")
    except (CutoverError, NotReady) as error:
        yield Finding("SW006", "error", f"router {ctx.spec.router}", error.what, error.fix)
        return
    with gate.router(ends) as router:
        settings = router.settings() if isinstance(router, PgBouncerRouter) else {}
    limit, budget = float(settings.get("query_wait_timeout") or 0), ctx.spec.cutover.max_downtime.total_seconds()
    if ctx.spec.cutover.clients == "hold" and 0 < limit < budget:
        yield Finding("SW007", "warning", f"router {ctx.spec.router}", f"it gives clients up that wait for {limit:g} s"
                      f" (query_wait_timeout), and the window may take {budget:g} s.",
                      "raise query_wait_timeout, or say cutover: {clients: refuse}.")  # fmt: skip


def _hooks(ctx: RunContext) -> Iterator[Finding]:
    """SW008: hooks can run where this runs."""
    for obstacle in hooks.obstacles(ctx):
        yield Finding("SW008", "error", "hooks", obstacle, "mend it where tasks run, or correct the spec's hooks.")


def _vault(ctx: RunContext) -> Iterator[Finding]:
    """SW009: there is somewhere to keep rollback points, and the key to read them."""
    severity: Severity = "warning" if form.across(ctx) else "error"
    for name, what in ((ctx.spec.backup.store, "store"), (ctx.spec.backup.key, "key")):
        try:
            ctx.resolve(name)
        except (CutoverError, KeyError):
            yield Finding("SW009", severity, f"connection {name}", f"it is not defined, and is the {what} of rollback"
                          " points.", f"define it, or name another in the spec: backup: {{{what}: ...}}.")  # fmt: skip


def _budget(ctx: RunContext) -> Iterator[Finding]:
    """SW010: the forecast keeps the promise."""
    found = forecast.estimate(ctx)
    if found["over"]:
        yield Finding("SW010", "warning", ctx.spec.name, f"the downtime is forecast as {found['downtime_s']['low']:.0f}"
                      f" to {found['downtime_s']['high']:.0f} s, and {found['budget_s']:.0f} s were promised.",
                      "raise cutover: max_downtime, or find a strategy without downtime.")  # fmt: skip

"""What could keep a run between two databases from coming to its end, found before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.postgres.dual_write.readiness import flag_findings
from cutover.postgres.preflight.finding import Finding, by_severity


def findings(ctx: RunContext) -> list[Finding]:
    """Return what the rules for pairs, for the store and for the flag say, errors first."""
    # The rules know the strategy's other modules; imported here, the strategy can be imported before them.
    from cutover.postgres.preflight_pair import run_rules

    return sorted([*run_rules(ctx), *flags(ctx)], key=by_severity)


def flags(ctx: RunContext) -> Iterator[Finding]:
    """Yield what is to be said of the store, the flag and its instances."""
    yield from _store(ctx)
    yield from flag_findings(ctx)


def _store(ctx: RunContext) -> Iterator[Finding]:
    """The rules of the spec see connection ids; two of them may lead to one database."""
    store = ctx.resolve(ctx.spec.flags.store or ctx.spec.source)
    for code, info, why in (
        ("DUA040", ctx.source_info, "the old database, which finalizing archives or drops"),
        ("DUA041", ctx.target_info, "the new database, which a rollback empties"),
    ):
        if _place(store) == _place(info):
            yield Finding(
                code,
                "error",
                "flags",
                f"the store of flags {store.label()} is {why}.",
                "name the connection of a database that outlives both under `flags: {store: ...}`.",
            )


def _place(info: ConnectionInfo) -> tuple[str, int, str]:
    return info.host, info.port, info.dbname

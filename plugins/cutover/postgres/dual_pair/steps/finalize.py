"""Finalize: the window is over. Nothing follows any more, green is an ordinary database, blue is put away."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.backup import Store
from cutover.postgres.blue_green.steps import finalize as pair
from cutover.postgres.dual_write.steps.finalize import refuse_unless_new_only


def finalize(ctx: RunContext, old: str | None = None, *, store: Store | None = None) -> dict[str, Any]:
    """Close the window for good. The flag stays, and says ``new_only``: applications may go on asking for it.

    :param old: ``keep``, ``archive`` or ``drop`` for blue; by default as the spec says. :param store: for an archive.
    :returns: see :func:`cutover.postgres.blue_green.steps.finalize.finalize`.
    :raises NotReady: applications do not write green only; roll it back instead.
    """
    refuse_unless_new_only(ctx)
    return pair.finalize(ctx, old, store=store)

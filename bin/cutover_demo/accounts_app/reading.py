"""What is read: of both sides in one snapshot, where the flag wants their answers compared."""

from __future__ import annotations

from cutover_demo.accounts_app.kinds import operation
from cutover_demo.accounts_app.work import Work

# Everybody reads these; nobody writes them.
FAMOUS = (1, 2, 3, 4, 5)


@operation(20, reads_only=True)
def read_account(work: Work) -> None:
    _read(work, "accounts", ["account", "setting", "spotify", "session"])


@operation(20, reads_only=True)
def read_events(work: Work) -> None:
    _read(work, "events", ["event", "request"])


@operation(10, reads_only=True)
def read_inbox(work: Work) -> None:
    _read(work, "inboxes", ["notification"])


@operation(8, reads_only=True)
def read_famous(work: Work) -> None:
    """What one of the accounts has that everybody wants to see."""
    work.read("famous accounts", work.dice.choice(FAMOUS), ["account", "setting", "session", "event"])


def _read(work: Work, what: str, kinds: list[str]) -> None:
    """Half of the time of an own account, of which everything is known; else of anybody's."""
    owner = work.own()
    if work.dice.random() < 0.5:
        work.check(owner, kinds, work.read(what, owner, kinds))
    else:
        work.read(what, work.dice.randint(1, owner), kinds)

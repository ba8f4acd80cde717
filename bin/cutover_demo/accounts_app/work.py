"""One piece of work: which side it writes or reads, what it sends, and what must be true once it has committed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cutover.flags import Use
from cutover_demo.accounts_app import new_shape, old_shape
from cutover_demo.accounts_app.holdings import Holdings
from cutover_demo.accounts_app.rows import Known, Session
from cutover_demo.accounts_app.shape import Shape
from cutover_demo.transaction import WrongAnswer

OLD: Shape = old_shape
NEW: Shape = new_shape
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Work:
    """Collects :attr:`changes` while operations send over ``db``. Committing is the instance's job.

    :ivar label: a text that no other transaction of any process uses.
    """

    def __init__(self, db: Session, use: Use, holdings: Holdings, dice: random.Random, label: str) -> None:
        self.db, self.use, self.holdings, self.dice, self.label = db, use, holdings, dice, label
        self.changes: dict[str, tuple[int, Known] | None] = {}

    @property
    def shape(self) -> Shape:
        """The side that is written: the old one as long as it is, for the database writes the new one then."""
        return OLD if self.use.writes_old else NEW

    # -- reading ---------------------------------------------------------------------------------

    def read(self, what: str, owner: int, kinds: list[str]) -> dict[str, Known]:
        """Ask the side that the flag says for ``owner``; both, in one snapshot, where the flag wants them compared."""

        def asks(shape: Shape) -> Callable[[], dict[str, Known]]:
            return lambda: shape.read(self.db, owner, kinds)

        self.db.execute(SNAPSHOT)
        return self.use.read(what, owner, old=asks(OLD), new=asks(NEW))

    def check(self, owner: int, kinds: list[str], found: dict[str, Known]) -> None:
        """:raises WrongAnswer: what was acknowledged is not what is read."""
        held = {name: known for kind in kinds for name, known in self.holdings.of(owner, kind).items()}
        wrong = [name for name in {*held, *found} if held.get(name) != found.get(name)]
        if wrong:
            first = min(wrong)
            raise WrongAnswer(
                f"{len(wrong)} things of account {owner} read otherwise than acknowledged, the first: {first} is"
                f" {found.get(first)}, not {held.get(first)}"
            )

    # -- remembering -----------------------------------------------------------------------------

    def put(self, owner: int, name: str, known: Known) -> None:
        """Note that a thing is there after the commit."""
        self.changes[name] = (owner, known)

    def gone(self, name: str) -> None:
        """Note that a thing is deleted."""
        self.changes[name] = None

    # -- what to work on -------------------------------------------------------------------------

    def own(self) -> int:
        """Return one of the process' accounts."""
        return self.holdings.pick(self.dice)

    def one(self, owner: int, kind: str) -> tuple[str, Known] | None:
        """Return one thing of a kind that an account has, by name; None where it has none."""
        there = self.holdings.of(owner, kind)
        return self.dice.choice(list(there.items())) if there else None

    # -- making up values ------------------------------------------------------------------------

    def now(self, later: timedelta = timedelta(0)) -> str:
        """Return a moment in the form that JSON of the database has: zeros at the end would be missing there."""
        moment = datetime.now(UTC) + later
        return moment.replace(microsecond=moment.microsecond // 10 * 10 + self.dice.randint(1, 9)).isoformat()

    def key(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def token(self) -> str:
        return f"{self.label}-{self.dice.getrandbits(64):x}"

    def money(self) -> str:
        return f"{self.dice.choice((0, 1, 50, self.dice.randrange(5000))) / 100:.2f}"

    def words(self) -> str | None:
        return self.dice.choice((None, "", "null", "a|b\t\\N", "Zoë 🚚", 'it\'s "so"', f"said in {self.label}"))

    def value(self) -> Any:
        """Return a setting's value: any JSON."""
        return self.dice.choice((None, "", self.label, 17, True, [], {"a": None, "by": self.label}, ["x", 1, {}]))

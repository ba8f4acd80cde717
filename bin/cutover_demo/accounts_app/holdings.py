"""What a process knows of its own accounts: it alone writes them, so it knows every value exactly."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping

from cutover_demo.accounts_app.rows import Known

# By name: whose it is and what is known of it; None where it is gone.
Changes = Mapping[str, tuple[int, Known] | None]


def canonical(known: Known) -> str:
    """Return text that is equal exactly where what is known is."""
    return json.dumps(known, sort_keys=True, ensure_ascii=False)


def promised(owner: int, known: Known) -> list[str]:
    """Return a thing as ledger and audit compare it."""
    return [f"account {owner}", canonical(known)]


class Holdings:
    """Accounts and all that belongs to them, as of the last committed transaction."""

    def __init__(self) -> None:
        self._things: dict[int, dict[str, Known]] = {}
        self._owner_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._things)

    def apply(self, changes: Changes) -> None:
        """Take over what a committed transaction did."""
        for name, thing in changes.items():
            if thing is None:
                self._drop(name)
            else:
                owner, known = thing
                self._things.setdefault(owner, {})[name] = known
                self._owner_of[name] = owner

    def forget(self, owner: int) -> None:
        """Never offer this account again: nobody knows what it is like."""
        for name in self._things.pop(owner, {}):
            del self._owner_of[name]

    def owners(self, names: Iterable[str]) -> set[int]:
        """Return the accounts to which things belong, as far as they are known."""
        return {self._owner_of[name] for name in names if name in self._owner_of}

    def pick(self, dice: random.Random) -> int:
        """Return one of the accounts at random."""
        return dice.choice(list(self._things))

    def of(self, owner: int, kind: str) -> dict[str, Known]:
        """Return the things of one kind that belong to an account, by name."""
        begin = f"{kind}:"
        return {name: known for name, known in self._things.get(owner, {}).items() if name.startswith(begin)}

    def all_of(self, owner: int) -> dict[str, Known]:
        """Return everything that belongs to an account, by name."""
        return dict(self._things.get(owner, {}))

    def _drop(self, name: str) -> None:
        owner = self._owner_of.pop(name, None)
        if owner is None:
            return
        things = self._things[owner]
        del things[name]
        if not things:
            del self._things[owner]

"""What a writer knows of its own orders: it alone writes them, so it knows every value exactly."""

from __future__ import annotations

import random
from typing import Any

from cutover_demo.ledger import Effects, Row


class Memory:
    """The orders and child rows that one writer owns, as of its last committed transaction."""

    def __init__(self, seeds: Effects) -> None:
        self.orders: dict[str, Row] = {}
        self.children: dict[str, dict[str, str]] = {}
        self._references: list[str] = []
        self._places: dict[str, int] = {}
        self.apply(seeds)

    def apply(self, effects: Effects) -> None:
        """Take over what a committed transaction did."""
        for reference, row in effects.orders.items():
            if row is None:
                self.forget(reference)
            else:
                self._learn(reference, row)
        for child, values in effects.children.items():
            self._apply_child(child, values)

    def forget(self, reference: str) -> None:
        """Never offer this order again: it is gone, or nobody knows whether it is."""
        self.children.pop(reference, None)
        if self.orders.pop(reference, None) is None:
            return
        # The last one takes the place of the forgotten one: removing is cheap, and picking stays even.
        place, last = self._places.pop(reference), self._references.pop()
        if last != reference:
            self._references[place] = last
            self._places[last] = place

    def pick(self, dice: random.Random, count: int = 1) -> list[Row]:
        """Return up to ``count`` different orders at random."""
        chosen = dice.sample(self._references, min(count, len(self._references)))
        return [self.orders[reference] for reference in chosen]

    def repeats_of(self, reference: str) -> list[Row]:
        """Return the orders whose parent is ``reference``."""
        return [row for row in self.orders.values() if row["parent"] == reference]

    def children_of(self, reference: str) -> dict[str, str]:
        """Return child rows of an order: ``table:id`` and the text of their columns."""
        return self.children.get(reference, {})

    def _learn(self, reference: str, row: dict[str, Any]) -> None:
        if reference not in self.orders:
            self._places[reference] = len(self._references)
            self._references.append(reference)
        self.orders[reference] = row

    def _apply_child(self, child: str, values: list[str] | None) -> None:
        for known in self.children.values() if values is None else ():
            if known.pop(child, None) is not None:
                return
        if values is not None:
            self.children.setdefault(values[0], {})[child] = values[1]

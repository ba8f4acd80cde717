"""Compare the ledger with the database: is each acknowledged transaction there, exactly once, as it was written?"""

from __future__ import annotations

from collections import defaultdict

from cutover_demo.ledger import Entry, Ledger, Row
from cutover_demo.verdict import Observed, Transaction, Verdict

KEYS = {"reference", "revision"}  # they tell which row, and which transactions are in it


def reconcile(ledger: Ledger, observed: Observed) -> Verdict:
    """Compare ``ledger`` with what the database holds."""
    return _Comparison(ledger, observed).verdict()


class _Comparison:
    def __init__(self, ledger: Ledger, observed: Observed) -> None:
        self.ledger, self.observed, self.result = ledger, observed, Verdict()
        self.lost: set[Transaction | str] = set()
        self.orders: dict[str, Row | None] = dict(ledger.seeds.orders)
        self.children: dict[str, list[str] | None] = dict(ledger.seeds.children)
        self.repeats: dict[str, set[str]] = defaultdict(set)
        for reference, row in self.orders.items():
            if row is not None and row.get("parent"):
                self.repeats[row["parent"]].add(reference)
        # Per order the transactions that raised its revision, and per child the one that wrote it last.
        self.history: dict[str, list[Transaction]] = defaultdict(list)
        self.authors: dict[str, Transaction] = {}

    def verdict(self) -> Verdict:
        self._replay()
        self._compare_tokens()
        self._compare_orders()
        self._compare_children()
        self._compare_rest()
        self.result.lost = len(self.lost)
        return self.result

    # -- what must be there ----------------------------------------------------------------------

    def _replay(self) -> None:
        result = self.result
        for entry in self.ledger.entries:
            landed = (entry.writer, entry.seq) in self.observed.tokens
            result.acknowledged += entry.outcome == "ack"
            result.undone += entry.outcome == "undone"
            result.unknown += entry.outcome == "unknown"
            if entry.outcome == "ack" or (entry.outcome == "unknown" and landed):
                self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        who, effects = (entry.writer, entry.seq), entry.effects
        for reference, row in effects.orders.items():
            before = self.orders.get(reference)
            # ON DELETE SET NULL changes a row without raising its revision.
            if row is None or before is None or row["revision"] != before["revision"]:
                self.history[reference].append(who)
            self.orders[reference] = row
            if row is None:
                self._orphan(reference)
            elif row.get("parent"):
                self.repeats[row["parent"]].add(reference)
        for child, values in effects.children.items():
            self.children[child] = values
            self.authors[child] = who

    def _orphan(self, parent: str) -> None:
        """ON DELETE SET NULL reaches orders too that their writer had forgotten, not knowing whether they are there."""
        for reference in self.repeats.pop(parent, ()):
            row = self.orders.get(reference)
            if row is not None and row.get("parent") == parent:
                self.orders[reference] = {**row, "parent": None}

    # -- what is there ---------------------------------------------------------------------------

    def _compare_tokens(self) -> None:
        outcomes = {(entry.writer, entry.seq): entry.outcome for entry in self.ledger.entries}
        tokens = self.observed.tokens
        for who, outcome in outcomes.items():
            if outcome == "ack" and not tokens[who]:
                self._lose(who, f"transaction {who} left no token")
        for who, copies in tokens.items():
            if outcomes.get(who, "failed") not in ("ack", "unknown"):
                self._unexplained(f"transaction {who} left a token though it was {outcomes.get(who, 'never begun')}")
            self._duplicate(copies - 1, f"transaction {who} left {copies} tokens")

    def _compare_orders(self) -> None:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.observed.orders:
            found[row["reference"]].append(row)
        for reference, expected in self.orders.items():
            rows = found.pop(reference, [])
            if expected is None:
                self._compare_deleted(reference, rows)
            elif not rows:
                self._lose_all(reference)
            else:
                self._duplicate(len(rows) - 1, f"order {reference} is there {len(rows)} times")
                self._compare_row(expected, rows[0])
        for reference in found:
            self._unexplained(f"order {reference} is there, but no acknowledged transaction made it")

    def _compare_deleted(self, reference: str, rows: list[Row]) -> None:
        for row in rows:
            reached = row["revision"] - self._first_revision(reference)
            missing = self.history[reference][max(0, reached) :] or self.history[reference][-1:]
            for who in missing:
                self._lose(who, f"order {reference} is there though transaction {who} deleted it")
        self._duplicate(len(rows) - 1, f"deleted order {reference} is there {len(rows)} times")

    def _lose_all(self, reference: str) -> None:
        if reference in self.ledger.seeds.orders:
            self._lose(reference, f"order {reference}, loaded before the run, is missing")
        for who in self.history[reference]:
            self._lose(who, f"order {reference} is missing")

    def _compare_row(self, expected: Row, row: Row) -> None:
        reference, ahead = expected["reference"], row["revision"] - expected["revision"]
        if ahead < 0:
            for who in self.history[reference][ahead:]:
                self._lose(who, f"order {reference} is at revision {row['revision']}, not {expected['revision']}")
        elif ahead > 0:
            self._duplicate(ahead, f"order {reference} is at revision {row['revision']}, not {expected['revision']}")
        else:
            skipped = {*KEYS, "preferences"} if self.observed.release == 1 else KEYS
            wrong = [column for column in row.keys() - skipped if row[column] != expected[column]]
            if wrong:
                self.result.wrong += 1
                values = "; ".join(f"{column} is {row[column]!r}, not {expected[column]!r}" for column in sorted(wrong))
                self._note(f"order {reference}: {values}")

    def _compare_children(self) -> None:
        found: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
        for child, reference, what in self.observed.children:
            found[child].append((reference, what))
        for child, expected in self.children.items():
            rows = found.pop(child, [])
            if expected is None and rows:
                self._lose(self.authors[child], f"{child} is there though it was deleted")
            elif expected is not None and not rows:
                self._lose(self.authors.get(child, child), f"{child} is missing")
            elif expected is not None and list(rows[0]) != expected:
                self.result.wrong += 1
                self._note(f"{child} is {rows[0]}, not {expected}")
            self._duplicate(len(rows) - 1, f"{child} is there {len(rows)} times")
        for child, rows in found.items():
            self._unexplained(f"{child} is there for order {rows[0][0]}, but no acknowledged transaction made it")

    def _compare_rest(self) -> None:
        before, after = self.observed.untouched_before, self.observed.untouched_after
        if before != after:
            self.result.wrong += max(1, abs(before[0] - after[0]))
            self._note(f"orders that nobody touched: {before} (rows, fingerprint) before, {after} after")
        if self.observed.dangling_parents:
            self._unexplained(f"{self.observed.dangling_parents} orders refer to a parent that does not exist")

    # -- counting --------------------------------------------------------------------------------

    def _first_revision(self, reference: str) -> int:
        seed = self.ledger.seeds.orders.get(reference)
        return seed["revision"] if seed else 0

    def _lose(self, who: Transaction | str, why: str) -> None:
        self.lost.add(who)
        self._note(f"lost: {why}")

    def _duplicate(self, copies: int, why: str) -> None:
        if copies > 0:
            self.result.duplicated += copies
            self._note(f"duplicated: {why}")

    def _unexplained(self, why: str) -> None:
        self.result.unexplained += 1
        self._note(f"unexplained: {why}")

    def _note(self, text: str) -> None:
        if len(self.result.findings) < 100:
            self.result.findings.append(text)

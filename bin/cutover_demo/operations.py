"""What the writers do: every kind of change that an application makes, as one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cutover_demo.ledger import Row, normal
from cutover_demo.transaction import STATUSES, ChangeOfMind, Transaction, WrongAnswer

Operation = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation, how often it is done in comparison with the others, and the release of the shop that it needs."""

    run: Operation
    weight: int
    release: int


KINDS: dict[str, Kind] = {}


def operation(weight: int, release: int = 1) -> Callable[[Operation], Operation]:
    """Register an operation under its name."""

    def register(run: Operation) -> Operation:
        KINDS[run.__name__] = Kind(run, weight, release)
        return run

    return register


def own(tx: Transaction) -> Row:
    """Return one of the writer's orders; a new one where it has none left."""
    chosen = tx.memory.pick(tx.dice)
    return chosen[0] if chosen else tx.insert(tx.new_order())


@operation(20)
def insert(tx: Transaction) -> None:
    tx.insert(tx.new_order())


@operation(8)
def insert_with_children(tx: Transaction) -> None:
    row = tx.insert(tx.new_order())
    for _ in range(tx.dice.randint(1, 3)):
        _add_item(tx, row)
    _add_shipment(tx, row)


@operation(3)
def insert_with_own_id(tx: Transaction) -> None:
    tx.insert({**tx.new_order(), "id": tx.names.key()})


@operation(2)
def insert_many(tx: Transaction) -> None:
    """One statement that makes many orders."""
    row = {**tx.new_order(), "discount": None, "details": None}
    made = [{**row, "id": tx.names.key(), "reference": tx.names.reference()} for _ in range(tx.dice.randint(5, 100))]
    keys = {"ids": [each["id"] for each in made], "references": [each["reference"] for each in made]}
    tx.send("insert_many", {**row, **keys}, rows=len(made))
    for each in made:
        tx.put(each)


@operation(6)
def upsert(tx: Transaction) -> None:
    """INSERT ... ON CONFLICT DO UPDATE, of an order that may be there or not."""
    old = own(tx)
    row = {**tx.new_order(), "external_no": old["external_no"] or f"E-{tx.names.reference()}"}
    found = tx.send("upsert_order", row, rows=1).fetchone()
    assert found is not None
    if old["external_no"] is None:
        tx.put({**row, "id": found[0]})
    elif found != (old["id"], old["revision"] + 1):
        raise WrongAnswer(f"upsert of {old['reference']} found {found}, not id {old['id']} with the next revision")
    else:
        tx.put({**old, "total": row["total"], "status": row["status"], "revision": found[1]})


@operation(20)
def change(tx: Transaction) -> None:
    changes = {"status": tx.dice.choice(STATUSES), "total": tx.money(), "discount": tx.money()}
    tx.update("change_order", own(tx), changes)


@operation(5)
def change_note(tx: Transaction) -> None:
    tx.update("change_note", own(tx), {"note": tx.note(), "details": tx.details()})


@operation(8)
def clear(tx: Transaction) -> None:
    """SET column = NULL, five times over."""
    tx.update("clear_order", own(tx), dict.fromkeys(("discount", "note", "details", "external_no", "parent")))


@operation(5)
def move_key(tx: Transaction) -> None:
    """Change a primary key; foreign keys cascade to the children."""
    row, new_id = own(tx), tx.names.key()
    tx.send("move_key", {**row, "new_id": new_id}, rows=1)
    tx.put({**row, "id": new_id, "revision": row["revision"] + 1})


@operation(3)
def link_parent(tx: Transaction) -> None:
    row, parent = own(tx), own(tx)
    tx.update("link_parent", row, {"parent": parent["reference"]}, parent_id=parent["id"])


@operation(4)
def change_many(tx: Transaction) -> None:
    """One statement over up to 200 orders."""
    rows, discount = tx.memory.pick(tx.dice, tx.dice.randint(20, 200)), tx.money()
    tx.send("change_many", {"discount": discount, "ids": [row["id"] for row in rows]}, rows=len(rows))
    for row in rows:
        tx.put({**row, "discount": discount, "revision": row["revision"] + 1})


@operation(4)
def add_children(tx: Transaction) -> None:
    row = own(tx)
    _add_item(tx, row)
    _add_shipment(tx, row)


@operation(9)
def delete(tx: Transaction) -> None:
    _delete(tx, own(tx))


@operation(4)
def delete_and_insert(tx: Transaction) -> None:
    """The same key dies and lives again in one transaction."""
    row = own(tx)
    _delete(tx, row)
    again = {**tx.new_order(), "id": row["id"], "reference": row["reference"], "revision": row["revision"] + 1}
    tx.insert(again)


@operation(10)
def read_back(tx: Transaction) -> None:
    """What was acknowledged is what is read, through the table and through a view on it."""
    row = own(tx)
    cursor = tx.send("read_order", row, rows=1)
    assert cursor.description is not None
    found = normal(dict(zip([column.name for column in cursor.description], cursor.fetchone() or (), strict=True)))
    wrong = [column for column, value in found.items() if value != row[column]]
    if wrong:
        raise WrongAnswer(f"{row['reference']} reads back with other {', '.join(wrong)} than acknowledged")
    tx.send("read_open_order", row, rows=1 if row["status"] == "open" else 0)


@operation(3)
def take_back(tx: Transaction) -> None:
    """A change and a new order, rolled back by choice."""
    change(tx)
    insert_with_children(tx)
    raise ChangeOfMind


@operation(12, release=2)
def rename_recipient(tx: Transaction) -> None:
    """Only the shop's second release knows the split name and the preferences."""
    first, last = tx.dice.choice(("Ada", "Zoë", "Łucja")), tx.dice.choice(("Codd", "O'Neil", "Müller"))
    changes = {"recipient": f"{first} {last}", "preferences": {"gift": tx.dice.random() < 0.5}}
    tx.update("rename_recipient", own(tx), changes, first=first, last=last)


def _add_item(tx: Transaction, row: Row) -> None:
    product, quantity = tx.dice.randint(1, 500), tx.dice.randint(1, 9)
    values = {"order_id": row["id"], "product_id": product, "quantity": quantity}
    found = tx.send("insert_item", values, rows=1).fetchone()
    assert found is not None
    tx.effects.children[f"order_items:{found[0]}"] = [row["reference"], f"{product} x {quantity}"]


def _add_shipment(tx: Transaction, row: Row) -> None:
    carrier = tx.dice.choice(("rail", "road", "sea"))
    found = tx.send("insert_shipment", {"order_id": row["id"], "carrier": carrier}, rows=1).fetchone()
    assert found is not None
    tx.effects.children[f"shipments:{found[0]}"] = [row["reference"], carrier]


def _delete(tx: Transaction, row: Row) -> None:
    """Delete an order; its shipments refuse to go by themselves, its items go by the foreign key."""
    tx.send("delete_shipments", row)
    tx.send("delete_order", row, rows=1)
    tx.gone(row)

"""What is done to events, requests and notifications, in either shape: the operations do not know which."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from cutover_demo.accounts_app.kinds import operation
from cutover_demo.accounts_app.rows import Known
from cutover_demo.accounts_app.work import Work

HOUR = timedelta(hours=1)


@operation(2)
def open_event(work: Work) -> None:
    begin_event(work, work.own())


@operation(5)
def change_event(work: Work) -> None:
    owner = work.own()
    event = work.one(owner, "event")
    if event is None:
        begin_event(work, owner)
        return
    change = {"open": work.dice.random() < 0.5, "max_per_guest": work.dice.choice((None, 1, 9))}
    known: Known = {**event[1], **change, "min_tip": work.dice.choice((None, work.money())), "title": work.label}
    work.shape.change_event(work.db, event[0].partition(":")[2], known)
    work.put(owner, event[0], known)


@operation(18)
def ask(work: Work) -> None:
    """A guest asks for a song, and the admin is told: three tables in the old shape, two in the new one."""
    owner = work.own()
    event = work.one(owner, "event")
    if event is None:
        begin_event(work, owner)
        return
    known: Known = {
        "event": event[0].partition(":")[2],
        "guest": work.label,
        "contact": work.words(),
        "uri": work.words(),
    }
    known |= {"artist": work.words(), "title": "Song", "note": work.words(), "tip": work.money(), "votes": 0}
    known |= {"status": "waiting", "at": work.now(), "answered": None}
    request = work.shape.ask(work.db, known)
    work.put(owner, f"request:{request}", known)
    work.put(owner, event[0], _counted(event[1], 1, known["tip"]))
    notify(work, owner, request, f"{work.label} asks")


@operation(9)
def answer(work: Work) -> None:
    owner = work.own()
    request = work.one(owner, "request")
    if request is None:
        ask(work)
        return
    change = {"status": work.dice.choice(("accepted", "played", "declined")), "at": work.now()}
    work.shape.answer(work.db, int(request[0].partition(":")[2]), **change)
    work.put(owner, request[0], {**request[1], "status": change["status"], "answered": change["at"]})


@operation(6)
def raise_tip(work: Work) -> None:
    """What the old shape adds up, the new one keeps: the event's sum changes with the request."""
    owner = work.own()
    request, more = work.one(owner, "request"), work.money()
    if request is None:
        ask(work)
        return
    known, event = request[1], f"event:{request[1]['event']}"
    work.shape.raise_tip(work.db, known["event"], int(request[0].partition(":")[2]), more)
    work.put(owner, request[0], {**known, "tip": _sum(known["tip"], more), "votes": known["votes"] + 1})
    work.put(owner, event, _counted(work.holdings.of(owner, "event")[event], 0, more))


@operation(8)
def mark_read(work: Work) -> None:
    owner = work.own()
    notification = work.one(owner, "notification")
    if notification is None:
        notify(work, owner, None, "nothing new")
        return
    at = work.now()
    work.shape.mark_read(work.db, int(notification[0].partition(":")[2]), at)
    work.put(owner, notification[0], {**notification[1], "read": at})


def begin_event(work: Work, owner: int) -> None:
    event = work.key()
    known: Known = {
        "title": work.label,
        "slug": work.token(),
        "starts": work.now(),
        "ends": work.now(HOUR),
        "open": True,
    }
    known |= {"explicit": False, "max_per_guest": 3, "min_tip": work.dice.choice((None, "1.50")), "currency": "EUR"}
    known |= {"theme": work.dice.choice((None, {"color": 7}, [])), "requests": 0, "tips": "0.00"}
    work.shape.open_event(work.db, owner, event, known)
    work.put(owner, f"event:{event}", known)


def notify(work: Work, owner: int, request: int | None, body: str) -> None:
    known: Known = {"request": request, "channel": work.dice.choice(("email", "push", "sms")), "body": body}
    known |= {"sent": work.now(), "read": None}
    number = work.shape.notify(work.db, owner, known)
    work.put(owner, f"notification:{number}", known)


def _counted(event: Known, requests: int, tips: str) -> Known:
    return {**event, "requests": event["requests"] + requests, "tips": _sum(event["tips"], tips)}


def _sum(one: str, other: str) -> str:
    return str(Decimal(one) + Decimal(other))

"""What the application does: every operation in both shapes, as one function each that does not know which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from cutover_demo.accounts_app.rows import Known
from cutover_demo.accounts_app.work import Work

Operation = Callable[[Work], None]
HOUR = timedelta(hours=1)
# Everybody reads these; nobody writes them.
FAMOUS = (1, 2, 3, 4, 5)
FEWEST = 5  # accounts that a process keeps, so that there is always one to work on


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation, and how often it is done in comparison with the others."""

    run: Operation
    weight: int
    reads_only: bool = False


KINDS: dict[str, Kind] = {}


def operation(weight: int, *, reads_only: bool = False) -> Callable[[Operation], Operation]:
    """Register an operation under its name."""

    def register(run: Operation) -> Operation:
        KINDS[run.__name__] = Kind(run, weight, reads_only)
        return run

    return register


@operation(3)
def sign_up(work: Work) -> None:
    """An account with a setting, an event, and a notification."""
    role = work.dice.choice(("owner", "editor", "viewer"))
    known: Known = {"email": f"{work.label}@demo.example", "name": work.label, "password": work.words(), "role": role}
    known |= {"created": work.now(), "login": None}
    owner = work.shape.sign_up(work.db, known)
    work.put(owner, f"account:{owner}", known)
    _put_setting(work, owner, "language")
    _open_event(work, owner)
    _notify(work, owner, None, "welcome")


@operation(6)
def rename(work: Work) -> None:
    owner = work.own()
    change = {"name": f"renamed in {work.label}", "role": work.dice.choice(("owner", "editor", "viewer"))}
    work.shape.rename(work.db, owner, **change)
    work.put(owner, f"account:{owner}", {**_account(work, owner), **change})


@operation(10)
def change_settings(work: Work) -> None:
    """Two settings of one account: in the new shape both are in one column."""
    owner = work.own()
    for name in work.dice.sample(("language", "volume", "theme", "bell", ""), 2):
        _put_setting(work, owner, name)


@operation(3)
def drop_setting(work: Work) -> None:
    owner = work.own()
    setting = work.one(owner, "setting")
    if setting is None:
        _put_setting(work, owner, "language")
        return
    work.shape.drop_setting(work.db, owner, setting[0].partition("/")[2])
    work.gone(setting[0])


@operation(8)
def spotify(work: Work) -> None:
    """Connect where it is not; otherwise refresh the token, and now and then disconnect."""
    owner = work.own()
    there = work.one(owner, "spotify")
    if there is None:
        known: Known = {
            "id": work.key(),
            "user": work.label,
            "name": work.words(),
            "product": "premium",
            "country": "DE",
        }
        known |= {"scopes": ["streaming", "a b"], "access": work.token(), "refresh": work.token()}
        known |= {"expires": work.now(HOUR), "connected": work.now()}
        work.shape.connect_spotify(work.db, owner, known)
        work.put(owner, f"spotify:{owner}", known)
    elif work.dice.random() < 0.2:
        work.shape.disconnect_spotify(work.db, owner)
        work.gone(there[0])
    else:
        change = {"access": work.token(), "expires": work.now(HOUR)}
        work.shape.refresh_spotify(work.db, owner, **change)
        work.put(owner, there[0], {**there[1], **change})


@operation(10)
def log_in(work: Work) -> None:
    owner, session = work.own(), work.key()
    known: Known = {
        "provider": work.dice.choice(("google", "apple", "facebook")),
        "access": work.token(),
        "refresh": None,
    }
    known |= {"scopes": ["openid"], "ip": "10.1.2.3", "agent": work.words(), "created": work.now()}
    known |= {"expires": work.now(HOUR), "revoked": None}
    work.shape.log_in(work.db, owner, session, known)
    work.put(owner, f"session:{session}", known)
    work.put(owner, f"account:{owner}", {**_account(work, owner), "login": known["created"]})


@operation(6)
def log_out(work: Work) -> None:
    owner = work.own()
    session = work.one(owner, "session")
    if session is None:
        log_in(work)
        return
    at = work.now()
    work.shape.log_out(work.db, session[0].partition(":")[2], at)
    work.put(owner, session[0], {**session[1], "revoked": at})


@operation(2)
def open_event(work: Work) -> None:
    _open_event(work, work.own())


@operation(5)
def change_event(work: Work) -> None:
    owner = work.own()
    event = work.one(owner, "event")
    if event is None:
        _open_event(work, owner)
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
        _open_event(work, owner)
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
    _notify(work, owner, request, f"{work.label} asks")


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
        _notify(work, owner, None, "nothing new")
        return
    at = work.now()
    work.shape.mark_read(work.db, int(notification[0].partition(":")[2]), at)
    work.put(owner, notification[0], {**notification[1], "read": at})


@operation(2)
def delete_account(work: Work) -> None:
    """Everything of an account goes, also what others refer to."""
    if len(work.holdings) <= FEWEST:
        sign_up(work)
        return
    owner = work.own()
    work.shape.delete_account(work.db, owner)
    for name in work.holdings.all_of(owner):
        work.gone(name)


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


def _account(work: Work, owner: int) -> Known:
    return work.holdings.of(owner, "account")[f"account:{owner}"]


def _put_setting(work: Work, owner: int, name: str) -> None:
    known: Known = {"value": work.value(), "updated": work.now()}
    work.shape.put_setting(work.db, owner, name, known)
    work.put(owner, f"setting:{owner}/{name}", known)


def _open_event(work: Work, owner: int) -> None:
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


def _notify(work: Work, owner: int, request: int | None, body: str) -> None:
    known: Known = {"request": request, "channel": work.dice.choice(("email", "push", "sms")), "body": body}
    known |= {"sent": work.now(), "read": None}
    number = work.shape.notify(work.db, owner, known)
    work.put(owner, f"notification:{number}", known)


def _counted(event: Known, requests: int, tips: str) -> Known:
    return {**event, "requests": event["requests"] + requests, "tips": _sum(event["tips"], tips)}


def _sum(one: str, other: str) -> str:
    return str(Decimal(one) + Decimal(other))

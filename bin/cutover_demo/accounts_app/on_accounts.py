"""What is done to an account and what belongs to it, in either shape: the operations do not know which."""

from __future__ import annotations

from datetime import timedelta

from cutover_demo.accounts_app.kinds import operation
from cutover_demo.accounts_app.on_events import begin_event, notify
from cutover_demo.accounts_app.rows import Known
from cutover_demo.accounts_app.work import Work

HOUR = timedelta(hours=1)
FEWEST = 5  # accounts that a process keeps, so that there is always one to work on


@operation(3)
def sign_up(work: Work) -> None:
    """An account with a setting, an event, and a notification."""
    role = work.dice.choice(("owner", "editor", "viewer"))
    known: Known = {"email": f"{work.label}@demo.example", "name": work.label, "password": work.words(), "role": role}
    known |= {"created": work.now(), "login": None}
    owner = work.shape.sign_up(work.db, known)
    work.put(owner, f"account:{owner}", known)
    _put_setting(work, owner, "language")
    begin_event(work, owner)
    notify(work, owner, None, "welcome")


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
def delete_account(work: Work) -> None:
    """Everything of an account goes, also what others refer to."""
    if len(work.holdings) <= FEWEST:
        sign_up(work)
        return
    owner = work.own()
    work.shape.delete_account(work.db, owner)
    for name in work.holdings.all_of(owner):
        work.gone(name)


def _account(work: Work, owner: int) -> Known:
    return work.holdings.of(owner, "account")[f"account:{owner}"]


def _put_setting(work: Work, owner: int, name: str) -> None:
    known: Known = {"value": work.value(), "updated": work.now()}
    work.shape.put_setting(work.db, owner, name, known)
    work.put(owner, f"setting:{owner}/{name}", known)

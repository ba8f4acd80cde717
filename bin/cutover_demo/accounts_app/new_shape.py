"""The application as it will be: four tables. See :class:`cutover_demo.accounts_app.shape.Shape`."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from cutover_demo.accounts_app import shape
from cutover_demo.accounts_app.rows import Expression, Known, Session, delete, insert, update

RULES = (
    "jsonb_build_object('open', %s::boolean, 'explicit', %s::boolean, 'max_per_guest', %s::smallint,"
    " 'min_tip', %s::numeric(8, 2))"
)
DELETE_RECEIVED = (
    "DELETE FROM public.messages AS m USING public.events AS e WHERE m.event_id = e.id AND e.account_id = %s"
)
SPOTIFY = "spotify"


def sign_up(db: Session, known: Known) -> int:
    values = {
        "email": known["email"],
        "display_name": known["name"],
        "password_hash": known["password"],
        "role": known["role"],
        "created_at": known["created"],
    }
    return int(insert(db, "accounts", values))


def rename(db: Session, owner: int, name: str, role: str) -> None:
    update(db, "accounts", {"id": owner}, {"display_name": name, "role": role})


def put_setting(db: Session, owner: int, name: str, known: Known) -> None:
    setting = {name: {"value": known["value"], "updated_at": _zulu(known["updated"])}}
    update(db, "accounts", {"id": owner}, {"settings": Expression("settings || %s", (Jsonb(setting),))})


def drop_setting(db: Session, owner: int, name: str) -> None:
    update(db, "accounts", {"id": owner}, {"settings": Expression("settings - %s::text", (name,))})


def connect_spotify(db: Session, owner: int, known: Known) -> None:
    who = {
        "user_id": known["user"],
        "display_name": known["name"],
        "product": known["product"],
        "country": known["country"],
        "connected_at": _zulu(known["connected"]),
    }
    update(db, "accounts", {"id": owner}, {"spotify": Jsonb(who)})
    token = {
        "id": known["id"],
        "account_id": owner,
        "provider": SPOTIFY,
        "access_token": known["access"],
        "refresh_token": known["refresh"],
        "scopes": known["scopes"],
        "created_at": known["connected"],
        "expires_at": known["expires"],
    }
    insert(db, "sessions", token)


def refresh_spotify(db: Session, owner: int, access: str, expires: str) -> None:
    update(db, "sessions", {"account_id": owner, "provider": SPOTIFY}, {"access_token": access, "expires_at": expires})


def disconnect_spotify(db: Session, owner: int) -> None:
    update(db, "accounts", {"id": owner}, {"spotify": None})
    delete(db, "sessions", {"account_id": owner, "provider": SPOTIFY})


def log_in(db: Session, owner: int, session: str, known: Known) -> None:
    values = {
        "id": session,
        "account_id": owner,
        "provider": known["provider"],
        "access_token": known["access"],
        "refresh_token": known["refresh"],
        "scopes": known["scopes"],
        "ip": known["ip"],
        "user_agent": known["agent"],
        "created_at": known["created"],
        "expires_at": known["expires"],
    }
    insert(db, "sessions", values)
    update(db, "accounts", {"id": owner}, {"last_login_at": known["created"]})


def log_out(db: Session, session: str, at: str) -> None:
    update(db, "sessions", {"id": session}, {"revoked_at": at})


def open_event(db: Session, owner: int, event: str, known: Known) -> None:
    values = {
        "id": event,
        "account_id": owner,
        "title": known["title"],
        "slug": known["slug"],
        "starts_at": known["starts"],
        "ends_at": known["ends"],
        "rules": _rules(known),
        "currency": known["currency"],
        "theme": None if known["theme"] is None else Jsonb(known["theme"]),
    }
    insert(db, "events", values)


def change_event(db: Session, event: str, known: Known) -> None:
    update(db, "events", {"id": event}, {"rules": _rules(known), "title": known["title"]})


def ask(db: Session, known: Known) -> int:
    values = {
        "kind": "received",
        "event_id": known["event"],
        "person": known["guest"],
        "contact": known["contact"],
        "channel": "web",
        "status": known["status"],
        "song": Jsonb({"uri": known["uri"], "artist": known["artist"], "title": known["title"]}),
        "body": known["note"],
        "tip": known["tip"],
        "votes": known["votes"],
        "created_at": known["at"],
    }
    request = int(insert(db, "messages", values))
    _count(db, known["event"], 1, known["tip"])
    return request


def answer(db: Session, request: int, status: str, at: str) -> None:
    update(db, "messages", {"kind": "received", "id": request}, {"status": status, "done_at": at})


def raise_tip(db: Session, event: str, request: int, more: str) -> None:
    values = {"tip": Expression("tip + %s::numeric", (more,)), "votes": Expression("votes + 1")}
    update(db, "messages", {"kind": "received", "id": request, "event_id": event}, values)
    _count(db, event, 0, more)


def notify(db: Session, owner: int, known: Known) -> int:
    values = {
        "kind": "sent",
        "account_id": owner,
        "about": known["request"],
        "channel": known["channel"],
        "status": "unread",
        "body": known["body"],
        "created_at": known["sent"],
    }
    return int(insert(db, "messages", values))


def mark_read(db: Session, notification: int, at: str) -> None:
    update(db, "messages", {"kind": "sent", "id": notification}, {"status": "read", "done_at": at})


def delete_account(db: Session, owner: int) -> None:
    delete(db, "messages", {"account_id": owner}, one=False)
    db.execute(DELETE_RECEIVED, (owner,))
    delete(db, "events", {"account_id": owner}, one=False)
    delete(db, "sessions", {"account_id": owner}, one=False)
    delete(db, "accounts", {"id": owner})


def read(db: Session, owner: int, kinds: list[str]) -> dict[str, Known]:
    return shape.read(db, "new", owner, kinds)


def _count(db: Session, event: str, requests: int, tips: str) -> None:
    """What the old shape adds up when it is asked, the new one keeps."""
    counted = {
        "request_count": Expression("request_count + %s::integer", (requests,)),
        "tips": Expression("tips + %s::numeric", (tips,)),
    }
    update(db, "events", {"id": event}, counted)


def _rules(known: Known) -> Expression:
    return Expression(RULES, (known["open"], known["explicit"], known["max_per_guest"], known["min_tip"]))


def _zulu(moment: str) -> str:
    """Within jsonb moments end in Z."""
    return moment.replace("+00:00", "Z")

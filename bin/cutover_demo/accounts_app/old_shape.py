"""The application as it was: seven tables. See :class:`cutover_demo.accounts_app.shape.Shape`."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from cutover_demo.accounts_app import shape
from cutover_demo.accounts_app.rows import Expression, Known, Session, delete, insert, update

ROLES = ("owner", "editor", "viewer")
PRODUCTS = ("free", "open", "premium")
PROVIDERS = ("google", "apple", "facebook")
STATUSES = ("waiting", "accepted", "played", "declined")
CHANNELS = ("email", "push", "sms")
PUT_SETTING = """
INSERT INTO public.settings (admin_id, name, value, updated_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (admin_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
"""
DELETE_REQUESTS = """
DELETE FROM public.requests AS r USING public.event_settings AS e WHERE r.event_id = e.id AND e.admin_id = %s
"""


def sign_up(db: Session, known: Known) -> int:
    values = {
        "email": known["email"],
        "display_name": known["name"],
        "password_hash": known["password"],
        "role_code": 1 + ROLES.index(known["role"]),
        "created_at": known["created"],
    }
    return int(insert(db, "admins", values))


def rename(db: Session, owner: int, name: str, role: str) -> None:
    update(db, "admins", {"id": owner}, {"display_name": name, "role_code": 1 + ROLES.index(role)})


def put_setting(db: Session, owner: int, name: str, known: Known) -> None:
    db.execute(PUT_SETTING, (owner, name, Jsonb(known["value"]), known["updated"]))


def drop_setting(db: Session, owner: int, name: str) -> None:
    delete(db, "settings", {"admin_id": owner, "name": name})


def connect_spotify(db: Session, owner: int, known: Known) -> None:
    values = {
        "id": known["id"],
        "admin_id": owner,
        "spotify_user_id": known["user"],
        "display_name": known["name"],
        "product_code": PRODUCTS.index(known["product"]),
        "country": known["country"],
        "scopes": known["scopes"],
        "access_token": known["access"],
        "refresh_token": known["refresh"],
        "token_expires_at": known["expires"],
        "connected_at": known["connected"],
    }
    insert(db, "spotify_auth", values)


def refresh_spotify(db: Session, owner: int, access: str, expires: str) -> None:
    update(db, "spotify_auth", {"admin_id": owner}, {"access_token": access, "token_expires_at": expires})


def disconnect_spotify(db: Session, owner: int) -> None:
    delete(db, "spotify_auth", {"admin_id": owner})


def log_in(db: Session, owner: int, session: str, known: Known) -> None:
    values = {
        "id": session,
        "admin_id": owner,
        "provider_code": 1 + PROVIDERS.index(known["provider"]),
        "access_token": known["access"],
        "refresh_token": known["refresh"],
        "scopes": known["scopes"],
        "ip": known["ip"],
        "user_agent": known["agent"],
        "created_at": known["created"],
        "expires_at": known["expires"],
    }
    insert(db, "oauth_sessions", values)
    update(db, "admins", {"id": owner}, {"last_login_at": known["created"]})


def log_out(db: Session, session: str, at: str) -> None:
    update(db, "oauth_sessions", {"id": session}, {"revoked_at": at})


def open_event(db: Session, owner: int, event: str, known: Known) -> None:
    values = {
        "id": event,
        "admin_id": owner,
        "title": known["title"],
        "slug": known["slug"],
        "starts_at": known["starts"],
        "ends_at": known["ends"],
        "requests_open": known["open"],
        "max_per_guest": known["max_per_guest"],
        "min_tip": known["min_tip"],
        "allow_explicit": known["explicit"],
        "currency": known["currency"],
        "theme": None if known["theme"] is None else Jsonb(known["theme"]),
    }
    insert(db, "event_settings", values)


def change_event(db: Session, event: str, known: Known) -> None:
    values = {"requests_open": known["open"], "max_per_guest": known["max_per_guest"], "min_tip": known["min_tip"]}
    update(db, "event_settings", {"id": event}, {**values, "title": known["title"]})


def ask(db: Session, known: Known) -> int:
    values = {
        "event_id": known["event"],
        "guest_name": known["guest"],
        "guest_contact": known["contact"],
        "track_uri": known["uri"],
        "artist": known["artist"],
        "title": known["title"],
        "note": known["note"],
        "tip": known["tip"],
        "votes": known["votes"],
        "status_code": STATUSES.index(known["status"]),
        "requested_at": known["at"],
    }
    return int(insert(db, "requests", values))


def answer(db: Session, request: int, status: str, at: str) -> None:
    update(db, "requests", {"id": request}, {"status_code": STATUSES.index(status), "answered_at": at})


def raise_tip(db: Session, event: str, request: int, more: str) -> None:
    values = {"tip": Expression("tip + %s::numeric", (more,)), "votes": Expression("votes + 1")}
    update(db, "requests", {"id": request, "event_id": event}, values)


def notify(db: Session, owner: int, known: Known) -> int:
    values = {
        "admin_id": owner,
        "request_id": known["request"],
        "channel_code": 1 + CHANNELS.index(known["channel"]),
        "body": known["body"],
        "sent_at": known["sent"],
    }
    return int(insert(db, "notifications", values))


def mark_read(db: Session, notification: int, at: str) -> None:
    update(db, "notifications", {"id": notification}, {"read_at": at})


def delete_account(db: Session, owner: int) -> None:
    delete(db, "notifications", {"admin_id": owner}, one=False)
    db.execute(DELETE_REQUESTS, (owner,))
    delete(db, "event_settings", {"admin_id": owner}, one=False)
    delete(db, "oauth_sessions", {"admin_id": owner}, one=False)
    delete(db, "admins", {"id": owner})  # settings and Spotify go with it


def read(db: Session, owner: int, kinds: list[str]) -> dict[str, Known]:
    return shape.read(db, "old", owner, kinds)

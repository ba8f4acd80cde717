"""Where a database is and how to log in: what an Airflow connection says, without Airflow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from psycopg.conninfo import make_conninfo

from cutover.errors import ConnectionUnknown


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """One Postgres database and a login. The password never shows in ``repr``.

    :param conn_id: the Airflow connection id that it came from.
    :param extra: further libpq parameters (``sslmode``, ``sslrootcert``, ``target_session_attrs`` ...).
    :param settings: what Cutover itself wants to know, from the connection's extra ``cutover`` (an object).
    :param kind: the connection's type in Airflow.
    :param headers: of a connection of type ``http``: what is sent with each call; may hold secrets.
    """

    conn_id: str
    host: str = "localhost"
    port: int = 5432
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    dbname: str = "postgres"
    extra: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "postgres"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def conninfo(self, **more: str | int) -> str:
        """Return a libpq connection string; ``more`` overrides (``application_name``, ``options`` ...)."""
        parameters: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.dbname,
            **self.extra,
            **more,
        }
        return make_conninfo("", **{k: v for k, v in parameters.items() if v is not None})

    def sqlalchemy_url(self) -> str:
        """Return the URL for SQLAlchemy with psycopg 3, as Great Expectations wants it."""
        login = quote(self.user or "", safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        query = "&".join(f"{k}={quote(v, safe='')}" for k, v in self.extra.items())
        url = f"postgresql+psycopg://{login}@{self.host}:{self.port}/{quote(self.dbname, safe='')}"
        return f"{url}?{query}" if query else url

    def label(self) -> str:
        """Return ``conn_id (host:port/dbname)``, safe to log."""
        return f"{self.conn_id} ({self.host}:{self.port}/{self.dbname})"


Resolver = Callable[[str], ConnectionInfo]


def from_fields(
    conn_id: str,
    *,
    host: str | None,
    port: int | str | None,
    login: str | None,
    password: str | None,
    schema: str | None,
    extra: Mapping[str, Any] | None,
    kind: str | None = None,
) -> ConnectionInfo:
    """Build a :class:`ConnectionInfo` from the fields of an Airflow connection.

    Extras that are no text or number (Airflow's own settings such as ``cursor``) are left out. Of a connection of type
    ``http``, ``dbname`` is the scheme, port 0 stands for the scheme's own, and extras are headers, as for Airflow.
    """
    http = kind in HTTP
    kept = {k: str(v) for k, v in (extra or {}).items() if isinstance(v, (str, int)) and k in LIBPQ_EXTRAS}
    own = (extra or {}).get("cutover")
    return ConnectionInfo(
        conn_id=conn_id,
        host=host or "localhost",
        port=int(port or (0 if http else 5432)),
        user=login,
        password=password,
        dbname=schema or ("" if http else "postgres"),
        extra={} if http else kept,
        settings={str(k): str(v) for k, v in own.items()} if isinstance(own, Mapping) else {},
        kind=ALIASES.get(kind or "", kind or "postgres"),
        headers=_headers(extra or {}) if http else {},
    )


def _headers(extra: Mapping[str, Any]) -> dict[str, str]:
    return {k: str(v) for k, v in extra.items() if isinstance(v, (str, int)) and k not in NO_HEADERS}


ALIASES = {"postgresql": "postgres", "https": "http", "file": "fs"}
HTTP = ("http", "https")
# What connections lead to: databases and the router's console; stores; what holds a key; webhooks.
KINDS = frozenset({"postgres", "aws", "fs", "generic", "http"} | ALIASES.keys())
# What Airflow's own http hook reads from the extra, and does not send.
NO_HEADERS = frozenset(
    {
        *("allow_redirects", "cert", "check_response", "cutover", "max_redirects", "proxies", "proxy", "srv_lookup"),
        *("stream", "timeout", "trust_env", "verify", "verify_ssl"),
    }
)
LIBPQ_EXTRAS = frozenset(
    {
        "sslmode",
        "sslcert",
        "sslkey",
        "sslrootcert",
        "sslcrl",
        "sslpassword",
        "sslsni",
        "channel_binding",
        "gssencmode",
        "krbsrvname",
        "require_auth",
        "connect_timeout",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "target_session_attrs",
        "hostaddr",
        "service",
        "passfile",
    }
)


def from_environment(conn_id: str) -> ConnectionInfo:
    """Read ``AIRFLOW_CONN_<ID>`` as JSON or URI, the two forms that Airflow itself takes.

    :raises ConnectionUnknown: the variable is not set or cannot be read.
    """
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    value = os.environ.get(name)
    example = '{"conn_type": "postgres", "host": "...", "login": "...", "password": "...", "schema": "..."}'
    if not value:
        raise ConnectionUnknown(
            f"connection {conn_id!r} is not defined: {name} is not set.", fix=f"export {name}='{example}'"
        )
    try:
        return _from_json(conn_id, value) if value.lstrip().startswith("{") else _from_uri(conn_id, value)
    except (ValueError, TypeError) as error:
        # The value itself may hold a password: it is never quoted.
        raise ConnectionUnknown(
            f"connection {conn_id!r}: {name} is neither JSON nor a URI ({type(error).__name__}).",
            fix=f"export {name}='{example}'",
        ) from None


def _from_json(conn_id: str, value: str) -> ConnectionInfo:
    data = json.loads(value)
    extra = data.get("extra") or {}
    if isinstance(extra, str):
        extra = json.loads(extra)
    return from_fields(
        conn_id,
        host=data.get("host"),
        port=data.get("port"),
        login=data.get("login"),
        password=data.get("password"),
        schema=data.get("schema"),
        extra=extra,
        kind=data.get("conn_type"),
    )


def _from_uri(conn_id: str, value: str) -> ConnectionInfo:
    parts = urlsplit(value)
    if not parts.scheme:
        raise ValueError("no scheme")
    return from_fields(
        conn_id,
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        schema=unquote(parts.path.lstrip("/")),
        extra=dict(parse_qsl(parts.query)),
        kind=parts.scheme,
    )

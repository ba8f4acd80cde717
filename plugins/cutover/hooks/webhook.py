"""A hook that tells another system where the run stands: JSON by POST to an Airflow connection of type http."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cutover.connections import ConnectionInfo, Resolver
from cutover.context import CancelToken
from cutover.errors import ConnectionUnknown
from cutover.hooks.calls import Call, NoReply, call
from cutover.hooks.errors import HookFailed, WebhookFailed, WebhookUnusable

HIDDEN = "***"
LEAST_SECRET = 4
FIXES = {
    401: "correct login, password or headers of the connection.",
    403: "correct login, password or headers of the connection.",
    404: "correct the address: the connection's host may hold a path (https://host/path).",
}


def send(
    conn_id: str, resolve: Resolver, document: Mapping[str, Any], *, key: str, timeout: float, cancel: CancelToken
) -> str:
    """POST ``document`` once and return what came back, in a few words; any status of 200 to 299 is a success.

    Neither the address nor anything else of the connection is in what this returns, logs or raises.

    :param key: the same one for every attempt, so that the receiver can tell a repetition: ``Idempotency-Key``.
    :raises WebhookUnusable: there is no such connection, or it is of another type.
    :raises WebhookFailed: nobody took it.
    :raises HookTimedOut: not in time.
    :raises Cancelled: an operator stopped the step.
    """
    info = usable(conn_id, resolve)
    what = _call(info, json.dumps(document).encode(), key)
    try:
        answer = call(what, timeout=timeout, cancel=cancel)
    except NoReply as error:
        fix = f"check host, port and schema (http or https) of the connection {conn_id!r}."
        raise WebhookFailed(f"{conn_id} cannot be reached: {_hidden(str(error), info)}.", fix=fix) from None
    except HookFailed as error:
        raise type(error)(f"{conn_id}: {error.short}", fix=error.fix) from None
    if not 200 <= answer.status < 300:
        said = _hidden(answer.text, info)
        fix = FIXES.get(answer.status, f"look at the receiver behind the connection {conn_id!r}.")
        raise WebhookFailed(f"{conn_id} answered with {answer.status}.", said=said, fix=fix)
    return f"{conn_id} answered with {answer.status}"


def usable(conn_id: str, resolve: Resolver) -> ConnectionInfo:
    """Return the webhook's connection.

    :raises WebhookUnusable: there is none, or it is for something else.
    """
    fix = f"add {conn_id!r} under Admin, Connections: type http; host, schema (http or https), port; a secret belongs"
    fix += " into login and password, or into the extra as a header."
    try:
        info = resolve(conn_id)
    except ConnectionUnknown as error:
        raise WebhookUnusable(error.what, fix=fix) from None
    if info.kind != "http":
        raise WebhookUnusable(f"the connection {conn_id!r} is of type {info.kind!r}, not http.", fix=fix)
    return info


def address(info: ConnectionInfo) -> str:
    """Return the URL that Airflow's own hook would make of the connection."""
    base = info.host if "://" in info.host else f"{info.dbname or 'http'}://{info.host}"
    if not info.port:
        return base
    scheme, _, rest = base.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place}:{info.port}{slash}{path}"


def _call(info: ConnectionInfo, body: bytes, key: str) -> Call:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, **info.headers}
    login = (info.user, info.password or "") if info.user else None
    if info.password and not info.user:
        headers.setdefault("Authorization", f"Bearer {info.password}")
    return Call("POST", address(info), headers, login, body)


def _hidden(text: str, info: ConnectionInfo) -> str:
    """Take out of an answer what it repeats of the connection."""
    url = address(info)
    path = url.partition("://")[2].partition("/")[2]
    secrets = [url, path, *path.split("/"), info.password or "", *info.headers.values()]
    secrets += [word for value in info.headers.values() for word in value.split()]
    for secret in sorted({each for each in secrets if len(each) >= LEAST_SECRET}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text

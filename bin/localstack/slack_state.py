"""What the recording Slack endpoint knows, accepts and refuses; no HTTP."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

LONGEST_TEXT = 40_000  # characters; Slack truncates beyond
MOST_BLOCKS = 50
CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{8,}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP: text is sent as such, an object as JSON."""

    status: int
    body: str | Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


class SlackState:
    """Messages by (channel, ts), and the faults that tests ask for.

    :param file: appended to, one JSON object per accepted call; None keeps them in memory only.
    :param token: the only token to accept; None accepts any.
    """

    def __init__(self, file: Path | None = None, token: str | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self._file = file
        self._token = token
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        if file is not None and file.exists():
            self.messages = [json.loads(line) for line in file.read_text().splitlines()]

    def inject(self, fault: Mapping[str, Any]) -> Reply:
        """Refuse coming calls: ``{"error": "ratelimited", "times": 2, "retry_after": 1}`` or another of Slack's errors.

        ``{"status": 500}`` makes it an HTTP error; ``"method": "chat.update"`` limits it to one method.
        ``{"delay": 5}`` refuses nothing: what the call asks for is done at once, and answered so many seconds later.
        """
        with self._lock:
            self._faults.append({"times": 1, **fault})
        return Reply(200, {"ok": True})

    def call(self, method: str, body: Mapping[str, Any], authorization: str | None) -> Reply:
        """Answer one call of the Web API."""
        with self._lock:
            delay = self._delay(method)
            reply = self._fault(method) or self._refusal(body, authorization) or self._accept(method, body)
        return replace(reply, delay=delay)

    def webhook(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Answer one post to an incoming webhook, ``T.../B.../X...``."""
        with self._lock:
            refused = self._fault("webhook")
            if refused:
                return refused
            if path.count("/") != 2:
                return Reply(404, "no_team")
            if error := _bad_message(body):
                return Reply(400, error)
            self._record("webhook", {**body, "webhook": path.split("/")[1]}, self._timestamp())
            return Reply(200, "ok")

    def _refusal(self, body: Mapping[str, Any], authorization: str | None) -> Reply | None:
        token = (authorization or "").removeprefix("Bearer ") or body.get("token")
        if not token:
            return _error("not_authed")
        return _error("invalid_auth") if self._token and token != self._token else None

    def _delay(self, method: str) -> float:
        for fault in self._faults:
            if fault["times"] > 0 and "delay" in fault and fault.get("method", method) == method:
                fault["times"] -= 1
                return float(fault["delay"])
        return 0.0

    def _fault(self, method: str) -> Reply | None:
        for fault in self._faults:
            if fault["times"] > 0 and "delay" not in fault and fault.get("method", method) == method:
                fault["times"] -= 1
                answer = {"ok": False, "error": fault.get("error", "internal_error")}
                if answer["error"] == "ratelimited":
                    return Reply(429, answer, {"Retry-After": str(fault.get("retry_after", 1))})
                return Reply(int(fault.get("status", 200)), answer)
        return None

    def _accept(self, method: str, body: Mapping[str, Any]) -> Reply:
        if method == "auth.test":
            return Reply(200, {"ok": True, "team": "local", "user": "cutover", "bot_id": "B0LOCAL"})
        if method == "conversations.history":
            return self._history(body)
        if method not in ("chat.postMessage", "chat.update"):
            return _error("unknown_method")
        update, channel, thread = method == "chat.update", str(body.get("channel") or ""), body.get("thread_ts")
        # As at Slack: a message goes to a name or an id, but is changed by the id only, which the first answer told.
        channel_id = channel if CHANNEL_ID.fullmatch(channel) else channel_id_of(channel)
        if not channel or (update and channel != channel_id):
            return _error("channel_not_found")
        if error := _bad_message(body):
            return _error(error)
        ts = str(body.get("ts")) if update else self._timestamp()
        if update and not self._known(channel_id, ts):
            return _error("message_not_found")
        if thread and not self._known(channel_id, str(thread)):
            return _error("thread_not_found")
        self._record(method, {**body, "channel_id": channel_id}, ts)
        said = {"text": body.get("text", ""), "ts": ts}
        return Reply(200, {"ok": True, "channel": channel_id, "ts": ts, "message": said})

    def _history(self, body: Mapping[str, Any]) -> Reply:
        """Answer as Slack does: the newest first, by the channel's id only, metadata where it is asked for."""
        channel, oldest = str(body.get("channel") or ""), float(body.get("oldest") or 0)
        if not CHANNEL_ID.fullmatch(channel):
            return _error("channel_not_found")
        unseen = str(body.get("include_all_metadata")).lower() in ("true", "1")
        shown = [
            {key: said[key] for key in ("ts", "text", "metadata") if key in said and (unseen or key != "metadata")}
            for said in reversed(self.messages)
            if said.get("channel_id") == channel and said["method"] == "chat.postMessage" and float(said["ts"]) > oldest
        ]
        most = int(body.get("limit") or 100)
        return Reply(200, {"ok": True, "messages": shown[:most], "has_more": len(shown) > most})

    def _known(self, channel_id: str, ts: str) -> bool:
        return any(said.get("channel_id") == channel_id and said["ts"] == ts for said in self.messages)

    def _record(self, method: str, body: Mapping[str, Any], ts: str) -> None:
        said = {"method": method, "at": time.time(), **{k: v for k, v in body.items() if k != "token"}, "ts": ts}
        self.messages.append(said)
        if self._file is not None:
            with self._file.open("a") as file:
                file.write(json.dumps(said) + "\n")

    def _timestamp(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"


def channel_id_of(name: str) -> str:
    """Return the id that the channel ``name`` has here."""
    return "C" + hashlib.sha256(name.lstrip("#").encode()).hexdigest()[:10].upper()


def _bad_message(body: Mapping[str, Any]) -> str | None:
    if not (body.get("text") or body.get("blocks") or body.get("attachments")):
        return "no_text"
    if len(str(body.get("text") or "")) > LONGEST_TEXT:
        return "msg_too_long"
    return "invalid_blocks" if len(body.get("blocks") or ()) > MOST_BLOCKS else None


def _error(name: str) -> Reply:
    return Reply(200, {"ok": False, "error": name})

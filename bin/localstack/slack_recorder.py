"""A recording endpoint that stands in for Slack: it keeps what it was told and answers as Slack would.

It is no Slack. It knows the Web API methods that Cutover uses and incoming webhooks, refuses what Slack refuses
(no token, no channel, no text, an unknown message), and can be told to refuse more. Each accepted message
is one line of JSON in a file. ``python -m localstack.slack_recorder --file messages.jsonl --port 21000``
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from localstack.ports import LOOPBACK
from localstack.slack_state import Reply, SlackState

TOKEN_VARIABLE = "CUTOVER_SLACK_TOKEN"  # the only token to accept; any where it is not set


class _Handler(BaseHTTPRequestHandler):
    """Turns requests into calls of :class:`SlackState`."""

    state: SlackState
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answers: dict[str, dict[str, Any]] = {"/_health": {"ok": True}, "/_messages": {"messages": self.state.messages}}
        self._answer(Reply(200, answers[path]) if path in answers else Reply(404, {"ok": False, "error": "not_found"}))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = self._parse(raw)
        except ValueError:
            self._answer(Reply(200, {"ok": False, "error": "invalid_json"}))
            return
        path = self.path.partition("?")[0]
        if path == "/_faults":
            self._answer(self.state.inject(body))
        elif path.startswith("/api/"):
            self._answer(self.state.call(path.removeprefix("/api/"), body, self.headers.get("Authorization")))
        elif path.startswith("/services/"):
            self._answer(self.state.webhook(path.removeprefix("/services/"), body))
        else:
            self._answer(Reply(404, {"ok": False, "error": "unknown_path"}))

    def _parse(self, raw: bytes) -> dict[str, Any]:
        text = raw.decode("utf-8")
        if "json" in (self.headers.get("Content-Type") or ""):
            parsed = json.loads(text or "{}")
            if not isinstance(parsed, dict):
                raise ValueError("no object")
            return parsed
        fields: dict[str, Any] = dict(parse_qsl(text, keep_blank_values=True))
        for name in ("blocks", "attachments", "payload"):  # JSON inside of a form
            if name in fields:
                fields[name] = json.loads(fields[name])
        return fields

    def _answer(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        plain = isinstance(reply.body, str)
        body = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/plain" if plain else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what matters is in the file."""


def make_server(state: SlackState, port: int = 0) -> ThreadingHTTPServer:
    """Return a server for ``state`` that is bound to ``port`` (0: any free one), not serving yet."""
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer((LOOPBACK, port), handler)
    server.daemon_threads = True
    return server


@contextmanager
def recording(file: Path | None = None, token: str | None = None) -> Iterator[tuple[SlackState, str]]:
    """Serve in a thread of this process; yield the state and the address (``http://127.0.0.1:PORT``)."""
    state = SlackState(file, token)
    server = make_server(state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state, f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what would go to Slack.")
    parser.add_argument("--file", type=Path, required=True, help="messages, one line of JSON each")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    make_server(SlackState(options.file, os.environ.get(TOKEN_VARIABLE)), options.port).serve_forever()


if __name__ == "__main__":
    main()

"""A real HTTP server for hooks: answers as it is told, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from localstack.ports import LOOPBACK, free_port


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Listener:
    """:param answer: request and its number, from 0 -> (status, headers, text); None keeps the caller waiting."""

    port: int
    answer: Callable[[Received, int], tuple[int, Mapping[str, str], str] | None]
    received: list[Received] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def always(status: int, text: str = "", **headers: str) -> Callable[[Received, int], Any]:
    """Answer every request in the same way."""
    return lambda request, number: (status, headers, text)


def one_by_one(*statuses: int) -> Callable[[Received, int], Any]:
    """Answer the first request with the first status and so on; the last one stays."""
    return lambda request, number: (statuses[min(number, len(statuses) - 1)], {}, f"answer {number}")


@contextlib.contextmanager
def listening(answer: Callable[[Received, int], Any], port: int | None = None) -> Iterator[Listener]:
    """Serve until the block ends."""
    listener = Listener(port or free_port(), answer)

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Received(self.command, self.path, dict(self.headers.items()), body)
            listener.received.append(request)
            found = listener.answer(request, len(listener.received) - 1)
            if found is None:
                listener.closing.wait()
                return
            status, headers, text = found
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(text.encode())

        do_GET = do_POST = _take

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, listener.port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(10)

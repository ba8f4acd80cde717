"""Hooks that fetch a URL, from a real HTTP server."""

from __future__ import annotations

import threading
import time

import pytest

from cutover import hooks
from cutover.errors import Cancelled
from localstack.ports import free_port
from support.hooking import Begin, until
from support.listener import always, listening, one_by_one

pytestmark = pytest.mark.engine


def test_the_status_decides(begin: Begin) -> None:
    with listening(always(204)) as service:
        ctx = begin({"when": "opened", "url": f"{service.url}/health?deep=1", "expect": 204})
        (result,) = hooks.run(ctx, "opened")
    assert (result["ok"], result["kind"], result["attempts"]) == (True, "url", 1)
    (request,) = service.received
    assert (request.method, request.path) == ("GET", "/health?deep=1")


def test_another_status_is_told_with_what_came_back(begin: Begin) -> None:
    with listening(always(500, "no <b>database</b>\n" + "x" * 10_000)) as service:
        ctx = begin({"when": "migrated", "name": "smoke", "url": service.url})
        with pytest.raises(hooks.HookFailed) as caught:
            hooks.run(ctx, "migrated")
    text = str(caught.value)
    assert text.startswith(f"[HOK004] hook 'smoke' (migrated): {service.url} answered with 500 instead of 200.")
    assert "no <b>database</b> xxx" in text and len(text) < 1000


def test_a_redirect_is_an_answer_of_its_own(begin: Begin) -> None:
    with listening(always(302, Location="/login")) as service:
        ctx = begin({"when": "opened", "url": service.url})
        (result,) = hooks.run(ctx, "opened")
    assert not result["ok"] and "302 instead of 200" in result["error"] and len(service.received) == 1


def test_a_service_that_is_starting_is_waited_for(begin: Begin) -> None:
    with listening(one_by_one(503, 503, 200)) as service:
        ctx = begin({"when": "opened", "url": service.url, "retry_for": "1m"})
        (result,) = hooks.run(ctx, "opened")
    assert (result["ok"], result["attempts"], len(service.received)) == (True, 3, 3)


def test_also_one_that_does_not_listen_yet(begin: Begin) -> None:
    port = free_port()
    ctx = begin({"when": "opened", "url": f"http://127.0.0.1:{port}/", "retry_for": "1m"})
    found: list[dict[str, object]] = []
    running = threading.Thread(target=lambda: found.extend(hooks.run(ctx, "opened")))
    running.start()
    time.sleep(0.2)  # nobody listens at its first try, which then takes no time
    with listening(always(200), port):
        running.join(20)
    (result,) = found
    assert result["ok"] and int(str(result["attempts"])) > 1


def test_in_the_end_it_gives_up(begin: Begin) -> None:
    port = free_port()
    ctx = begin({"when": "migrated", "url": f"http://127.0.0.1:{port}/", "retry_for": "2s"})
    began = time.monotonic()
    with pytest.raises(hooks.HookFailed, match=r"HOK004.* cannot be reached: .*refused"):
        hooks.run(ctx, "migrated")
    assert 2 <= time.monotonic() - began < 5


def test_a_service_that_says_nothing_is_late(begin: Begin) -> None:
    with listening(lambda request, number: None) as service:
        ctx = begin({"when": "migrated", "url": service.url, "timeout": "1s"})
        began = time.monotonic()
        with pytest.raises(hooks.HookFailed, match=r"HOK003.* no answer within 1 s"):
            hooks.run(ctx, "migrated")
        assert 0.9 < time.monotonic() - began < 3


def test_a_service_that_drips_is_late_too(begin: Begin) -> None:
    """Every byte in time, the whole not: a limit for each read would never end."""
    import socket

    with socket.create_server(("127.0.0.1", free_port())) as server:
        over = threading.Event()

        def drip() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(b"HTTP/1.1 500 Sorry\r\nContent-Length: 100000\r\n\r\n")
                while not over.wait(0.1):
                    try:
                        client.sendall(b"x")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        ctx = begin({"when": "migrated", "url": f"http://127.0.0.1:{server.getsockname()[1]}/", "timeout": "1s"})
        began = time.monotonic()
        with pytest.raises(hooks.HookFailed, match="HOK003"):
            hooks.run(ctx, "migrated")
        assert time.monotonic() - began < 3
        over.set()
        dripping.join(10)


def test_a_stop_is_heard_within_a_second(begin: Begin) -> None:
    with listening(lambda request, number: None) as service:
        ctx = begin({"when": "migrated", "url": service.url, "timeout": "1h"})
        stopped: list[float] = []

        def work() -> None:
            with pytest.raises(Cancelled):
                hooks.run(ctx, "migrated")
            stopped.append(time.monotonic())

        running = threading.Thread(target=work)
        running.start()
        until(lambda: service.received)
        began = time.monotonic()
        ctx.cancel.cancel()
        running.join(20)
    assert stopped and stopped[0] - began < 1


def test_a_certificate_that_nobody_vouches_for_is_refused(begin: Begin) -> None:
    """An https address that answers without TLS is the plainest of them."""
    with listening(always(200)) as service:
        ctx = begin({"when": "migrated", "url": service.url.replace("http:", "https:")})
        with pytest.raises(hooks.HookFailed, match="HOK004"):
            hooks.run(ctx, "migrated")
    assert service.received == []

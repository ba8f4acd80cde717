"""Hooks that run programs: what they get, what is seen of them, and that nothing of them is left when they end."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cutover import hooks
from cutover.errors import Cancelled
from cutover.hooks.output import LOGGED_LINES
from support.hooking import Begin, results, until

pytestmark = pytest.mark.engine

# A program with a child; both write down their pids. With "stubborn" neither ends when it is asked to.
FAMILY = """
import os, signal, subprocess, sys, time
child = "import signal, sys, time; "
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child += "signal.signal(signal.SIGTERM, signal.SIG_IGN); "
there = subprocess.Popen([sys.executable, "-c", child + "print('child', flush=True); time.sleep(600)"])
with open(sys.argv[1] + ".new", "w") as out:
    out.write(f"{os.getpid()} {there.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
print("both are there", flush=True)
time.sleep(600)
"""


def python(code: str, *arguments: str, **more: Any) -> dict[str, Any]:
    return {"when": "closing", "name": "it", "command": [sys.executable, "-c", code, *arguments], **more}


def gone(pid: int) -> bool:
    """Whether a process is no more; one that waits to be reaped by whoever took it over is no more, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().removeprefix("it | ") for record in caplog.records if " | " in record.getMessage()]


def test_its_lines_are_in_the_log_while_it_runs(begin: Begin, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    go = tmp_path / "go"
    code = "import os, sys, time\nprint('first', flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
    ctx = begin(python(code + "print('second\\r\\nthird'); print('no end of line', end='')", str(go)))
    running = threading.Thread(target=hooks.run, args=(ctx, "closing"))
    running.start()
    until(lambda: "first" in lines(caplog))
    assert "second" not in lines(caplog)
    go.touch()
    running.join(20)
    assert lines(caplog) == ["first", "second", "third", "no end of line"]


def test_what_it_returns(begin: Begin) -> None:
    ctx = begin(python("import sys; print('out'); print('err', file=sys.stderr)"))
    (result,) = hooks.run(ctx, "closing")
    assert (result["name"], result["kind"], result["ok"], result["attempts"]) == ("it", "command", True, 1)
    assert sorted(result["said"].splitlines()) == ["err", "out"] and result["error"] is None
    json.dumps(result)


def test_a_failure_names_the_hook_its_moment_and_its_last_words(begin: Begin) -> None:
    ctx = begin(python("import sys; [print('line', n) for n in range(100)]; sys.exit(3)"))
    with pytest.raises(hooks.HookFailed) as caught:
        hooks.run(ctx, "closing")
    text = str(caught.value)
    assert text.startswith("[HOK001] hook 'it' (closing): it ended with 3. Its last words:\nline 80\n")
    assert "line 99\n  To mend it: " in text and "line 79" not in text
    (event,) = results(ctx)
    assert event.data and event.data["ok"] is False and "it ended with 3" in event.text


def test_a_program_that_is_killed_is_told_so(begin: Begin) -> None:
    ctx = begin(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(hooks.HookFailed, match="it was ended by SIGKILL"):
        hooks.run(ctx, "closing")


@pytest.mark.parametrize("manner", ["obedient", "stubborn"])
def test_one_that_takes_too_long_is_ended_with_its_children(begin: Begin, tmp_path: Path, manner: str) -> None:
    ctx = begin(python(FAMILY, str(tmp_path / "pids"), manner, timeout="1s"))
    began = time.monotonic()
    with pytest.raises(hooks.HookFailed) as caught:
        hooks.run(ctx, "closing")
    assert time.monotonic() - began < 3
    assert caught.value.code == "HOK003" and "after 1 s" in caught.value.what and "both are there" in caught.value.what
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    until(lambda: all(map(gone, pids)), 2)


@pytest.mark.parametrize("manner", ["obedient", "stubborn"])
def test_a_stop_ends_it_with_its_children_within_a_second(begin: Begin, tmp_path: Path, manner: str) -> None:
    ctx = begin(python(FAMILY, str(tmp_path / "pids"), manner))
    raised: list[BaseException] = []

    def work() -> None:
        try:
            hooks.run(ctx, "closing")
        except Cancelled as error:
            raised.append(error)

    running = threading.Thread(target=work)
    running.start()
    pids = [int(pid) for pid in until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text()).split()]
    began = time.monotonic()
    ctx.cancel.cancel()
    running.join(20)
    until(lambda: all(map(gone, pids)), 2)
    assert time.monotonic() - began < 1.5
    assert len(raised) == 1
    assert results(ctx) == []


def test_a_stop_needs_no_word_of_the_thread_that_waits(begin: Begin, tmp_path: Path) -> None:
    """Airflow stops a task in a signal handler, in the very thread that follows the program."""
    ctx = begin(python(FAMILY, str(tmp_path / "pids"), "stubborn"))
    left: list[int] = []

    def stop(number: int, frame: object) -> None:
        canceller = threading.Thread(target=ctx.cancel.cancel)
        canceller.start()
        canceller.join(4)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        # The leader is waited for; a child, which we cannot reap, got the same SIGKILL and dies when scheduled.
        with contextlib.suppress(AssertionError):
            until(lambda: all(map(gone, pids)), 2)
        left.extend(pid for pid in pids if not gone(pid))

    def strike() -> None:
        until((tmp_path / "pids").exists)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        threading.Thread(target=strike).start()
        with pytest.raises(Cancelled):
            hooks.run(ctx, "closing")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert left == []


def test_a_stop_while_it_waits_for_its_next_try(begin: Begin) -> None:
    ctx = begin(python("raise SystemExit(1)", retry_for="1h"))
    threading.Timer(0.7, ctx.cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        hooks.run(ctx, "closing")
    assert time.monotonic() - began < 3


def test_children_of_one_that_fails_end_with_it(begin: Begin, tmp_path: Path) -> None:
    code = FAMILY.replace("time.sleep(600)\n", "sys.exit(1)\n").replace('time.sleep(600)"])', 'time.sleep(600)"])')
    ctx = begin(python(code, str(tmp_path / "pids"), "stubborn"))
    with pytest.raises(hooks.HookFailed, match="ended with 1"):
        hooks.run(ctx, "closing")
    until(lambda: all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split()), 2)


def test_what_it_leaves_in_the_background_keeps_nobody_waiting(begin: Begin, tmp_path: Path) -> None:
    """It holds the output open; a service that was started shall stay."""
    code = FAMILY.replace("time.sleep(600)\n", "sys.exit(0)\n")
    ctx = begin(python(code, str(tmp_path / "pids")))
    began = time.monotonic()
    (result,) = hooks.run(ctx, "closing")
    assert result["ok"] and time.monotonic() - began < 5
    _, child = map(int, (tmp_path / "pids").read_text().split())
    assert not gone(child)
    os.kill(child, 9)


def test_it_gets_facts_and_no_secret(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW_CONN_SHOP", "AWS_SECRET_ACCESS_KEY", "CUTOVER_SLACK_TOKEN", "PGPASSWORD"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    code = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
    ctx = begin(python(code, str(tmp_path / "environment")))
    hooks.run(ctx, "closing", {"rows": 5})
    seen = json.loads((tmp_path / "environment").read_text())
    seen.pop("LC_CTYPE", None)  # Python's own doing where there is no locale
    facts = json.loads(seen.pop("CUTOVER_FACTS"))
    assert facts["figures"] == {"rows": 5} and facts["run_id"] == "trial.1"
    assert seen["CUTOVER_RUN_ID"] == "trial.1" and seen["CUTOVER_MOMENT"] == "closing"
    assert (
        seen["CUTOVER_MIGRATION"] == "trial" and seen["CUTOVER_STATE"] == "preparing" and seen["TZ"] == "Europe/Berlin"
    )
    own = {name for name in seen if not name.startswith("CUTOVER_")}
    assert own <= {"PATH", "HOME", "LANG", "TZ"} and "hunter2" not in str(seen) + str(facts)


def test_there_is_no_shell_and_no_input(begin: Begin) -> None:
    ctx = begin(python("import sys; print(sys.argv[1]); print(repr(sys.stdin.read()))", "$HOME; echo `id` > /tmp/x"))
    (result,) = hooks.run(ctx, "closing")
    assert result["said"].splitlines() == ["$HOME; echo `id` > /tmp/x", "''"]


def test_passwords_that_it_prints_are_not_shown(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = "import sys; print('postgresql://app:hunter2@db/shop'); print('password=hunter2'); sys.exit(1)"
    ctx = begin(python(code))
    with pytest.raises(hooks.HookFailed) as caught:
        hooks.run(ctx, "closing")
    assert "postgresql://app:***@db/shop" in str(caught.value)
    told = [f"{event.text} {event.data}" for event in ctx.journal.events(ctx.run_id)]
    # The program itself is in the spec, which the journal keeps: only what it said counts.
    assert "hunter2" not in "\n".join([str(caught.value), caplog.text, *told])


def test_any_bytes_will_do(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    code = "import os; os.write(1, b'\\xff\\x00\\x1b[31mred\\x1b[0m\\n' + b'\\xc3');"
    code += "os.write(1, b'\\xa4\\n\\n' + b'x' * 5000)"
    ctx = begin(python(code))
    (result,) = hooks.run(ctx, "closing")
    red, a, *rest = lines(caplog)
    assert (red, a) == ("�red", "ä") and [len(part) for part in rest] == [2000, 2000, 1000]
    assert result["ok"]


def test_one_that_talks_without_end_fills_no_log(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ctx = begin(python("for n in range(200000): print('line', n)"))
    (result,) = hooks.run(ctx, "closing")
    logged = lines(caplog)
    assert len(logged) == LOGGED_LINES + 1 and "the rest is not logged" in logged[-1]
    assert result["said"].splitlines()[-1] == "line 199999"


def test_a_program_that_is_not_there_is_not_tried_again(begin: Begin) -> None:
    ctx = begin({"when": "closing", "command": ["no-such-program", "down"], "retry_for": "1h"})
    with pytest.raises(
        hooks.HookFailed, match=r"\[HOK002\] hook 'no-such-program down' \(closing\): there is no program"
    ):
        hooks.run(ctx, "closing")


def test_a_path_is_one_below_the_project(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cutover.sqlfiles import include_folder

    (tmp_path / "include").symlink_to(include_folder().absolute())
    monkeypatch.setenv("CUTOVER_INCLUDE", str(tmp_path / "include"))
    program = tmp_path / "bin" / "scale"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$1 in $(pwd)"\n')
    ctx = begin({"when": "closing", "command": ["bin/scale", "down"]})
    with pytest.raises(hooks.HookFailed, match="HOK002"):
        hooks.run(ctx, "closing")  # it is not executable
    program.chmod(0o755)
    (result,) = hooks.run(ctx, "closing")
    assert result["said"] == f"down in {tmp_path}" and result["name"] == "bin/scale down"


def test_it_is_tried_again_until_it_succeeds(begin: Begin, tmp_path: Path) -> None:
    code = "import sys; f = open(sys.argv[1], 'a+'); f.seek(0); n = len(f.read()); f.write('x'); sys.exit(n < 2)"
    ctx = begin(python(code, str(tmp_path / "count"), retry_for="1m"))
    (result,) = hooks.run(ctx, "closing")
    assert (result["ok"], result["attempts"]) == (True, 3)

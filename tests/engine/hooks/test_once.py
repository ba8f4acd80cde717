"""Each hook once, in order, and again only when the doors close or open a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cutover import hooks
from support.hooking import Begin, results

pytestmark = pytest.mark.engine


@pytest.fixture
def note(tmp_path: Path) -> Any:
    """``note("closing", "a")`` is a hook that writes its word down, and fails while a file ``<word>`` is there."""
    book = tmp_path / "book"
    book.touch()
    program = tmp_path / "note"
    program.write_text(f'#!/bin/sh\n[ -e "{tmp_path}/$1" ] && exit 1\necho "$1" >> {book}\n')
    program.chmod(0o755)

    def hook(when: str, word: str, **more: Any) -> dict[str, Any]:
        return {"when": when, "name": word, "command": [str(program), word], **more}

    return hook


@pytest.fixture
def written(tmp_path: Path) -> Any:
    return lambda: (tmp_path / "book").read_text().split()


def test_only_those_of_the_moment_in_the_order_of_the_spec(begin: Begin, note: Any, written: Any) -> None:
    ctx = begin(note("opened", "z"), note("closing", "b"), note("closed", "c"), note("closing", "a"))
    assert [result["name"] for result in hooks.run(ctx, "closing")] == ["b", "a"]
    assert written() == ["b", "a"]
    assert hooks.run(ctx, "migrated") == []


def test_a_migration_without_hooks_asks_nobody(begin: Begin) -> None:
    ctx = begin()
    assert hooks.run(ctx, "closing") == []
    assert ctx.journal.events(ctx.run_id, kind="hook") == []


def test_what_has_succeeded_is_not_repeated(begin: Begin, note: Any, written: Any, tmp_path: Path) -> None:
    ctx = begin(note("closing", "a"), note("closing", "b"), note("closing", "c"))
    (tmp_path / "b").touch()
    with pytest.raises(hooks.HookFailed, match="hook 'b'"):
        hooks.run(ctx, "closing")
    assert written() == ["a"]
    (tmp_path / "b").unlink()
    first, second, _ = hooks.run(ctx, "closing")
    assert written() == ["a", "b", "c"]
    assert first["skipped"] == "it has succeeded before" and "skipped" not in second
    hooks.run(ctx, "closing")
    assert written() == ["a", "b", "c"]
    assert [(event.data or {})["ok"] for event in results(ctx)] == [True, False, True, True]


def test_doors_that_close_again_need_their_hooks_again(begin: Begin, note: Any, written: Any) -> None:
    ctx = begin(note("closing", "down"), note("migrated", "smoke"), note("opening", "up"), note("opened", "probe"))
    for moment in ("closing", "closed", "migrated", "opening", "opened", "opened", "opening"):
        hooks.run(ctx, moment)
    assert written() == ["down", "smoke", "up", "probe"]
    # The way back after the window: doors closed once more, the backup restored.
    for moment in ("closing", "closed", "closed", "opening", "rolled_back", "rolled_back"):
        hooks.run(ctx, moment)
    assert written() == ["down", "smoke", "up", "probe", "down", "up"]


def test_a_run_that_goes_back_behind_closed_doors_closes_nothing_twice(begin: Begin, note: Any, written: Any) -> None:
    ctx = begin(note("closing", "down"), note("opening", "up"), note("rolled_back", "told"))
    for moment in ("closing", "closed", "closing", "closed", "opening", "rolled_back"):
        hooks.run(ctx, moment)
    assert written() == ["down", "up", "told"]


@pytest.mark.parametrize("moment", ["opened", "rolled_back"])
def test_after_the_doors_are_open_a_failure_breaks_nothing(
    begin: Begin, note: Any, written: Any, tmp_path: Path, moment: str
) -> None:
    ctx = begin(note(moment, "a"), note(moment, "b"))
    (tmp_path / "a").touch()
    failed, good = hooks.run(ctx, moment)
    assert (failed["ok"], failed["error"], good["ok"]) == (False, "it ended with 1.", True)
    assert written() == ["b"]
    verdicts = {check.object: (check.code, check.ok, check.blocks) for check in ctx.journal.checks(ctx.run_id)}
    assert verdicts == {"a": ("HOOK", False, False), "b": ("HOOK", True, False)}
    (tmp_path / "a").unlink()
    hooks.run(ctx, moment)
    assert written() == ["b", "a"]
    assert all(check.ok for check in ctx.journal.checks(ctx.run_id))


@pytest.mark.parametrize("moment", ["closing", "closed", "migrated", "opening"])
def test_before_that_it_does_unless_the_run_goes_back(
    begin: Begin, note: Any, written: Any, tmp_path: Path, moment: str
) -> None:
    ctx = begin(note(moment, "a"), note(moment, "b"))
    (tmp_path / "a").touch()
    with pytest.raises(hooks.HookFailed):
        hooks.run(ctx, moment)
    assert written() == []
    assert [result["ok"] for result in hooks.run(ctx, moment, must=False)] == [False, True]
    assert written() == ["b"]


def test_a_rehearsal_runs_none(begin: Begin, note: Any, written: Any) -> None:
    ctx = begin(note("closing", "a"), dry_run=True)
    (result,) = hooks.run(ctx, "closing")
    assert result["ok"] and result["skipped"] == "this is a rehearsal"
    assert written() == []


def test_what_is_missing_is_found_before_anything_is_closed(
    begin: Begin, note: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", '{"conn_type": "http", "host": "chat.example"}')
    good = [
        note("closing", "a"),
        {"when": "opened", "connection": "chat"},
        {"when": "opened", "url": "http://x.example"},
    ]
    bad = [
        {"when": "closed", "command": ["no-such-program"]},
        {"when": "closed", "command": ["bin/no-such"]},
        {"when": "opened", "connection": "nowhere"},
    ]
    ctx = begin(*good, *bad)
    found = hooks.obstacles(ctx)
    assert len(found) == 3 and found[0].startswith("hook 'no-such-program' (closed): there is no program")
    assert "'nowhere' is not defined" in found[2]

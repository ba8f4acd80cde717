"""Flags from the command line: looked at, set in an emergency, and written as flagd's file."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutover.cli.main import main
from cutover.connections import ConnectionInfo
from cutover.flags import FlagClient, FlagStore, Mode
from localstack.places import ROOT
from support.connections import Connections

pytestmark = pytest.mark.engine
NAME = "accounts_v2"
SPEC = """\
name: accounts_v2
title: Admins become accounts
strategy: dual_write
owner: identity
source: shop
schema: {up: up.sql, down: down.sql}
shapes: [{name: accounts, key: [id], rows: accounts.sql, from: {admins: SELECT r.id}}]
rollback: {window: 0s}
"""
FILES = {
    "up.sql": "CREATE TABLE accounts (id bigint PRIMARY KEY)",
    "down.sql": "DROP TABLE accounts",
    "accounts.sql": "SELECT id FROM admins",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A migration whose store is its source; Airflow is not set up."""
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path / "migrations"))
    monkeypatch.setenv("AIRFLOW_HOME", "/nowhere")
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    made = tmp_path / "migrations" / NAME
    made.mkdir(parents=True)
    for name, text in {"migration.yaml": SPEC, **FILES}.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def store(folder: Path, database: ConnectionInfo, make_connection: Connections) -> FlagStore:
    """Its flag, in the mode in which it may be set to any other but one."""
    made = FlagStore(make_connection("shop", database))
    made.set(made.create(NAME, by="run 1"), Mode.DUAL_WRITE_READ_OLD, shadow=100, by="run 1", note="as planned")
    return made


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(("flags", *argv))
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    found, out, err = run(capsys, *argv, "--json")
    assert found == code, out + err
    return json.loads(out)


def until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, "it does not come"
        time.sleep(0.02)


def test_what_holds_and_who_follows(capsys: pytest.CaptureFixture[str], store: FlagStore) -> None:
    code, out, _ = run(capsys, "show", NAME)
    assert code == 0 and out.startswith(f"{NAME}: dual_write_read_old (version 2), 100 % compared, set 20")
    assert "by run 1: as planned" in out and out.endswith("waiting for: nobody\n")
    assert run(capsys, "instances", NAME)[1].endswith("nobody follows it\n")
    with FlagClient(store.info, NAME, application="web", instance="web-1") as flags, flags.use() as use:
        version = store.set(store.get(NAME), Mode.OLD_ONLY).version
        use.read("order", 7, old=lambda: 1, new=lambda: 2)
        told = run_json(capsys, "show", NAME)
        assert (told["flag"]["version"], told["waiting_for"]) == (version, ["web-1"])
        (one,) = run_json(capsys, "instances", NAME)
        assert (one["application"], one["alive"], one["waited_for"]) == ("web", True, True)
        assert "web-1" in run(capsys, "instances", NAME)[1]
    assert run_json(capsys, "show", NAME)["shadow"] == [{"what": "order", "reads": 1, "mismatches": 1}]
    told = run_json(capsys, "mismatches", NAME, code=1)
    assert [(one["key"], one["old"], one["new"]) for one in told["mismatches"]] == [("7", "1", "2")]
    assert run_json(capsys, "mismatches", NAME, "--after", "999", code=1)["mismatches"] == []
    store.forget_mismatches(NAME)
    assert run(capsys, "mismatches", NAME) == (0, "there are none\n", "")


def test_set_obeys_the_rules_and_keeps_the_name(capsys: pytest.CaptureFixture[str], store: FlagStore) -> None:
    code, _, err = run(capsys, "set", NAME, "new_only", "--yes")
    assert code == 2 and "[FLG003]" in err and "go through dual_write_read_new" in err
    code, _, err = run(capsys, "set", NAME, "old")
    assert code == 2 and "[FLG002]" in err
    code, _, err = run(capsys, "set", NAME, "old_only")
    assert code == 2 and "flags set asks for confirmation" in err
    assert store.get(NAME).version == 2
    told = run_json(
        capsys, "set", NAME, "dual_write_read_new", "--read-new", "10", "--note", "the run is stuck", "--yes"
    )
    assert (told["flag"]["read_new"], told["flag"]["shadow"], told["waiting_for"]) == (10, 0, [])
    flag = store.get(NAME)
    assert (flag.mode, flag.note) == (Mode.DUAL_WRITE_READ_NEW, "the run is stuck")
    assert "(command line)" in str(flag.changed_by)
    told = run_json(capsys, "set", NAME, "dual_write_read_new", "--hold", "30s", "-y")
    assert told["flag"]["read_new"] == 10 and told["flag"]["held_for"] > 20, "what is not given stays"
    assert " held for " in run(capsys, "show", NAME)[1]


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 2)])
def test_it_says_what_is_going_to_happen(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    store: FlagStore,
    answer: str,
    code: int,
) -> None:
    terminal = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    found, _, err = run(capsys, "set", NAME, "old_only")
    assert found == code and store.get(NAME).mode == ("old_only" if answer == "yes" else "dual_write_read_old")
    assert "dual_write_read_old (version 2), 100 % compared" in err and "becomes old_only: 0 % of reads" in err
    assert "a run of the migration is not asked" in err


def test_somebody_answers_for_an_instance(capsys: pytest.CaptureFixture[str], store: FlagStore) -> None:
    with FlagClient(store.info, NAME, application="web", instance="web-1") as flags, flags.use():
        version = store.set(store.get(NAME), Mode.OLD_ONLY).version
        code, _, err = run(capsys, "excuse", NAME, "web-2", "-y")
        assert code == 2 and "[FLG001]" in err and "there are: web-1" in err
        code, out, _ = run(capsys, "excuse", NAME, "web-1", "-y")
        assert (code, out) == (0, f"web-1 is excused for version {version}.\nwaiting for: nobody\n")
        (one,) = store.instances(NAME)
        assert "(command line)" in str(one.excused_by)


def test_where_the_store_is(
    capsys: pytest.CaptureFixture[str], store: FlagStore, folder: Path, make_connection: Connections
) -> None:
    (folder / "migration.yaml").write_text(SPEC + "flags: {store: elsewhere}\n")
    code, _, err = run(capsys, "show", NAME)
    assert code == 2 and "'elsewhere' is not defined" in err
    make_connection("elsewhere", store.info)
    assert run(capsys, "show", NAME)[0] == 0
    assert run(capsys, "show", NAME, "--connection", "shop")[0] == 0
    code, _, err = run(capsys, "show", "other", "--connection", "shop")
    assert code == 2 and "[FLG001]" in err
    store.remove(NAME)
    code, _, err = run(capsys, "show", NAME)
    assert code == 2 and "[FLG001]" in err


@pytest.mark.parametrize(
    "argv", [("set", NAME), ("excuse", NAME), ("show", NAME, "x"), ("definitions", NAME, "--follow")]
)
def test_what_makes_no_sense_is_told(
    capsys: pytest.CaptureFixture[str], store: FlagStore, argv: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, *argv)
    assert (code, out) == (2, "") and err.startswith("[CLI001] ") and "To mend it" in err


def test_definitions_of_all_flags_of_the_store(
    capsys: pytest.CaptureFixture[str], store: FlagStore, tmp_path: Path
) -> None:
    store.create("other")
    printed = json.loads(run(capsys, "definitions", NAME)[1])
    assert set(printed["flags"]) == {f"{name}.{what}" for name in (NAME, "other") for what in MADE}
    file = tmp_path / "flags.json"
    file.write_text("what was there")
    file.chmod(0o640)
    assert run_json(capsys, "definitions", NAME, "--file", str(file))["file"] == str(file)
    assert json.loads(file.read_text()) == printed
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["flags.json"], "nothing beside it"
    assert file.stat().st_mode & 0o777 == 0o640, "whoever could read it still can"
    before = file.stat().st_ino
    run(capsys, "definitions", NAME, "--file", str(file))
    assert file.stat().st_ino == before, "the same is not written again"
    code, _, err = run(capsys, "definitions", NAME, "--file", str(tmp_path / "nowhere" / "flags.json"))
    assert code == 2 and "[FLG009]" in err
    for name in (NAME, "other"):
        store.remove(name)
    assert run_json(capsys, "definitions", NAME)["flags"] == {}


MADE = ("mode", "read-new", "shadow")


def test_the_file_follows_until_ctrl_c(store: FlagStore, tmp_path: Path) -> None:
    """In a process of its own, as people run it; also over a broken connection."""
    import psycopg

    file = tmp_path / "flags.json"
    command = [sys.executable, "-m", "cutover", "flags", "definitions", NAME, "--file", str(file), "--follow"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def mode(name: str = NAME) -> str | None:
        found = json.loads(file.read_text())["flags"] if file.exists() else {}  # never a part of a document
        return found.get(f"{name}.mode", {}).get("defaultVariant")

    try:
        until(lambda: mode() == "dual_write_read_old")
        for wanted in (Mode.OLD_ONLY, Mode.DUAL_WRITE_READ_OLD):
            store.set(store.get(NAME), wanted)
            until(lambda asked=wanted: mode() == asked)  # type: ignore[misc]
        with psycopg.connect(store.info.conninfo(), autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'cutover/flags/definitions'"
            )
        store.create("other")
        until(lambda: mode("other") == "old_only")
        store.remove("other")
        until(lambda: mode("other") is None)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130 and "stays as it is" in err and err.endswith("interrupted.\n")

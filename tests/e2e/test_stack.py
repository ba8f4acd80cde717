"""The two commands that people begin with: bin/up and bin/down, on a state folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cutover.connections import from_environment
from localstack.environment import child_environment
from localstack.errors import StackError
from localstack.places import ROOT, open_temp
from localstack.ports import free_port, is_free
from localstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def _bin(name: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ``bin`` as a user would, with the packages of the environment that runs this test."""
    env = {**child_environment(), "CUTOVER_STATE": str(folder), "CUTOVER_VENV": sys.prefix}
    del env["PYTHONPATH"]
    return subprocess.run([ROOT / "bin" / name, *arguments], env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="cutover-e2e-", dir=open_temp()))
    made.chmod(0o711)
    yield made
    Stack(made).down(purge=True)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def up(folder: Path) -> subprocess.CompletedProcess[str]:
    done = _bin("up", folder, "--port", str(free_port()))
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def _processes(folder: Path) -> list[str]:
    """Return the command lines of all processes that have something to do with ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
            cwd = str((entry / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in line or str(folder) in environment or cwd.startswith(str(folder)):
            found.append(line or entry.name)
    return found


def test_up_says_where_everything_is(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    stack = Stack(folder)
    for word in (stack.airflow.url, "admin", "olga", "victor", stack.airflow.logins()["olga"], "bin/down"):
        assert word in up.stdout


def test_airflow_is_healthy_and_every_role_may_sign_in(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    airflow = Stack(folder).airflow
    assert airflow.unhealthy() == []
    for user in ("admin", "olga", "victor"):
        assert airflow.api(user).get("/dags")["total_entries"] >= 0
    with pytest.raises(StackError, match="403"):
        airflow.api("victor").call("POST", "/variables", {"key": "x", "value": "y"})
    with pytest.raises(StackError, match="401"):
        type(airflow.api())(airflow.url, "admin", "wrong").get("/dags")


def test_every_dag_file_is_parsed_without_an_error(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    api = Stack(folder).api
    for file in sorted((ROOT / "dags").glob("*.py")):
        api.wait_for_dag(file.stem)
    assert api.get("/importErrors")["import_errors"] == []


def test_its_environment_leads_to_its_databases(
    up: subprocess.CompletedProcess[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in Stack(folder).env().items():
        if name.startswith("AIRFLOW_CONN_"):
            monkeypatch.setenv(name, value)
    versions = {}
    for conn_id in ("shop", "shop_green", "shop_pooled", "cutover_journal"):
        with psycopg.connect(from_environment(conn_id).conninfo(), prepare_threshold=None) as db:
            versions[conn_id] = db.info.server_version // 10000
            assert db.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
    assert versions == {"shop": 16, "shop_green": 18, "shop_pooled": 16, "cutover_journal": 18}


def test_no_secret_is_readable_by_others(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    secrets = list(json.loads((folder / "secrets.json").read_text()).values())
    readable = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o044]
    leaks = [(path.name, s[:4]) for path in readable for s in secrets if s.encode() in path.read_bytes()]
    assert leaks == []


def test_a_second_up_finds_it_running(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    before = json.loads((folder / "stack.json").read_text())
    assert _bin("up", folder).returncode == 0
    assert json.loads((folder / "stack.json").read_text()) == before


def test_up_mends_what_has_died(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    stack = Stack(folder)
    killed = [stack.registry.processes[name] for name in ("scheduler", "pooler")]
    for process in killed:
        os.kill(process.pid, signal.SIGKILL)
    stack.blue.stop("immediate")
    done = _bin("up", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    mended = Stack(folder)
    assert mended.airflow.unhealthy() == []
    assert mended.blue.pid is not None
    for process in killed:
        assert not process.alive
    assert all(mended.registry.alive(name) for name in ("scheduler", "pooler", "api-server"))
    workers = [line for line in _processes(folder) if line.startswith("airflow worker")]
    assert len(workers) <= 8, "the killed scheduler's workers are gone"


def test_down_leaves_nothing_running(up: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert len(_processes(folder)) > 10
    done = _bin("down", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _processes(folder) == []
    assert all(is_free(port) for port in Stack(folder).registry.ports.values())
    assert _bin("down", folder).returncode == 0, "nothing to stop is no error"


def test_what_was_there_is_there_again_after_a_restart_and_gone_after_a_purge(folder: Path) -> None:
    assert _bin("up", folder, "--no-airflow").returncode == 0
    stack = Stack(folder)
    stack.blue.psql("create table kept as select 42 as n", "shop")
    port = stack.blue.port
    assert _bin("down", folder).returncode == 0
    assert _bin("up", folder, "--no-airflow").returncode == 0
    again = Stack(folder)
    assert again.blue.port == port
    assert "42" in again.blue.psql("select n from kept", "shop")
    assert _bin("down", folder, "--purge").returncode == 0
    assert _processes(folder) == []
    assert not list(folder.rglob("PG_VERSION"))
    assert not (folder / "secrets.json").exists()


def test_a_failing_start_stops_what_it_started(folder: Path) -> None:
    broken = Stack(folder)
    broken.green.settings["shared_buffers"] = "much"
    with pytest.raises(StackError, match="shared_buffers"):
        broken.up(airflow=False, say=lambda _: None)
    assert _processes(folder) == []

"""Run a piece of Python as an ordinary user, whoever runs the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localstack.accounts import as_server
from localstack.environment import child_environment


def run_as_ordinary_user(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run ``program`` without root's rights, with this environment's packages and ``home/state`` as state folder.

    The test is skipped where no python is left that such a user may start (root's own one below /root, say).
    """
    packages = [path for path in sys.path if path.endswith("site-packages")]
    env = child_environment()
    env["PYTHONPATH"] = ":".join([env["PYTHONPATH"], *packages])
    env |= {"HOME": str(home), "CUTOVER_STATE": str(home / "state"), "PYTHONDONTWRITEBYTECODE": "1"}
    del env["VIRTUAL_ENV"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin")):
        if python and _run(python, "import psycopg", env).returncode == 0:
            return _run(python, program, env)
    pytest.skip(f"no {version} that {as_server() or 'this user'} may run")


def _run(python: str, program: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [python, "-c", program]
    try:
        return subprocess.run(command, **as_server(), env=env, cwd="/", capture_output=True, text=True, check=False)
    except PermissionError as error:
        return subprocess.CompletedProcess(command, 126, "", str(error))

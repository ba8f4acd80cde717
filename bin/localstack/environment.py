"""The virtual environment: made where it is missing, filled from the two locks, stamped with their hash."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from localstack import pgbouncer_binary
from localstack.errors import StackError
from localstack.installers import Installer, find_installer
from localstack.places import ROOT, state

LOCKS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")


def folder() -> Path:
    """Return the environment's folder: ``.venv``, or ``CUTOVER_VENV``."""
    return Path(os.environ.get("CUTOVER_VENV") or ROOT / ".venv").absolute()


def prepare() -> Path:
    """Make whatever is missing, saying so; return the environment's python.

    :raises StackError: with what could not be made and what mends it.
    """
    python = folder() / "bin" / "python"
    if not _is_ready(python):
        with (state() / "bootstrap.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two first starts at once: the second one waits, then finds it done
            if not _is_ready(python):
                _build(python)
    if pgbouncer_binary.find() is None:
        pgbouncer_binary.provide(_say)
    return python


def child_environment() -> dict[str, str]:
    """Return the environment for the project's programs: its own packages first, bytecode allowed."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME")}
    mine = [str(ROOT / "bin"), str(ROOT / "plugins")]
    old = [entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry and entry not in mine]
    env["PYTHONPATH"] = os.pathsep.join([*mine, *old])
    env["VIRTUAL_ENV"] = str(folder())
    env["PATH"] = os.pathsep.join([str(folder() / "bin"), env.get("PATH", os.defpath)])
    return env


def _fingerprint() -> str:
    facts = [lock.read_bytes() for lock in LOCKS]
    return hashlib.sha256(b"\0".join([*facts, sysconfig.get_python_version().encode()])).hexdigest()


def _is_ready(python: Path) -> bool:
    stamp = folder() / "cutover.stamp"
    return python.exists() and stamp.exists() and stamp.read_text() == _fingerprint()


def _build(python: Path) -> None:
    started = time.monotonic()
    if not _works(python):
        _say(f"making the virtual environment {folder()}")
        _make_venv()
    installer = find_installer(python, _say)
    _say(f"installing the packages of {' and '.join(lock.name for lock in LOCKS)} with {installer.name}")
    _install(installer, python)
    _say("compiling them, so that every start is quicker")
    site = folder() / "lib"
    subprocess.run([python, "-m", "compileall", "-q", "-j", "0", site], check=False, stdout=subprocess.DEVNULL)
    (folder() / "cutover.stamp").write_text(_fingerprint())
    _say(f"environment ready after {time.monotonic() - started:.0f} s")


def _install(installer: Installer, python: Path) -> None:
    try:
        installer.install(python, LOCKS)
    except StackError as error:
        # uv does not read pip's configuration: where only pip knows the way to the packages, pip it is.
        other = find_installer(python, _say, without_uv=True) if installer.name == "uv" else None
        if other is None:
            raise
        _say(f"uv could not install them ({str(error).splitlines()[-1]}): trying {other.name}")
        other.install(python, LOCKS)


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    asked = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True, text=True
    )
    return asked.returncode == 0 and asked.stdout.strip() == sysconfig.get_python_version()


def _make_venv() -> None:
    if folder().exists():
        if not (folder() / "pyvenv.cfg").exists():
            raise StackError(f"{folder()} exists and is no virtual environment.", fix=f"move {folder()} away.")
        shutil.rmtree(folder())
    # Without pip: Debian ships the venv module without ensurepip, and the installer brings its own pip.
    base = getattr(sys, "_base_executable", sys.executable)  # not the environment that is about to be replaced
    made = subprocess.run([base, "-m", "venv", "--without-pip", folder()], capture_output=True, text=True)
    if made.returncode:
        raise StackError(
            f"python could not make the virtual environment {folder()}: {made.stderr.strip() or made.stdout.strip()}",
            fix="install the distribution's python3-venv package.",
        )


def _say(text: str) -> None:
    print(f"cutover: {text}", file=sys.stderr, flush=True)

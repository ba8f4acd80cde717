"""Debian's and Ubuntu's packages: installed where we may, else unpacked into a folder of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from localstack.errors import StackError
from localstack.places import state


def available() -> bool:
    """Tell whether this system has apt and dpkg."""
    return all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg"))


def root_prefix() -> list[str] | None:
    """Return what goes before a command to run it as root without asking: nothing, sudo; None where we may not."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install(packages: Sequence[str]) -> bool:
    """Install ``packages`` with apt-get; False where we may not or it fails."""
    prefix = root_prefix()
    if prefix is None or not available():
        return False
    env = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    command = [*prefix, *env, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if _quietly(command):
        return True
    return _quietly([*prefix, *env, "apt-get", "update", "-q"]) and _quietly(command)


def unpack(folder: Path, packages: Sequence[str]) -> Path:
    """Download ``packages`` and unpack them below ``folder``, without being root and without installing.

    :returns: ``folder``, which then holds ``usr/...``.
    :raises StackError: apt cannot deliver them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cutover-debs-") as name:
        work = Path(name)
        work.chmod(0o755)  # as root, apt-get downloads under an account of its own
        if not _quietly(["apt-get", *_lists(packages[0]), "download", "-q", *packages], cwd=work):
            names = " ".join(packages)
            raise StackError(
                f"apt-get could not download {names}.", fix=f"install them yourself: apt-get install {names}"
            )
        for deb in work.glob("*.deb"):
            subprocess.run(["dpkg", "-x", deb, folder], check=True)
    return folder


def libraries_of(package: str) -> list[str]:
    """Return the library packages that ``package`` depends on directly, without the C library."""
    command = ["apt-cache", *_lists(package), "depends", "--no-recommends", "--no-suggests", package]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    names = [line.split(":", 1)[1].strip() for line in asked.stdout.splitlines() if "Depends:" in line]
    return [name for name in names if name.startswith("lib") and name != "libc6"]


def _lists(package: str) -> list[str]:
    """Return apt's options for package lists that know ``package``.

    None are needed where the system's do. A fresh container has none: private ones are fetched, without being root.
    """
    if _knows([], package):
        return []
    home = state() / "apt"
    for name in ("state/lists/partial", "cache/archives/partial"):
        (home / name).mkdir(parents=True, exist_ok=True)
    private = [
        f"-oDir::State={home}/state",
        f"-oDir::Cache={home}/cache",
        "-oDebug::NoLocking=1",
        "-oAPT::Sandbox::User=",
    ]
    options = [*private, "-oDir::State::status=/var/lib/dpkg/status"]
    if not _knows(options, package):
        _quietly(["apt-get", *options, "update", "-q"])
    return options


def _knows(options: Sequence[str], package: str) -> bool:
    # A package that is merely installed can be shown, but not downloaded: a candidate from a list is asked for.
    asked = subprocess.run(["apt-cache", *options, "madison", package], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and package in asked.stdout


def _quietly(command: Sequence[str | Path], cwd: Path | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0

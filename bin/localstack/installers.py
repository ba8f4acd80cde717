"""Ways to fill a virtual environment: uv where it is present, else a pip from wherever one can be had."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from localstack import apt
from localstack.errors import StackError
from localstack.places import state

Say = Callable[[str], None]
NO_PIP = "there is neither uv nor pip to install the packages with."
NO_PIP_FIX = "install the distribution's python3-venv package, or uv."


@dataclass(frozen=True, slots=True)
class Installer:
    """A command that installs; ``name`` is for people."""

    name: str
    command: tuple[str, ...]

    def install(self, python: Path, locks: Sequence[Path]) -> None:
        """Install exactly what ``locks`` pin (they are complete: nothing is resolved again).

        :raises StackError: with the end of what the installer said.
        """
        command = [*self.command, "--no-deps", *(part for lock in locks for part in ("-r", str(lock)))]
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")}
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        last: deque[str] = deque(maxlen=15)
        progress = _Progress(locks)
        for line in process.stdout:
            last.append(line)
            progress.saw(line)
        progress.done()
        if process.wait():
            raise StackError(
                f"{self.name} could not install the packages:\n{''.join(last).strip()}",
                fix="look at the last line; where packages come from is set by uv's or pip's own configuration.",
            )


class _Progress:
    """A line that counts packages: on a terminal it is rewritten, in a log every fiftieth is shown."""

    def __init__(self, locks: Sequence[Path]) -> None:
        pins = [line for lock in locks for line in lock.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)]
        self.total, self.seen = len(pins), 0

    def saw(self, line: str) -> None:
        found = re.match(r"\s*(?:Collecting|Requirement already satisfied:|\+) ?([A-Za-z0-9._-]+)", line)
        if not found:
            return
        self.seen += 1
        text = f"  {self.seen:3}/{self.total} {found[1]:50.50}"
        if sys.stderr.isatty():
            print(text, end="\r", file=sys.stderr, flush=True)
        elif self.seen % 50 == 0:
            print(text.rstrip(), file=sys.stderr, flush=True)

    def done(self) -> None:
        if sys.stderr.isatty():
            print(" " * 70, end="\r", file=sys.stderr, flush=True)


def find_installer(python: Path, say: Say, *, without_uv: bool = False) -> Installer:
    """Return the first way to install into the environment of ``python`` that works here.

    :raises StackError: there is none.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv and not without_uv:
        return Installer("uv", (uv, "pip", "install", "--python", str(python)))
    pip = _own_pip(python) or _system_pip(python) or _bundled_pip(python) or _unpacked_pip(python, say)
    if pip is None:
        raise StackError(NO_PIP, fix=NO_PIP_FIX)
    return Installer("pip", (*pip, "install", "--no-compile", "--disable-pip-version-check", "--no-input"))


def _own_pip(python: Path) -> tuple[str, ...] | None:
    asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return (str(python), "-m", "pip") if asked.returncode == 0 else None


def _system_pip(python: Path) -> tuple[str, ...] | None:
    """The system's pip can install into another environment since 22.3."""
    command = (sys.executable, "-m", "pip", "--python", str(python))
    asked = subprocess.run([*command, "--version"], capture_output=True, check=False)
    return command if asked.returncode == 0 else None


def _bundled_pip(python: Path) -> tuple[str, ...] | None:
    """A wheel of pip, as ensurepip and Debian's python3-pip-whl carry it, runs without being installed."""
    folders = [Path("/usr/share/python-wheels")]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip and ensurepip.origin:
        folders.append(Path(ensurepip.origin).parent / "_bundled")
    return _pip_of_wheels(python, folders)


def _unpacked_pip(python: Path, say: Say) -> tuple[str, ...] | None:
    if not apt.available():
        return None
    say("this python3 has no pip: unpacking the distribution's own (nothing is installed system-wide)")
    folder = apt.unpack(state() / "pip", ["python3-pip-whl"])
    return _pip_of_wheels(python, [folder / "usr/share/python-wheels"])


def _pip_of_wheels(python: Path, folders: Sequence[Path]) -> tuple[str, ...] | None:
    wheels = [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    return (str(python), str(wheels[-1] / "pip")) if wheels else None

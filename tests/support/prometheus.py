"""A real Prometheus, from Debian's package."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localstack import apt
from localstack.health import wait_until
from localstack.places import servers
from localstack.ports import free_port
from localstack.processes import launch


def program(name: str) -> Path:
    """Return ``prometheus`` or ``promtool``: the system's, or unpacked for us alone. :raises StackError: neither."""
    found = shutil.which(name)
    folder = servers() / "prometheus-package"
    if not found and not (folder / "usr/bin" / name).exists():
        apt.unpack(folder, ["prometheus"])
    return Path(found) if found else folder / "usr/bin" / name


def promtool(*arguments: str | Path, text: bytes | None = None) -> tuple[int, str]:
    """Run promtool; return its exit code and all that it said."""
    command = [str(program("promtool")), *map(str, arguments)]
    done = subprocess.run(command, input=text, capture_output=True, timeout=60, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


class Prometheus:
    """One that runs. :ivar url: its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the samples of a query."""
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as answer:
            return list(json.load(answer)["data"]["result"])

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running(folder: Path, config: str) -> Iterator[Prometheus]:
    """Run one with this configuration for the block."""
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    process = launch("Prometheus", command, log=folder / "prometheus.log")
    try:
        made = Prometheus(f"http://127.0.0.1:{port}")
        wait_until(made.ready, process, seconds=30)
        yield made
    finally:
        process.stop()

"""A PostgreSQL 15 of the operating system, where there is one: it has ICU, which the wheels' servers lack."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack.accounts import as_server, own
from localstack.cluster import SUPERUSER, Cluster
from localstack.settings import BASE, THROWAWAY, render
from localstack.throwaway import discard, fresh_folder

BIN = Path("/usr/lib/postgresql/15/bin")


class Debian15(Cluster):
    """The same cluster by other programs; 15 knows no ``scram_iterations``."""

    def tool(self, name: str) -> Path:
        return BIN / name

    def create(self) -> Debian15:
        """Initialise the data folder; nobody but the loopback's own user can reach it, so it asks no password."""
        self.folder.mkdir(parents=True)
        own(self.folder)
        options = ["-U", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        subprocess.run(
            [self.tool("initdb"), "-D", self.data, *options], **as_server(), cwd="/", check=True, capture_output=True
        )
        with (self.data / "postgresql.conf").open("a") as config:
            config.write("include = 'cutover.conf'\n")
        return self

    def _write_settings(self) -> None:
        known = {name: value for name, value in BASE.items() if name != "scram_iterations"}
        path = self.data / "cutover.conf"
        path.write_text(render({**known, **THROWAWAY, "port": self.port}))
        own(path)


def debian15() -> Iterator[Cluster]:
    """Yield a running PostgreSQL 15 and remove it; skip the test where none is installed."""
    if not (BIN / "postgres").exists():
        pytest.skip("no PostgreSQL 15 with ICU on this machine (Debian: apt-get install postgresql-15)")
    cluster = Debian15(15, fresh_folder("pg15")).create().start()
    yield cluster
    discard(cluster)

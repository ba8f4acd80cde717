"""PostgreSQL's own programs (psql, pg_dump, pgbench ...) run against one cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from localstack.errors import StackError
from localstack.pgbinaries import bin_folder
from localstack.ports import LOOPBACK

SUPERUSER = "postgres"


class Programs:
    """What a cluster inherits: programs of its own version, logged in as its superuser."""

    version: int
    port: int
    password: str

    def tool(self, name: str) -> Path:
        """Return the absolute path of ``psql``, ``pg_dump``, ``pgbench`` ... of this cluster's version."""
        return bin_folder(self.version) / name

    def env(self, dbname: str = SUPERUSER) -> dict[str, str]:
        """Return the process environment plus the PG* variables of the superuser's login to ``dbname``."""
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("PG")},
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self.password,
            "PGDATABASE": dbname,
        }

    def run(
        self, program: str, *arguments: str | Path, dbname: str = SUPERUSER, input: str | None = None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs against ``dbname`` and return it with its output as text.

        :raises StackError: it failed; with what it said.
        """
        command = [self.tool(program), *arguments]
        done = subprocess.run(
            command, env=self.env(dbname), input=input, text=True, capture_output=True, cwd="/", check=False, **more
        )
        if done.returncode:
            raise StackError(
                f"{program} on {LOOPBACK}:{self.port}/{dbname} ended with {done.returncode}: {done.stderr.strip()}"
            )
        return done

    def psql(self, script: str | Path, dbname: str = SUPERUSER) -> str:
        """Run SQL, or a file of it, by psql (so ``\\connect``, COPY data and dumps work); stop at the first error."""
        usual = ("-X", "-q", "-v", "ON_ERROR_STOP=1")
        if isinstance(script, Path):
            return self.run("psql", *usual, "-f", script, dbname=dbname).stdout
        return self.run("psql", *usual, dbname=dbname, input=script).stdout

    def pgbench(self, *arguments: str, dbname: str) -> str:
        """Run pgbench on ``dbname`` and return its report."""
        return self.run("pgbench", *arguments, dbname=dbname).stdout

    def pg_dump(self, *arguments: str, dbname: str) -> str:
        """Run pg_dump on ``dbname`` and return the dump (``--schema-only`` for comparing schemas)."""
        return self.run("pg_dump", *arguments, dbname=dbname).stdout

"""How many transactions a second a server makes of a script of pgbench."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cutover.connections import ConnectionInfo
from localstack.pgbinaries import bin_folder


def pgbench(info: ConnectionInfo, script: Path, seconds: int) -> float:
    """Transactions a second of two clients."""
    command = [str(bin_folder(18) / "pgbench"), "-n", "-c2", "-j1", f"-T{seconds}", "-f", str(script)]
    command += ["-h", info.host, "-p", str(info.port), "-U", info.user, info.dbname]
    environment = {**os.environ, "PGPASSWORD": info.password or ""}
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    (line,) = [line for line in said.splitlines() if line.startswith("tps")]
    return float(line.split()[2])

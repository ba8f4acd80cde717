"""The demo's copy of ``accounts_4``: the same migration, whose reads are watched for seconds instead of minutes."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from cutover.sqlfiles import include_folder
from cutover_demo.accounts_app.instance import MIGRATION
from cutover_demo.errors import DemoError
from localstack.airflow_api import AirflowApi

SOURCE = include_folder() / "migrations" / "accounts_4"
# Airflow looks for new specs every five seconds.
PATIENCE = 60.0


class SpecUnnoticed(DemoError):
    """Airflow does not offer the demo's copy of the migration."""

    code = "DEMO006"


@contextlib.contextmanager
def copied(*, shadow: int, hold: str, instances: int) -> Iterator[Path]:
    """Keep the copy beside the original, where every Airflow looks for migrations, until the end of the block.

    :param shadow: percent of reads that both sides are asked for. :param hold: how long each share of reads is watched.
    :param instances: as many processes have to follow the flag.
    """
    folder = SOURCE.with_name(MIGRATION)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    (folder / ".gitignore").write_text("*\n")
    path = folder / "migration.yaml"
    text = path.read_text(encoding="utf-8")
    for key, value in (
        ("name", MIGRATION),
        ("reads", f"{{shadow: {shadow}, steps: [1, 10, 50, 100], hold: {hold}}}"),
        ("flags", f"{{instances: {instances}}}"),
        ("watch", "{duration: 2s}"),
    ):
        text = re.sub(rf"^{key}:.*\n", "", text, flags=re.MULTILINE) + f"{key}: {value}\n"
    path.write_text(text, encoding="utf-8")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def await_offered(api: AirflowApi) -> None:
    """Wait until the form of ``dual_write`` has the copy. :raises SpecUnnoticed: it has not in time."""
    end = time.monotonic() + PATIENCE
    while MIGRATION not in str(api.get("/dags/dual_write/details")["params"]):
        if time.monotonic() > end:
            raise SpecUnnoticed(
                f"Airflow does not offer the migration {MIGRATION!r} after {PATIENCE:.0f} s.",
                fix="it looks where CUTOVER_MIGRATIONS says: see that include/migrations is among that.",
            )
        time.sleep(0.3)

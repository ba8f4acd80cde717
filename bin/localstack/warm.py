"""``airflow`` with its imports done: what ``python -m localstack.warm scheduler`` forks need not do them again.

Every task and every parsed DAG file is a fork of Airflow's own process, and each imports Cutover's engine first, which
takes most of a second; with Great Expectations it is four more. In turn, code that is changed later is not seen before
the next start: this is for stacks on which nobody develops.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

PACKAGES = ("cutover.journal", "cutover.messages", "cutover.postgres", "cutover.routing", "cutover.validation")
NEEDED: dict[str, tuple[str, ...]] = {"scheduler": ("great_expectations",), "dag-processor": ()}


def engine() -> None:
    """Import every module of the engine; none of them imports Airflow."""
    for name in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            importlib.import_module(module.name)


def main() -> None:
    """Import what the component's forks need, then be ``airflow`` with the same arguments."""
    # Numpy's library would start threads at once, which no fork has.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    engine()
    for name in NEEDED[sys.argv[1]]:
        importlib.import_module(name)
    from airflow.__main__ import main as airflow

    sys.argv[0] = "airflow"
    airflow()


if __name__ == "__main__":
    main()

"""From a bare checkout to a running program: virtual environment, packages, PgBouncer, then the program itself.

Runs on the system's python3 without any package. Each step leaves a stamp, so that a second start does nothing.
"""

import os
import sys

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def insist_on_python() -> None:
    """Go on with a newer python3 of this machine where this one is too old, or say what is needed."""
    if sys.version_info >= OLDEST:
        return
    import shutil

    for name in NEWER:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    have = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(f"Cutover needs python3 >= 3.11; this is {have}, and no newer one is on the PATH.")


def run(module: str, arguments: list) -> None:
    """Prepare what is missing, then replace this process by ``python -m module arguments`` of the environment.

    :param module: a module below ``bin`` or ``plugins``.
    """
    insist_on_python()
    from localstack.environment import child_environment, prepare
    from localstack.errors import StackError

    try:
        python = prepare()
    except StackError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next start goes on from here.")
    os.execve(python, [str(python), "-m", module, *arguments], child_environment())

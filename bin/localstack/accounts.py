"""Which account runs the servers: PostgreSQL and PgBouncer refuse to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from localstack.errors import StackError

CANDIDATES = ("nobody", "postgres", "daemon")


@cache
def server_account() -> pwd.struct_passwd:
    """Return the account that servers run as: the caller's own or, for root, an existing unprivileged one.

    ``CUTOVER_SERVER_USER`` names another one.

    :raises StackError: there is no such account.
    """
    if os.geteuid() != 0:
        try:
            return pwd.getpwuid(os.geteuid())
        except KeyError:
            raise StackError(
                f"the user id {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL refuses to run without one.",
                fix="run as a user that /etc/passwd knows.",
            ) from None
    wanted = os.environ.get("CUTOVER_SERVER_USER")
    for name in (wanted,) if wanted else CANDIDATES:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise StackError(
        f"no unprivileged account to run the servers as (looked for {wanted or ', '.join(CANDIDATES)}).",
        fix="set CUTOVER_SERVER_USER to an existing account other than root.",
    )


def as_server() -> dict[str, Any]:
    """Return the keywords for :mod:`subprocess` that run a child as :func:`server_account`."""
    if os.geteuid() != 0:
        return {}
    account = server_account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def own(path: Path) -> None:
    """Give ``path`` to the account that servers run as."""
    if os.geteuid() == 0:
        account = server_account()
        os.chown(path, account.pw_uid, account.pw_gid)


def reachable(folder: Path) -> bool:
    """Tell whether the servers' account may enter ``folder``: every parent has to let it pass.

    No mode of a parent is ever changed for it: a closed home stays closed.
    """
    if os.geteuid() != 0:
        return os.access(folder, os.R_OK | os.X_OK)
    account = server_account()
    return all(_may_pass(step, account) for step in (folder, *folder.parents))


def _may_pass(folder: Path, account: pwd.struct_passwd) -> bool:
    facts = folder.stat()
    if facts.st_uid == account.pw_uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.pw_gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def can_run(binary: Path) -> bool:
    """Tell whether the servers' account can execute ``binary`` where it lies."""
    try:
        found = subprocess.run([binary, "--version"], **as_server(), capture_output=True, cwd="/", check=False)
    except OSError:
        return False
    return found.returncode == 0

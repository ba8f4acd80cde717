"""Where the local stack keeps its state: one ignored folder, or what stands in for it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from localstack.accounts import own, reachable

ROOT = Path(__file__).resolve().parents[2]


def state() -> Path:
    """Return the state folder, ``.state`` or ``CUTOVER_STATE``, made where it is missing."""
    folder = Path(os.environ.get("CUTOVER_STATE") or ROOT / ".state").absolute()
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # the servers' account passes through, and sees no names
    return folder


def servers(home: Path | None = None) -> Path:
    """Return the folder for what the servers' account has to reach.

    It is ``servers`` in ``home`` (the state folder). Where that lies below a closed home (0700), the link
    ``servers-away`` names a folder below the system's temporary one instead.
    """
    home = home or state()
    here, link = home / "servers", home / "servers-away"
    if reachable(home):
        here.mkdir(exist_ok=True)
        own(here)
        return here
    if not link.exists():
        away = Path(tempfile.mkdtemp(prefix="cutover-servers-", dir=open_temp(lasting=True)))
        own(away)
        link.unlink(missing_ok=True)  # a link whose folder is gone
        with contextlib.suppress(FileExistsError):  # another process was quicker: its folder counts
            link.symlink_to(away)
    return link.resolve()


def open_temp(*, lasting: bool = False) -> Path:
    """Return a temporary folder that the servers' account can reach.

    :param lasting: prefer the one that outlives a restart of the machine.
    """
    usual = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))
    for folder in reversed(usual) if lasting else usual:
        if folder.is_dir() and reachable(folder):
            return folder.resolve()
    return usual[0]

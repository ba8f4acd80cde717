"""The main archive in memory, never on a disk, and its entries by the time at which they are restored."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres import toc
from cutover.postgres.programs import ProgramFailed, Programs
from cutover.postgres.task import Task

STEP = "restore"
# Memory is the server's to say; more than that made indexes of a few million rows no faster.
SETTINGS = {"synchronous_commit": "off"}
# Privileges come last: an owner may have taken his own away from himself, and then nobody could fill his table.
PRIVILEGES = re.compile(r"^\d+; \d+ \d+ (DEFAULT ACL|ACL) ")
# What a server may refuse without anybody losing a row: it is tried alone, and named where it fails.
OUTER = re.compile(r"^\d+; \d+ \d+ (COMMENT - )?(PUBLICATION|EVENT TRIGGER)\b")
UNWANTED = re.compile(rf"^\d+; \d+ \d+ ((COMMENT - )?SUBSCRIPTION|COMMENT - EXTENSION |{toc.OUR_TRIGGERS})")
BUILT = re.compile(r"^\d+; \d+ \d+ (INDEX|CONSTRAINT|FK CONSTRAINT) ")
SUBSCRIPTION = re.compile(r"^\d+; \d+ \d+ SUBSCRIPTION - (\S+)", re.MULTILINE)


class NotRestored(CutoverError):
    """pg_restore could not make something again; the database it was to go to is half filled."""

    code = "BAK023"


@dataclass(frozen=True, slots=True)
class Entries:
    """Lines of the archive's list, in its order.

    :ivar first: schemas and extensions; then ``pre``, ``data``, ``post`` (with all privileges), and ``outer``.
    :ivar subscriptions: names of what is left out: it would begin to follow somebody.
    """

    first: Sequence[str]
    pre: Sequence[str]
    data: Sequence[str]
    post: Sequence[str]
    outer: Sequence[str]
    subscriptions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Restoring:
    """The main archive, open in memory, and where it goes.

    :ivar odd: the server is too old to know every setting that pg_restore begins with.
    """

    tools: Programs
    info: ConnectionInfo
    handle: int
    odd: bool

    def entries(self, ctx: Task) -> Entries:
        """Read the list."""
        pre, data, post = (self._list(ctx, section) for section in ("pre-data", "data", "post-data"))
        wanted = [[line for line in lines if not UNWANTED.match(line)] for lines in (pre, data, post)]
        plain = [[line for line in lines if not (PRIVILEGES.match(line) or OUTER.match(line))] for lines in wanted]
        privileges = [line for lines in wanted for line in lines if PRIVILEGES.match(line)]
        return Entries(
            [line for line in plain[0] if toc.FIRST.match(line)],
            [line for line in plain[0] if not toc.FIRST.match(line)],
            plain[1],
            [*plain[2], *privileges],
            [line for lines in wanted for line in lines if OUTER.match(line)],
            [found[1] for line in post if (found := SUBSCRIPTION.match(line))],
        )

    def run(
        self,
        ctx: Task,
        entries: Sequence[str],
        *options: str,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Restore these entries.

        :raises NotRestored: with what pg_restore said.
        """
        if not entries:
            return
        with in_memory("\n".join(entries).encode() + b"\n") as chosen:
            stop = () if self.odd else ("--exit-on-error",)
            arguments = [*stop, *options, "-L", path(chosen), path(self.handle)]
            files = (chosen, self.handle)
            try:
                self.tools.run(ctx, "pg_restore", arguments, self.info, STEP, SETTINGS, meanwhile, files)
            except ProgramFailed as error:
                self.judge(error)

    def judge(self, error: ProgramFailed) -> None:
        """Let pass what means nothing. :raises NotRestored: it does."""
        if self.odd and toc.harmless(error.said):
            return
        raise NotRestored(
            f"not all of the rollback point can be made again in {self.info.label()}: {error.what}",
            fix=f"give {self.info.user!r} what it lacks there (include/sql/roles/backup.sql), empty the database, and"
            " run the step again.",
        ) from error

    def _list(self, ctx: Task, section: str) -> list[str]:
        arguments = ["-l", f"--section={section}", path(self.handle), "-f", "-"]
        listed = self.tools.run(ctx, "pg_restore", arguments, None, STEP, files=(self.handle,))
        return [line for line in listed.splitlines() if line[:1].isdigit()]


@contextmanager
def in_memory(data: bytes = b"") -> Iterator[int]:
    """Yield a file that is in memory only, with ``data`` in it."""
    handle = os.memfd_create("cutover")
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        yield handle
    finally:
        os.close(handle)


def path(handle: int) -> str:
    """Return how a program that inherits the file can open it, as often as it likes."""
    return f"/proc/self/fd/{handle}"

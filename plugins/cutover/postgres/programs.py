"""PostgreSQL's own client programs: found in the newest version there is, run so that an operator can stop them."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from psycopg.conninfo import make_conninfo

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.journal.safe import scrubbed
from cutover.postgres.task import Task

VARIABLE = "CUTOVER_PG_BIN"
DEBIAN = Path("/usr/lib/postgresql")
SECRETS = frozenset({"password", "sslpassword"})
SAID = 4000


class ProgramsMissing(CutoverError):
    """No pg_dump and pg_restore that are new enough for both servers."""

    code = "BGR026"


class ProgramFailed(CutoverError):
    """pg_dump or pg_restore ended with an error."""

    code = "BGR027"

    def __init__(self, what: str, *, said: str = "", fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.said = said


@dataclass(frozen=True, slots=True)
class Programs:
    """The client programs of one version, in one folder."""

    folder: Path
    major: int

    def run(
        self,
        ctx: Task,
        program: str,
        arguments: Sequence[str | Path],
        info: ConnectionInfo | None,
        step: str,
        settings: Mapping[str, str] | None = None,
        meanwhile: Callable[[], None] = lambda: None,
        files: Sequence[int] = (),
    ) -> str:
        """Run ``program`` against ``info`` (None: it needs no server) and return what it wrote to its standard output.

        The password goes by the environment, never by the command line, which everybody on the machine can read.

        :param settings: server settings of its sessions.
        :param meanwhile: called about once a second while it runs; what it raises ends the program.
        :param files: open files that it shall inherit, for arguments such as ``/proc/self/fd/7``.
        :raises ProgramFailed: with what it said.
        :raises Cancelled: an operator stopped the step; the program was ended, and with it its statements.
        """
        with _noted(ctx, program, arguments, info), ExitStack() as closing:
            said, wrote = (closing.enter_context(_in_memory()) for _ in range(2))
            environment = _environment(ctx, info, step, settings or {}, closing)
            command = [self.folder / program, *arguments, *(["-d", _place(info)] if info else [])]
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=wrote,
                stderr=said,
                start_new_session=True,
                pass_fds=files,
            )
            try:
                _await(ctx, process, meanwhile)
            finally:
                _end(process)
            wrote.seek(0)
            said.seek(0)
            if process.returncode:
                text = said.read().decode(errors="replace").strip()
                where = f" on {info.label()}" if info else ""
                raise ProgramFailed(f"{program}{where} ended with {process.returncode}: {text[:SAID]}", said=text)
            return wrote.read().decode(errors="replace")

    @contextmanager
    def reading(
        self,
        ctx: Task,
        program: str,
        arguments: Sequence[str | Path],
        info: ConnectionInfo,
        step: str,
        files: Sequence[int] = (),
    ) -> Iterator[IO[bytes]]:
        """Run ``program`` and yield its standard output as it comes; it must have succeeded by the end of the block.

        :raises ProgramFailed: with what it said; what was read is then worth nothing.
        :raises Cancelled: an operator stopped the step.
        """
        with self._piping(ctx, program, arguments, info, step, {}, out=True, files=files) as stream:
            yield stream

    @contextmanager
    def feeding(
        self,
        ctx: Task,
        program: str,
        arguments: Sequence[str | Path],
        info: ConnectionInfo,
        step: str,
        settings: Mapping[str, str] | None = None,
    ) -> Iterator[IO[bytes]]:
        """Run ``program`` and yield its standard input; with what was written by the end of the block it must succeed.

        :raises ProgramFailed: with what it said; its standard input breaks as soon as it ends.
        :raises Cancelled: an operator stopped the step.
        """
        with self._piping(ctx, program, arguments, info, step, settings or {}, out=False) as stream:
            yield stream

    @contextmanager
    def _piping(
        self,
        ctx: Task,
        program: str,
        arguments: Sequence[str | Path],
        info: ConnectionInfo,
        step: str,
        settings: Mapping[str, str],
        *,
        out: bool,
        files: Sequence[int] = (),
    ) -> Iterator[IO[bytes]]:
        with _noted(ctx, program, arguments, info), ExitStack() as closing:
            said = closing.enter_context(_in_memory())
            process = subprocess.Popen(
                [self.folder / program, *arguments, "-d", _place(info)],
                env=_environment(ctx, info, step, settings, closing),
                stdin=subprocess.DEVNULL if out else subprocess.PIPE,
                stdout=subprocess.PIPE if out else subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                pass_fds=files,
            )
            stream = process.stdout if out else process.stdin
            assert stream is not None
            # Whoever waits for the program cannot look at the operator's wish; the program's end wakes him.
            closing.callback(ctx.cancel.on_cancel(process.terminate))
            broken: OSError | None = None
            try:
                ctx.cancel.check()  # whoever was stopped before that does not begin
                try:
                    yield stream
                    stream.close()  # of its input this is the end
                except BrokenPipeError as error:  # it ended before it had all: why, it has said
                    broken = error
                process.wait()
            finally:
                _end(process)
                _close(stream)
            ctx.cancel.check()
            said.seek(0)
            if process.returncode:
                text = said.read().decode(errors="replace").strip()
                raise ProgramFailed(
                    f"{program} on {info.label()} ended with {process.returncode}: {text[:SAID]}", said=text
                )
            if broken:
                raise broken


def find(*server_versions: int) -> Programs:
    """Return programs that are at least as new as every server: of CUTOVER_PG_BIN, else PATH, else Debian's folders.

    :param server_versions: as ``PGconn.server_version`` says them (160014).
    :raises ProgramsMissing: naming what there is.
    """
    wanted = max(version // 10000 for version in server_versions)
    there = [found for folder in _folders() if (found := _look(folder))]
    fitting = next((found for found in there if found.major >= wanted), None)
    if fitting is None:
        have = ", ".join(f"{found.major} in {found.folder}" for found in there) or "none at all"
        raise ProgramsMissing(
            f"pg_dump and pg_restore of version {wanted} or newer are needed, and there is {have}.",
            fix=f"install postgresql-client-{wanted} where tasks run, or name its programs' folder in {VARIABLE}.",
        )
    return fitting


def _folders() -> list[Path]:
    named = os.environ.get(VARIABLE)
    on_path = shutil.which("pg_restore")
    debian = sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda folder: -int(re.sub(r"\D", "", folder.parent.name)))
    return [*([Path(named)] if named else []), *([Path(on_path).parent] if on_path else []), *debian]


@cache
def _look(folder: Path) -> Programs | None:
    majors = [_major(folder / program) for program in ("pg_dump", "pg_restore")]
    known = [major for major in majors if major is not None]
    return Programs(folder, min(known)) if len(known) == len(majors) else None


def _major(program: Path) -> int | None:
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return None
    found = re.search(r"\) (\d+)", asked.stdout)
    return int(found[1]) if found and asked.returncode == 0 else None


def _noted(
    ctx: Task, program: str, arguments: Sequence[str | Path], info: ConnectionInfo | None
) -> AbstractContextManager[None]:
    """Have the run's record show the command line; where it went is said by the connection's id."""
    here = tempfile.gettempdir() + os.sep
    # A temporary file's folder has another name each time, an open file another number.
    shown = [Path(each).name if str(each).startswith(here) else str(each) for each in arguments]
    text = scrubbed(re.sub(r"/proc/self/fd/\d+", "/proc/self/fd/N", shlex.join([program, *shown])))
    return recording.noted(ctx.run_id, "program", info.conn_id if info else "", text)


def _place(info: ConnectionInfo) -> str:
    parts = {"host": info.host, "port": info.port, "user": info.user, "dbname": info.dbname, **info.extra}
    shown = {name: str(value) for name, value in parts.items() if value is not None and name not in SECRETS}
    return make_conninfo("", **shown, **({"service": "cutover"} if "sslpassword" in info.extra else {}))


def _environment(
    ctx: Task, info: ConnectionInfo | None, step: str, settings: Mapping[str, str], closing: ExitStack
) -> dict[str, str]:
    env = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": f"cutover/{ctx.run_id}/{step}"[:63]}
    env["PGOPTIONS"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
    if info is None:
        return env
    if info.password:
        env["PGPASSWORD"] = info.password
    if "sslpassword" in info.extra:  # no variable of its own: a service file in a folder that only we can enter
        file = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="cutover-"))) / "service.conf"
        file.write_text(f"[cutover]\nsslpassword={info.extra['sslpassword']}\n")
        env["PGSERVICEFILE"] = str(file)
    return env


def _await(ctx: Task, process: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> None:
    called = time.monotonic()
    while process.poll() is None:
        ctx.cancel.wait(0.05)
        if time.monotonic() - called >= 1.0:
            meanwhile()
            called = time.monotonic()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop it if it still runs: on SIGTERM these programs cancel their statements on the server first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _in_memory() -> IO[bytes]:
    """What programs say may quote rows, which are nobody's business on a disk.

    Appended to: several processes of one program write at once, and would otherwise write over each other's words.
    """
    handle = os.memfd_create("cutover")
    fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_APPEND)
    return os.fdopen(handle, "w+b")


def _close(stream: IO[bytes]) -> None:
    with suppress(OSError):  # what was still to be written, to a program that has ended
        stream.close()

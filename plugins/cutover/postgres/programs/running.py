"""Run a client program, and stop it when the task is stopped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cutover.connections import ConnectionInfo
from cutover.postgres.programs.errors import ProgramFailed
from cutover.postgres.programs.process import close, end, environment, in_memory, noted, place, until_over
from cutover.postgres.task import Task

SAID = 4000


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
        with noted(ctx, program, arguments, info), ExitStack() as closing:
            said, wrote = (closing.enter_context(in_memory()) for _ in range(2))
            command = [self.folder / program, *arguments, *(["-d", place(info)] if info else [])]
            process = subprocess.Popen(
                command,
                env=environment(ctx, info, step, settings or {}, closing),
                stdin=subprocess.DEVNULL,
                stdout=wrote,
                stderr=said,
                start_new_session=True,
                pass_fds=files,
            )
            try:
                until_over(ctx, process, meanwhile)
            finally:
                end(process)
            _insist(process, program, info, said)
            wrote.seek(0)
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
        with noted(ctx, program, arguments, info), ExitStack() as closing:
            said = closing.enter_context(in_memory())
            process = subprocess.Popen(
                [self.folder / program, *arguments, "-d", place(info)],
                env=environment(ctx, info, step, settings, closing),
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
                end(process)
                close(stream)
            ctx.cancel.check()
            _insist(process, program, info, said)
            if broken:
                raise broken


def _insist(process: subprocess.Popen[bytes], program: str, info: ConnectionInfo | None, said: IO[bytes]) -> None:
    """:raises ProgramFailed: it has ended with an error."""
    if process.returncode:
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
        where = f" on {info.label()}" if info else ""
        raise ProgramFailed(f"{program}{where} ended with {process.returncode}: {text[:SAID]}", said=text)

"""Several pieces of work at a time; when one fails or the task is stopped, all of them stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from cutover.context import CancelToken
from cutover.errors import Cancelled
from cutover.postgres.task import Task, Work

Result = TypeVar("Result")
Job = Callable[[Task], Result]


def together(ctx: Task, jobs: Sequence[Callable[[Task], Result]], workers: int) -> list[Result]:
    """Do all jobs, ``workers`` at a time, the first ones first; return what they return, in their order.

    :raises Exception: what went wrong first, after the others have ended.
    """
    own = CancelToken()
    task = Work(ctx.run_id, ctx.log, own, ctx.journal)
    let_go = ctx.cancel.on_cancel(own.cancel)
    try:
        ctx.cancel.check()
        with ThreadPoolExecutor(max(1, workers), thread_name_prefix="cutover-backup") as pool:
            working = [pool.submit(_do, job, task) for job in jobs]
            try:
                wait(working, return_when=FIRST_EXCEPTION)
            finally:
                if any(each.done() and each.exception() for each in working) or not all(e.done() for e in working):
                    own.cancel()
        failed = [error for each in working if (error := each.exception())]
        ctx.cancel.check()
        for error in sorted(failed, key=lambda error: isinstance(error, Cancelled)):
            raise error  # what went wrong, before those whom that has stopped
        return [each.result() for each in working]
    finally:
        let_go()


def _do(job: Callable[[Task], Result], task: Task) -> Result:
    task.cancel.check()
    return job(task)

"""What PostgreSQL's programs say is kept word for word, however many processes of one say it at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cutover.postgres.programs import ProgramFailed, Programs
from cutover.postgres.task import Work

JOBS, LINES = 6, 400
# Each line in one write, as pg_restore's jobs do it.
CHATTERING = f"""#!/bin/sh
for job in $(seq {JOBS}); do
    (for line in $(seq {LINES}); do echo "pg_restore: error: job $job says line $line" >&2; done) &
done
wait
exit 1
"""


def test_jobs_do_not_write_over_each_other_s_words(tmp_path: Path) -> None:
    program = tmp_path / "pg_restore"
    program.write_text(CHATTERING)
    program.chmod(0o755)
    with pytest.raises(ProgramFailed) as failed:
        Programs(tmp_path, 18).run(Work("manual"), "pg_restore", [], None, "test")
    said = Counter(failed.value.said.splitlines())
    wanted = [
        f"pg_restore: error: job {job} says line {line}" for job in range(1, JOBS + 1) for line in range(1, LINES + 1)
    ]
    assert said == Counter(wanted)

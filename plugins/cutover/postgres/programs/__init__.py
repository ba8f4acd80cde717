"""PostgreSQL's own client programs: found in the newest version there is, run so that an operator can stop them."""

from cutover.postgres.programs.errors import ProgramFailed, ProgramsMissing
from cutover.postgres.programs.finding import VARIABLE, find
from cutover.postgres.programs.running import Programs

__all__ = ["VARIABLE", "ProgramFailed", "Programs", "ProgramsMissing", "find"]

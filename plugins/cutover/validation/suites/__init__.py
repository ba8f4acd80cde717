"""Great Expectations suites: what people want to read and extend, run against the new side of a migration.

Parts: ``tables`` (what is judged), ``files`` (where suites come from), ``facts`` and ``builder`` (templates become
expectations per table), ``subject`` (the sessions that the suites see), ``gx`` (the checkpoint), ``verdicts`` (its
results as checks), ``runner`` (all of it).
"""

from cutover.validation.suites.errors import SuiteBroken, SuiteCannotRun, SuiteUnknown
from cutover.validation.suites.runner import comparing, run
from cutover.validation.suites.tables import SuiteTable

__all__ = ["SuiteBroken", "SuiteCannotRun", "SuiteTable", "SuiteUnknown", "comparing", "run"]

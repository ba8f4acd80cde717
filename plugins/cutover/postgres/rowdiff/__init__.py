"""A row diff that cannot lie: it names the rows and columns that differ, under live writes.

Parts: ``types`` and ``predicates`` (when do two rows differ), ``keys`` and ``keycheck`` (which rows belong together),
``chunks`` (which rows next), ``pairs``, ``pending`` and ``compare`` (one look at one part, in one snapshot),
``details`` (the values), ``workers`` and ``again`` (who looks when), ``verdict`` (the sum), ``within`` (two tables of
one database); ``hashing``, ``merge``, ``suspicion`` and ``across`` (two tables of two databases).
"""

from cutover.postgres.rowdiff.across import diff_across
from cutover.postgres.rowdiff.errors import DiffImpossible, KeyHasNulls, KeyNotUnique
from cutover.postgres.rowdiff.model import ColumnDifference, ComparedColumn, Difference, RowDiff, Side
from cutover.postgres.rowdiff.within import diff_tables

__all__ = [
    "ColumnDifference",
    "ComparedColumn",
    "DiffImpossible",
    "Difference",
    "KeyHasNulls",
    "KeyNotUnique",
    "RowDiff",
    "Side",
    "diff_across",
    "diff_tables",
]

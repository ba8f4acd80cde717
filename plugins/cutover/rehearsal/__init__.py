"""Rehearsals on staging: copies of databases, the same DAGs on them, a verdict, and nothing left behind.

Parts: ``staging`` and ``settling`` (what stands for which connection), ``choosing`` (which migrations), ``shortened``
(what a rehearsal does not wait for), ``cloning``, ``fastest`` and ``sensitive`` (the copies), ``likeness`` (is all
as it was?), ``clearing`` (whatever was made is removed), ``figures``, ``forecast``, ``changes`` and ``judging`` (go or
no-go), ``report`` and ``nights`` (what is said of a night).
"""

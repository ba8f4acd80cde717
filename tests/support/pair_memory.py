"""Runs the copy in a process of its own and prints its peak memory in MB: ``python -m support.pair_memory RUN``."""

from __future__ import annotations

import resource
import sys

from support import pair_child

if __name__ == "__main__":
    sys.argv.append("copy")
    pair_child.main()
    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))

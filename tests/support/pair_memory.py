"""Runs the copy in a process of its own and prints its peak memory in MB: ``python -m support.pair_memory RUN``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from support import pair_child

if __name__ == "__main__":
    sys.argv.append("copy")
    pair_child.main()
    status = Path("/proc/self/status").read_text()  # rusage would count what the parent had when it was forked
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert peak is not None
    sys.stdout.write(str(int(peak[1]) // 1024))

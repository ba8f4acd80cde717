"""``python -m cutover``: see docs/cli.md."""

from __future__ import annotations

import sys

from cutover.cli.main import main

sys.exit(main())

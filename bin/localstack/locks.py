"""``bin/lock``: make the two locks anew from their inputs, for every Python and platform that we support.

The locks name packages and versions, never the host they came from: everybody installs from where they are used to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from localstack.places import ROOT

PYTHON = "3.11"


def main(arguments: list[str]) -> int:
    """Run ``uv pip compile`` on both inputs; ``arguments`` go to it (``--upgrade-package NAME`` ...)."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        print("bin/lock needs uv, which is not on the PATH: pip install uv", file=sys.stderr)
        return 1
    plain = ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    for name in ("requirements", "requirements-dev"):
        command = [uv, "pip", "compile", f"{name}.in", "--universal", "--python-version", PYTHON, *plain]
        done = subprocess.run([*command, "--output-file", f"{name}.txt", *arguments], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
        print(f"{name}.txt: {_pins(name)} packages")
    return 0


def _pins(name: str) -> int:
    return sum("==" in line and not line.startswith(" ") for line in (ROOT / f"{name}.txt").read_text().splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Keep files in a folder of this machine."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder; call it with a file and a name to keep it there."""

    folder: Path

    def __call__(self, file: Path, name: str) -> str:
        """Copy ``file`` to ``folder/<name>``, all of it or nothing, and return where it is."""
        kept = self.folder / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        half = kept.with_name(kept.name + ".part")
        with file.open("rb") as source, half.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        half.replace(kept)
        return str(kept)

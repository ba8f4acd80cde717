"""Codes that tickets cite are explained on a page, and no page explains one that is gone."""

from __future__ import annotations

import re

import pytest

from localstack.places import ROOT

PAGES = {
    "SW": "stop-the-world.md",
    "STW": "stop-the-world.md",
    "LRS": "last-resort.md",
    "BAK": "backups.md",
    "HOK": "hooks.md",
    "FLG": "flags.md",
    "OBS": "observe.md",
    "DUA": "dual-write.md in-place.md",
    "REH": "nightly.md",
    "MSG": "announcements.md",
}


def in_code(prefix: str) -> set[str]:
    found = re.compile(rf'"({prefix}\d{{3}})"')
    return {code for file in (ROOT / "plugins").rglob("*.py") for code in found.findall(file.read_text())}


@pytest.mark.parametrize("prefix", PAGES)
def test_every_code_is_explained(prefix: str) -> None:
    text = "\n".join((ROOT / "docs" / page).read_text() for page in PAGES[prefix].split())
    ranges = re.findall(rf"\b{prefix}(\d{{3}}) to {prefix}(\d{{3}})\b", text)
    explained = set(re.findall(rf"\b{prefix}\d{{3}}\b", text))
    explained |= {f"{prefix}{n:03}" for low, high in ranges for n in range(int(low), int(high) + 1)}
    codes = in_code(prefix)
    assert codes
    assert codes - explained == set()
    assert explained - codes == set()

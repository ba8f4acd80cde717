"""The command line on a run of double writing between two databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cutover.cli.main import main
from cutover.flags import Mode
from support.flag_link import FlagLink

pytestmark = pytest.mark.engine


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    code = main([*argv, "--quiet"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out + err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    return main([*argv, "--quiet", "--json"]), json.loads(capsys.readouterr().out)


def test_every_command_knows_the_form(link: FlagLink, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run_id, folder = link.ctx.run_id, str(tmp_path / link.dbname)
    code, text = run(capsys, "status", run_id)
    assert code == 0 and "the flag is dual_write_read_new, 100 % of reads are new" in text and "router" not in text
    assert any(line.split()[:4] == ["green", "following", "False", "True"] for line in text.splitlines()), text

    code, found = run_json(capsys, "preflight", folder)
    assert code == 1 and "DUA020" in {finding["code"] for finding in found["findings"]}
    code, text = run(capsys, "plan", folder)
    assert code == 0 and "strategy `dual_write`" in text

    code, text = run(capsys, "repair", run_id)
    assert code != 0 and "DUA044" in text
    code, text = run(capsys, "rollback", run_id, "--point", "somewhere", "--yes")
    assert code != 0 and "there is no last resort" in text

    code, kept = run_json(capsys, "keep-in-step", run_id)
    assert code == 0 and kept["live"] == "blue"
    code, done = run_json(capsys, "rollback", run_id, "--yes")
    assert code == 0 and done["was_swapped"] is False
    assert link.flag().mode is Mode.OLD_ONLY and link.leftovers("blue") == []

"""The command line without a server: answers for people and programs, exit codes, errors without tracebacks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cutover.cli import commands
from cutover.cli.main import main
from cutover.cli.reference import cli_page
from cutover.spec.export import json_schema, schema_text
from cutover.spec.loader import load_all
from cutover.spec.reference import spec_page

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(__file__).parent / "specs"


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example specs, the only ones that are found; and no connection at all."""
    folder = tmp_path / "migrations"
    shutil.copytree(EXAMPLES, folder)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(folder))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "no-airflow"))
    for name in [n for n in os.environ if n.startswith(("AIRFLOW_CONN_", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"))]:
        monkeypatch.delenv(name)
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code, out, _ = run(capsys, *argv, "--json")
    return code, json.loads(out)


def test_validate_all(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "validate")
    assert code == 0
    assert out.splitlines()[2] == "ok   invoice_line_v2: Lines of invoices keep four decimals (online)"
    code, data = run_json(capsys, "validate")
    assert code == 0
    assert [v["name"] for v in data["valid"]] == sorted(p.name for p in EXAMPLES.iterdir())
    assert data["problems"] == []


def test_validate_says_everything_that_is_wrong(capsys: pytest.CaptureFixture[str], specs: Path) -> None:
    (specs / "leads_v2" / "alter.sql").write_text("ALTER TABLE leads ADD a int;\nDROP TABLE leads;\n")
    path = specs / "leads_v2" / "migration.yaml"
    path.write_text(path.read_text().replace("owner:", "ownr:"))
    code, out, _ = run(capsys, "validate", "leads_v2", "crm_split")
    assert code == 1
    assert "ok   crm_split" in out
    assert "leads_v2/migration.yaml:6: ownr: unknown key 'ownr'" in out
    assert "did you mean owner?" in out
    assert "leads_v2/alter.sql:2: DROP is not possible here" in out
    code, data = run_json(capsys, "validate")
    assert code == 1
    assert [(p["file"], p["line"]) for p in data["problems"]] == [
        ("leads_v2/migration.yaml", 2),
        ("leads_v2/migration.yaml", 6),
        ("leads_v2/alter.sql", 2),
    ]
    assert len(data["valid"]) == 4


def test_validate_takes_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path, specs: Path) -> None:
    shutil.copytree(specs / "crm_split", tmp_path / "drafts" / "crm_split")
    assert run(capsys, "validate", str(tmp_path / "drafts" / "crm_split"))[0] == 0


def test_no_migrations_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path / "nothing"))
    code, out, _ = run(capsys, "validate")
    assert (code, out) == (0, f"there are no migrations in {tmp_path / 'nothing'}\n")


@pytest.mark.parametrize(
    ("argv", "code", "text"),
    [
        (["validate", "leads_v3"], "SPEC002", "did you mean 'leads_v2'"),
        (["validate", "../leads_v2"], "SPEC002", "is no name of a migration"),
        (["plan", "nothing"], "SPEC002", "there is no migration 'nothing'"),
        (["preflight", "leads_v2"], "CUT002", "connection 'shop' is not defined: AIRFLOW_CONN_SHOP is not set"),
        (["preflight", "billing_18"], "CUT002", "connection 'cutover_journal' is not defined"),
        (["runs"], "CUT002", "connection 'cutover_journal' is not defined"),
        (["rollback", "x", "--yes"], "CUT002", "AIRFLOW_CONN_CUTOVER_JOURNAL"),
        (["speed", "x"], "CLI001", "no speed was given"),
    ],
)
def test_errors_have_a_code_and_say_what_mends_them(
    capsys: pytest.CaptureFixture[str], argv: list[str], code: str, text: str
) -> None:
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert err.startswith(f"[{code}] ")
    assert text in err
    status, data = run_json(capsys, *argv)
    assert status == 2
    assert data["error"]["code"] == code
    assert text in f"{data['error']['what']} {data['error']['fix']}"


def test_a_bad_spec_is_bad_input_for_plan(capsys: pytest.CaptureFixture[str], specs: Path) -> None:
    (specs / "leads_v2" / "up.sql").write_text("SELEC 1")
    code, _, err = run(capsys, "plan", "leads_v2")
    assert code == 2
    assert "[SPEC001]" in err
    assert "leads_v2/up.sql:1: no valid SQL" in err


@pytest.mark.parametrize(
    "argv",
    [[], ["nonsense"], ["validate", "--nonsense"], ["speed", "x", "--workers", "many"], ["speed", "x", "--pause", "5"]],
)
def test_a_command_line_that_makes_no_sense_shows_its_usage(
    capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: python -m cutover" in capsys.readouterr().err


@pytest.mark.parametrize("secret", ["{not json hunter2", "hunter2"])
def test_a_broken_connection_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_JOURNAL", secret)
    code, out, err = run(capsys, "runs")
    assert code == 2
    assert "hunter2" not in out + err


def test_an_internal_error_is_short_unless_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutover.cli.commands.validate.load_all", lambda: 1 / 0)
    code, _, err = run(capsys, "validate")
    assert (code, err.splitlines()[0]) == (2, "[CLI003] internal error: ZeroDivisionError: division by zero")
    monkeypatch.setenv("CUTOVER_DEBUG", "1")
    assert main(["validate"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cutover.cli.commands.validate.load_all", interrupt)
    assert run(capsys, "validate") == (130, "", "interrupted.\n")


def test_it_runs_as_a_module_and_bears_a_closed_pipe(specs: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    done = subprocess.run(
        [sys.executable, "-m", "cutover", "validate", "--json"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["valid"]) == 5
    read, write = os.pipe()
    os.close(read)
    piped = subprocess.run(
        [sys.executable, "-m", "cutover", "schema"],
        env=env,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (piped.returncode, piped.stderr) == (0, "")


def test_the_command_line_does_without_airflow(specs: Path) -> None:
    """Importing Airflow takes seconds and makes files; a linter in CI must not pay for that."""
    script = "import sys; from cutover.cli.main import main; main(['validate']); assert 'airflow' not in sys.modules"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_is_listed_once_and_explains_itself() -> None:
    names = [command.NAME for command in commands.ALL]
    assert len(set(names)) == len(names)
    folder = Path(commands.__file__).parent
    assert {p.stem for p in folder.glob("*.py")} - {"__init__"} == {name.replace("-", "_") for name in names}
    assert all(command.__doc__ and command.HELP for command in commands.ALL)


@pytest.mark.parametrize(
    ("path", "made", "command"),
    [
        ("docs/spec.md", spec_page, "docs spec"),
        ("docs/cli.md", cli_page, "docs cli"),
        ("include/migrations/schema.json", schema_text, "schema"),
    ],
)
def test_what_is_made_from_the_code_is_current(path: str, made: Any, command: str) -> None:
    current = (ROOT / path).read_text(encoding="utf-8")
    assert current == made(), f"run: python -m cutover {command} > {path}"


def test_the_printed_pages_are_what_the_files_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "docs", "spec")[1] == spec_page()
    assert run(capsys, "docs", "cli")[1] == cli_page()
    assert run(capsys, "schema")[1] == schema_text()
    assert run_json(capsys, "schema") == (0, json_schema())


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.iterdir()))
def test_the_editors_schema_takes_what_the_loader_takes(name: str) -> None:
    data = yaml.load((EXAMPLES / name / "migration.yaml").read_text(), yaml.BaseLoader)
    # An editor's YAML 1.2 reads numbers and truth values, and leaves times as text.
    plain = json.loads(json.dumps(data), object_hook=lambda d: {k: _typed(v) for k, v in d.items()})
    jsonschema.Draft202012Validator(json_schema()).validate(plain)


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.mark.parametrize(
    "change",
    [
        {"ownr": "x"},
        {"strategy": "onlin"},
        {"target": "other"},
        {"tables": []},
        {"name": "Leads"},
        {"tables": [{"name": "a", "old_table": "burn"}]},
        {"backfill": {"workers": 99}},
        {"backfill": {"pause": "soon"}},
        {"schema": {"up": "../up.sql"}},
        {"strategy": "blue_green"},
        {"strategy": "blue_green", "target": "b"},
        {"strategy": "blue_green", "target": "b", "router": "r", "tables": [{"name": "a", "key": ["id"]}]},
        {"strategy": "blue_green", "target": "b", "router": "r", "tables": [{"name": "a", "old_table": "drop"}]},
        {"strategy": "blue_green", "target": "b", "router": "r", "replication": {"max_wal": "5"}},
        {"tables": [{"name": "a", "without_key": "full"}]},
        {"replication": {"max_wal": "5GB"}},
        {"rollback": {"old_database": "keep"}},
    ],
)
def test_the_editors_schema_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    good = {"name": "a", "title": "a", "strategy": "online", "owner": "a", "source": "a", "tables": [{"name": "a"}]}
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(good)
    assert validator.is_valid({**good, "strategy": "blue_green", "target": "b", "router": "r"})
    assert not validator.is_valid({**good, **change})


def test_the_shipped_migrations_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUTOVER_MIGRATIONS")
    good, bad = load_all()
    assert not bad, "\n".join(map(str, bad.values()))
    assert good

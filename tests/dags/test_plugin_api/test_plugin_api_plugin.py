"""The plugin itself: light to load, complete on disk, and its buttons fit the DAGs that they trigger."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cutover.api import actions
from cutover.journal.store import Journal
from support.airflow_env import ROOT
from support.plugin_api import Client, begin

pytestmark = pytest.mark.dags

API = ROOT / "plugins" / "cutover" / "api"


def test_loading_the_plugin_pulls_in_nothing_of_ours() -> None:
    code = (
        "import sys; sys.path.insert(0, 'plugins'); import cutover_plugin;"
        "found = [m for m in sys.modules if m == 'cutover' or m.startswith('cutover.')];"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_airflow_loads_it_and_lists_its_pages(viewer: Client, client: Any) -> None:
    (plugin,) = [p for p in client("ADMIN").json("/api/v2/plugins")["plugins"] if p["name"] == "cutover"]
    assert {(app["name"], app["destination"]) for app in plugin["react_apps"]} == {
        ("Migrations", "nav"),
        ("Migration", "dag_run"),
    }
    assert client("ADMIN").json("/api/v2/plugins/importErrors")["total_entries"] == 0
    for app in plugin["react_apps"]:
        for name in ("bundle_url", "icon", "icon_dark_mode"):
            assert viewer.get("/" + app[name]).status_code == 200, app[name]
        # Airflow finds the component by the name that the bundle gives it.
        assert f"globalThis.{app['name']} =" in viewer.get("/" + app["bundle_url"]).text


def test_every_script_finds_its_imports() -> None:
    scripts = list((API / "static").rglob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for names, target in re.findall(r'^import \{([^}]*)\} from "([^"]+)";', text, re.M):
            found = (script.parent / target).resolve()
            assert found.is_file(), (script, target)
            exported = found.read_text(encoding="utf-8")
            for name in filter(None, (n.strip() for n in names.split(","))):
                given = re.search(rf"export (const|function|class|async function) {name}\b", exported)
                taken_apart = re.search(rf"export const \{{[^}}]*\b{name}\b[^}}]*\}} =", exported)
                assert given or taken_apart, f"{script.name} imports {name}, which {found.name} does not export"


@pytest.mark.parametrize("state", ["filling", "window", "finalizing"])
def test_buttons_fill_in_what_the_dags_ask_for(journal: Journal, load_dag: Callable[[str], Any], state: str) -> None:
    run_id = begin(journal)
    run = journal.set_state(run_id, state)
    offered = actions.for_run(run)
    assert offered
    for action in offered.values():
        params = load_dag(action["dag_id"]).params
        assert set(action["conf"]) <= set(params), action
        params.update(action["conf"])
        assert params.validate()["run"] == run_id


def test_start_names_the_form_field_of_the_strategy(load_dag: Callable[[str], Any]) -> None:
    start = actions.start("online", "orders_v2")
    assert set(start["conf"]) <= set(load_dag(start["dag_id"]).params)


def test_every_dag_of_a_strategy_has_its_way_back() -> None:
    dags = {path.stem for path in (ROOT / "dags").glob("*.py")}
    there = dags & set(actions.STRATEGIES)
    assert "online" in there
    assert {f"rollback_{strategy}" for strategy in there} <= dags


def test_modules_stay_small() -> None:
    sizes = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in [*API.rglob("*.py"), *API.rglob("*.js")]
    }
    assert {path.name: size for path, size in sizes.items() if size > 150} == {}


def test_the_manual_names_every_error_and_every_route() -> None:
    from cutover.api import faults
    from cutover.api.app import create_app

    manual = (ROOT / "docs" / "ui.md").read_text(encoding="utf-8")
    kinds = faults.ApiFault.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) > 5
    for kind in kinds:
        assert f"| {kind.code} | {kind.status} |" in manual, kind
    for route in create_app().routes:
        if getattr(route, "methods", None):
            tail = route.path.replace("{name:path}", "{name}")
            assert tail in manual or tail.removeprefix("/runs/{run_id}") in manual, tail

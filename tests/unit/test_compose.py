"""docker-compose.yaml: what `docker compose config` would refuse, and what it would not notice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cutover.connections import from_environment
from localstack.stack import Stack
from support import compose
from support.airflow_env import unknown_settings
from support.compose import ROOT

ALL = {name: f"value{number}of{name.lower()}" for number, name in enumerate(sorted(compose.variables()))}
SERVICES: dict[str, dict[str, Any]] = compose.filled(ALL)["services"]
ONE_SHOT = {"airflow-init", "routes-init"}
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
KEYS = {
    *("image", "build", "command", "entrypoint", "environment", "volumes", "tmpfs", "ports", "depends_on"),
    *("healthcheck", "restart", "shm_size", "stop_grace_period", "user"),
}
CONNECTIONS = {
    name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value)
    for name, value in SERVICES["airflow-scheduler"]["environment"].items()
    if name.startswith("AIRFLOW_CONN_")
}


def test_it_holds_what_a_deployment_needs() -> None:
    roles = ("apiserver", "scheduler", "dag-processor", "triggerer", "worker", "init")
    wanted = {f"airflow-{role}" for role in roles} | {
        "metadata",
        "broker",
        "blue",
        "green",
        "pooler",
        "routes-init",
        "s3",
    }
    assert SERVICES.keys() == wanted
    assert SERVICES["blue"]["image"].startswith("postgres:16.")
    assert SERVICES["green"]["image"].startswith("postgres:18.")
    assert SERVICES["airflow-worker"]["command"] == "celery worker"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_uses_known_keys_and_a_pinned_image(name: str) -> None:
    service = SERVICES[name]
    assert service.keys() <= KEYS
    _, _, tag = service["image"].rpartition(":")
    assert re.search(r"\d+\.\d+", tag), f"{service['image']} is not pinned to a version"
    assert "latest" not in tag


def test_the_built_image_is_the_locked_airflow() -> None:
    build = SERVICES["airflow-worker"]["build"]
    lines = (ROOT / build["context"] / build["dockerfile"]).read_text().splitlines()
    (base,) = (line.split()[1] for line in lines if line.startswith("FROM "))
    (locked,) = re.findall(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert base.startswith(f"apache/airflow:slim-{locked}-python3.")
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert all((ROOT / build["context"] / path).exists() for path in copied)


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONE_SHOT))
def test_a_long_running_service_has_a_health_check_and_comes_back(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert len(check["test"]) > 1
    assert {"interval", "timeout", "retries"} <= check.keys()
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_exist_in_a_state_they_can_reach(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how == {"condition": wanted}


def _mounts() -> list[tuple[str, str, str]]:
    return [
        (name, *volume.split(":")[:2]) for name, service in SERVICES.items() for volume in service.get("volumes", [])
    ]


@pytest.mark.parametrize(("name", "source", "target"), _mounts())
def test_every_mount_has_a_source(name: str, source: str, target: str) -> None:
    assert target.startswith("/")
    if source.startswith("."):
        assert (ROOT / source).exists(), f"{name} mounts {source}, which is not in the checkout"
        assert _is_tracked_kind(ROOT / source)
    else:
        assert source in compose.raw()["volumes"], f"{name} mounts the undeclared volume {source}"


def _is_tracked_kind(path: Path) -> bool:
    """A mounted script must be executable: PostgreSQL's image sources it otherwise, with other consequences."""
    return path.is_dir() or path.stat().st_mode & 0o111 != 0


def test_every_volume_and_anchor_is_used() -> None:
    text = compose.FILE.read_text()
    used = {source for _, source, _ in _mounts()}
    assert compose.raw()["volumes"].keys() <= used
    for anchor in re.findall(r"&([a-z-]+)", text):
        assert re.search(rf"\*{anchor}\b", text), f"the anchor {anchor} is never used"


def test_no_key_is_given_twice() -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        assert len(keys) == len(set(keys)), f"a key twice at line {node.start_mark.line + 1}"
        return yaml.SafeLoader.construct_mapping(loader, node)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load(compose.FILE.read_text(), Strict)


def test_every_dollar_is_a_variable_or_doubled() -> None:
    left = compose.VARIABLE.sub("", compose.FILE.read_text())
    assert "$" not in left


# -- secrets -----------------------------------------------------------------------------------------

SECRET = re.compile(r"password|secret|token|fernet|access_key", re.IGNORECASE)


def test_no_secret_is_in_the_file() -> None:
    """Whatever is named like a secret is a variable and nothing but: filled with markers, it holds a marker."""
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key) and key != "_AIRFLOW_WWW_USER_CREATE":
                assert value in ALL.values(), f"{key} of {name} has a value in the file"
    for conn_id, fields in CONNECTIONS.items():
        assert fields["password"] in ALL.values(), f"the password of {conn_id} has a value in the file"


def test_every_secret_must_be_given() -> None:
    optional = {name for name, how in compose.variables().items() if how == ":-"}
    assert optional == {"AIRFLOW_PORT", "SLACK_BOT_TOKEN", "SLACK_WEBHOOK_TOKEN"}
    for name in compose.variables().keys() - optional:
        with pytest.raises(compose.MissingVariable, match=name):
            compose.filled({**ALL, name: ""})


def test_the_example_names_every_variable_and_sets_none_of_them() -> None:
    example = compose.example()
    assert example.keys() == compose.variables().keys()
    assert {name: value for name, value in example.items() if value and name != "AIRFLOW_PORT"} == {}


def test_the_real_env_file_is_never_committed() -> None:
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


# -- Airflow -----------------------------------------------------------------------------------------


def test_all_airflow_components_share_secrets_connections_and_code() -> None:
    shared = AIRFLOW["airflow-scheduler"]
    for service in AIRFLOW.values():
        assert service["environment"].items() >= shared["environment"].items()
        assert service["volumes"] == shared["volumes"]
        assert service["image"] == shared["image"]
    environment = shared["environment"]
    assert environment["AIRFLOW__API_AUTH__JWT_SECRET"] == ALL["AIRFLOW_JWT_SECRET"]
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow-apiserver:8080/execution/"


@pytest.fixture
def local_stack(tmp_path: Path) -> Iterator[Stack]:
    """A local stack that is never started."""
    stack = Stack(tmp_path)
    yield stack
    stack.down(purge=True)


def test_every_setting_is_one_that_airflow_knows(local_stack: Stack) -> None:
    deployed = AIRFLOW["airflow-scheduler"]["environment"]
    assert unknown_settings(deployed) == []
    assert unknown_settings(local_stack.env()) == []
    assert unknown_settings({"AIRFLOW__CORE__NO_SUCH_OPTION": "1"}) == ["AIRFLOW__CORE__NO_SUCH_OPTION"]


def test_the_connections_are_those_of_the_local_stack(local_stack: Stack) -> None:
    """What runs on the local stack finds every connection here too, of the same type."""
    local = {conn_id: fields["conn_type"] for conn_id, fields in local_stack.connections().items()}
    assert {conn_id: fields["conn_type"] for conn_id, fields in CONNECTIONS.items()} == local


def test_every_connection_leads_to_a_service_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for conn_id, fields in CONNECTIONS.items():
        if fields["conn_type"] == "postgres":
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
            info = from_environment(conn_id)
            assert info.host in SERVICES
            assert info.password in ALL.values()


def test_every_connection_that_dags_and_specs_use_is_defined() -> None:
    used = set()
    for spec in (ROOT / "include" / "migrations").glob("*/migration.yaml"):
        fields = yaml.safe_load(spec.read_text())
        used |= {fields[key] for key in ("source", "target", "router") if fields.get(key)}
    for folder in ("dags", "plugins"):
        for file in (ROOT / folder).rglob("*.py"):
            used |= set(re.findall(r"\"(cutover_(?:journal|slack|slack_webhook|s3|backups|age))\"", file.read_text()))
    assert used >= {"cutover_journal", "cutover_slack", "cutover_s3", "cutover_backups", "cutover_age"}
    assert used <= CONNECTIONS.keys()


# -- what the documents say --------------------------------------------------------------------------


def test_the_documents_name_every_connection_and_every_variable(local_stack: Stack) -> None:
    text = (ROOT / "docs" / "local-stack.md").read_text()
    for conn_id in local_stack.connections():
        assert f"`{conn_id}`" in text
    named = set(re.findall(r"`(CUTOVER_[A-Z_]+)`", text))
    read = {"CUTOVER_FOREIGN_DATA"}  # the only one of the tests' own that people set
    for folder in ("plugins/cutover", "bin/localstack", "dags"):
        for file in (ROOT / folder).rglob("*.py"):
            read |= set(re.findall(r"\"(CUTOVER_[A-Z_]+)\"", file.read_text()))
    internal = {"CUTOVER_SLACK_TOKEN", "CUTOVER_DIE_AT", "CUTOVER_STOP_AT"}  # the recorder's; for crash tests
    assert read - internal == named

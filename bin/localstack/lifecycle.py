"""How a stack starts and stops: what needs nothing of each other at the same time, the rest in order."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from cutover.journal.store import Journal
from localstack import databases
from localstack.airflow import COMPONENTS, Airflow
from localstack.databases import APPLICATION, FOLLOWERS, MIGRATOR
from localstack.errors import ServerDidNotStart
from localstack.health import wait_until
from localstack.ports import free_port, is_free
from localstack.processes import Process

if TYPE_CHECKING:
    from localstack.cluster import Cluster
    from localstack.stack import Stack

Say = Callable[[str], None]
SHOP, STAGING = "shop", "shop_staging"
SERVICES = ("pooler", "slack", "s3")
PATIENCE = 180.0  # seconds for Airflow to be healthy; on two busy cores its imports alone can take a minute


class _Service(Protocol):
    port: int

    def start(self) -> Process: ...


def up(stack: Stack, *, port: int | None, airflow: bool, say: Say) -> None:
    """See :meth:`localstack.stack.Stack.up`."""
    begun = time.monotonic()

    def progress(text: str) -> None:
        say(f"  {time.monotonic() - begun:5.1f} s  {text}")

    try:
        with ThreadPoolExecutor(4) as pool:
            # A pool that was led to green before is led there again, whatever port green has today.
            side = "green" if stack.pooler.led_to(SHOP) == stack.registry.ports.get("green", -1) else "blue"
            steps = [_blue, _green, _meta, _services]
            for started in [pool.submit(step, stack, progress) for step in steps]:
                started.result()
        _pooler(stack, side, progress)
        if airflow:
            _airflow(stack, port, progress)
    except BaseException:
        down(stack, purge=False, say=lambda _: None)
        raise


def down(stack: Stack, *, purge: bool, say: Say) -> None:
    """See :meth:`localstack.stack.Stack.down`."""
    # The API server last: the others would wait for its answers to their farewells.
    for group in (COMPONENTS[1:], (COMPONENTS[0], *SERVICES)):
        with ThreadPoolExecutor(4) as pool:
            for name, was_running in zip(group, pool.map(stack.registry.stop, group), strict=True):
                if was_running:
                    say(f"  stopped {name}")
    for name, cluster in stack.clusters.items():
        if cluster.pid is not None:
            cluster.stop()
            say(f"  stopped PostgreSQL {cluster.version} ({name})")
    if purge:
        _purge(stack)
        say(f"  removed its databases, logs and secrets from {stack.folder}")


def _purge(stack: Stack) -> None:
    for folder in (*(cluster.folder for cluster in stack.clusters.values()), stack.pooler.folder):
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("slack", "s3", "airflow"):
        shutil.rmtree(stack.folder / name, ignore_errors=True)
    for name in ("stack.json", "secrets.json"):
        (stack.folder / name).unlink(missing_ok=True)
    link = stack.folder / "servers-away"
    if link.is_symlink():  # the folder that stood in for one below a closed home
        shutil.rmtree(stack.servers, ignore_errors=True)
        link.unlink()


def _blue(stack: Stack, progress: Say) -> None:
    _cluster(stack, "blue", stack.blue, progress)
    _shop(stack, stack.blue)


def _green(stack: Stack, progress: Say) -> None:
    _cluster(stack, "green", stack.green, progress)
    _shop(stack, stack.green)


def _pooler(stack: Stack, side: str, progress: Say) -> None:
    staging = stack.blue.info(STAGING, STAGING)
    stack.pooler.databases = {SHOP: stack.clusters[side].info("shop", SHOP), STAGING: staging}
    _service(stack, "pooler", "PgBouncer", stack.pooler, progress)


def _meta(stack: Stack, progress: Say) -> None:
    _cluster(stack, "meta", stack.meta, progress)
    password = stack.vault.get(MIGRATOR)
    databases.ensure_role(stack.meta, "airflow", stack.vault.get("airflow_metadata"))
    databases.ensure_migrator(stack.meta, password)
    databases.ensure_database(stack.meta, "airflow", "airflow")
    databases.ensure_database(stack.meta, "journal", MIGRATOR)
    databases.ensure_database(stack.meta, "flags", MIGRATOR)
    databases.ensure_database(stack.meta, "flags_staging", MIGRATOR)
    Journal(stack.meta.info("cutover_journal", "journal", MIGRATOR, password)).migrate()


def _services(stack: Stack, progress: Say) -> None:
    _service(stack, "slack", "Slack recorder", stack.slack, progress)
    _service(stack, "s3", "S3", stack.s3, progress)


def _cluster(stack: Stack, name: str, cluster: Cluster, progress: Say) -> None:
    if cluster.pid is None and cluster.port and not is_free(cluster.port):
        cluster.port = 0
    cluster.create().start()
    stack.registry.set_port(name, cluster.port)
    progress(f"PostgreSQL {cluster.version} ({name}) on 127.0.0.1:{cluster.port}")


def _shop(stack: Stack, cluster: Cluster) -> None:
    databases.ensure_migrator(cluster, stack.vault.get(MIGRATOR))
    databases.ensure_role(cluster, APPLICATION, stack.vault.get(APPLICATION))
    databases.ensure_group(cluster, FOLLOWERS)
    databases.ensure_database(cluster, SHOP, MIGRATOR)
    databases.ensure_database(cluster, STAGING, MIGRATOR)


def _service(stack: Stack, name: str, title: str, service: _Service, progress: Say) -> None:
    if not stack.registry.alive(name):
        stack.registry.stop(name)
        stack.registry.add(name, service.start())
        stack.registry.set_port(name, service.port)
    progress(f"{title} on 127.0.0.1:{service.port}")


def _airflow(stack: Stack, port: int | None, progress: Say) -> None:
    """Start what is missing of Airflow; all of it anew where a connection leads elsewhere than when it was started."""
    registry = stack.registry
    known = hashlib.sha256(json.dumps(stack.connections(), sort_keys=True).encode()).hexdigest()
    running = [name for name in COMPONENTS if registry.alive(name)]
    if running and (registry.facts.get("connections") != known or (port and port != registry.ports.get("api-server"))):
        progress("restarting Airflow: its port or a connection has changed")
        for name in running:
            registry.stop(name)
        running = []
    if "api-server" not in running:
        registry.set_port("api-server", free_port(port or registry.ports.get("api-server", 8080)))
    registry.set_fact("connections", known)
    airflow = stack.airflow
    progress("Airflow: preparing its metadata database")
    airflow.migrate()
    progress("Airflow: api-server, scheduler, dag-processor and triggerer are starting")
    for name in COMPONENTS:
        if name == "scheduler" and "scheduler" not in running:
            # The first task would time out on an API server that is still importing.
            wait_until(airflow.answers, registry.processes["api-server"], seconds=PATIENCE)
        if name not in running:
            registry.stop(name)  # a scheduler that was killed has left its workers behind
            registry.add(name, airflow.launch(name))
    _wait_until_healthy(stack, airflow)
    progress(f"Airflow on {airflow.url}")


def _wait_until_healthy(stack: Stack, airflow: Airflow) -> None:
    end = time.monotonic() + PATIENCE
    while waiting := airflow.unhealthy():
        for name in COMPONENTS:
            process = stack.registry.processes[name]
            if not process.alive:
                raise ServerDidNotStart(f"{process.name} ended:\n{process.log_tail()}", fix=f"see {process.log}")
        if time.monotonic() > end:
            logs = f"see the logs in {airflow.folder}"
            raise ServerDidNotStart(f"after {PATIENCE:.0f} s Airflow still waits for {', '.join(waiting)}.", fix=logs)
        time.sleep(0.2)

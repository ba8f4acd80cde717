"""The recording Slack endpoint as a server of the local stack."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localstack import health
from localstack.environment import child_environment
from localstack.ports import LOOPBACK
from localstack.processes import Process, launch
from localstack.slack_recorder import TOKEN_VARIABLE

WEBHOOK = "T0LOCAL/B0LOCAL"


@dataclass(slots=True)
class SlackServer:
    """One recorder; what was said is in ``folder/messages.jsonl``.

    :param token: the only bot token that it takes; made up for this stack.
    """

    folder: Path
    token: str = field(repr=False)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def file(self) -> Path:
        return self.folder / "messages.jsonl"

    def start(self) -> Process:
        """Start the recorder and wait until it answers."""
        return health.start(self)

    def launch(self) -> Process:
        self.folder.mkdir(parents=True, exist_ok=True)
        program = [sys.executable, "-m", "localstack.slack_recorder"]
        command = [*program, "--port", str(self.port), "--file", str(self.file)]
        env = {**child_environment(), TOKEN_VARIABLE: self.token}
        return launch("Slack recorder", command, log=self.folder / "server.log", env=env)

    def answers(self) -> bool:
        return health.get_json(f"{self.url}/_health") is not None

    def messages(self) -> list[dict[str, Any]]:
        """Return what was said, oldest first (``method``, ``channel``, ``ts``, ``thread_ts``, ``text`` ...)."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def connections(self) -> dict[str, dict[str, object]]:
        """Return the fields of the two Airflow connections, by id."""
        host = f"{LOOPBACK}:{self.port}/services"
        return {
            "cutover_slack": {
                "conn_type": "slack",
                "password": self.token,
                "extra": {"base_url": f"{self.url}/api/"},
            },
            "cutover_slack_webhook": {
                "conn_type": "slackwebhook",
                "schema": "http",
                "host": host,
                "password": f"{WEBHOOK}/{self.token}",
            },
        }

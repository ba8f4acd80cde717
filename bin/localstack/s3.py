"""An S3 server: rclone on a folder. It checks signatures; what it does not do is listed in docs/local-stack.md."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from localstack import health
from localstack.ports import LOOPBACK
from localstack.processes import Process, launch

REGION = "us-east-1"


@dataclass(slots=True)
class S3Server:
    """One S3 server; each bucket is a folder below ``folder/buckets``.

    :param recipient: the public key of age that backups are encrypted for.
    """

    folder: Path
    access_key: str
    secret_key: str = field(repr=False)
    recipient: str = ""
    buckets: tuple[str, ...] = ("cutover",)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Process:
        """Start the server with its buckets and wait until it answers."""
        return health.start(self)

    def launch(self) -> Process:
        root = self.folder / "buckets"
        for bucket in self.buckets:
            (root / bucket).mkdir(parents=True, exist_ok=True)
        serve: list[str | Path] = [Path(sys.prefix) / "bin" / "rclone", "serve", "s3", root, "--config", "/dev/null"]
        # By the environment, not on the command line, which every user of the machine can read.
        env = {**os.environ, "RCLONE_AUTH_KEY": f'"{self.access_key},{self.secret_key}"'}
        return launch("S3", [*serve, "--addr", f"{LOOPBACK}:{self.port}"], log=self.folder / "server.log", env=env)

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=2).close()
        except urllib.error.HTTPError:
            return True  # it refuses the unsigned request, so it is there
        except OSError:
            return False
        return True

    def connection(self) -> dict[str, object]:
        """Return the fields of the Airflow connection."""
        style = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}
        own = {"bucket": self.buckets[0], "age_recipients": self.recipient}
        extra = {"endpoint_url": self.url, "region_name": REGION, "config_kwargs": style, "cutover": own}
        return {"conn_type": "aws", "login": self.access_key, "password": self.secret_key, "extra": extra}

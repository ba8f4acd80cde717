"""The local stack's secrets: generated once, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path


def token() -> str:
    """Return 192 random bits as text that is safe in URLs and configuration files."""
    return secrets.token_urlsafe(24)


def long_token() -> str:
    """Return enough random text for signing (Airflow wants at least 64 bytes)."""
    return secrets.token_urlsafe(64)


def typable() -> str:
    """Return a password that a person can type."""
    return "-".join(secrets.token_hex(2) for _ in range(3))


class Vault:
    """Named secrets in ``file`` (mode 0600)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}

    def get(self, name: str, make: Callable[[], str] = token) -> str:
        """Return the secret ``name``, made by ``make`` when it is asked for the first time."""
        with self._lock:
            if name not in self._known:
                self._known[name] = make()
                write_private(self._file, json.dumps(self._known, indent=1))
            return self._known[name]


def public_half(vault: Vault) -> str:
    """Return the public key of age that backups are encrypted for."""
    import pyrage

    return str(pyrage.x25519.Identity.from_str(private_half(vault)).to_public())


def private_half(vault: Vault) -> str:
    """Return the private key of age that backups are read with, made once: the secret ``age_identity``."""
    import pyrage

    return vault.get("age_identity", lambda: str(pyrage.x25519.Identity.generate()))


def write_private(file: Path, text: str) -> None:
    """Replace ``file`` by ``text`` at once, never readable by others, not even for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    fresh.replace(file)

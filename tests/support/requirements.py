"""Reads the two locks and their inputs."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")


def requirements(name: str) -> list[Requirement]:
    """Return what file ``name`` asks for; comments and options are left out."""
    lines = (line.strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line.split(" #")[0]) for line in lines if line and not line.startswith(("#", "-"))]


def locked(name: str) -> dict[str, str]:
    """Return canonical package name -> version for those lines of a lock that count on this Python."""
    pins = {}
    for pin in requirements(name):
        if pin.marker is None or pin.marker.evaluate():
            (specifier,) = pin.specifier
            pins[canonicalize_name(pin.name)] = specifier.version
    return pins

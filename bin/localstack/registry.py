"""What a stack has running, on disk: processes and ports, so that another command finds and stops them."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path

from localstack.processes import Process
from localstack.vault import write_private


class Registry:
    """Processes and ports by name, in ``file``. Written through at every change, by any thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        known = json.loads(file.read_text()) if file.exists() else {}
        self.processes = {name: Process(**fields) for name, fields in known.get("processes", {}).items()}
        self.ports: dict[str, int] = known.get("ports", {})
        self.facts: dict[str, str] = known.get("facts", {})

    def alive(self, name: str) -> bool:
        """Tell whether the process ``name`` runs, and is the one that was started."""
        process = self.processes.get(name)
        return process is not None and process.alive

    def add(self, name: str, process: Process) -> None:
        with self._lock:
            self.processes[name] = process
            self._write()

    def set_port(self, name: str, port: int) -> None:
        with self._lock:
            self.ports[name] = port
            self._write()

    def set_fact(self, name: str, value: str) -> None:
        with self._lock:
            self.facts[name] = value
            self._write()

    def stop(self, name: str) -> bool:
        """Stop the process ``name``; tell whether there was one. Its port stays known, for the next start."""
        process = self.processes.get(name)
        if process is None:
            return False
        was_alive = process.alive
        process.stop()
        with self._lock:
            del self.processes[name]
            self._write()
        return was_alive

    def _write(self) -> None:
        processes = {name: dataclasses.asdict(process) for name, process in self.processes.items()}
        known = {"processes": processes, "ports": self.ports, "facts": self.facts}
        write_private(self._file, json.dumps(known, indent=1))

"""Server settings of the clusters: what logical replication and the tests need, and what speed allows."""

from __future__ import annotations

from localstack.ports import LOOPBACK

Settings = dict[str, str | int]

# Every cluster can be either side of a migration.
BASE: Settings = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # TCP only: no 107-byte limit on the data folder's path
    "max_connections": 200,
    "wal_level": "logical",
    "max_wal_senders": 20,
    "max_replication_slots": 20,
    "max_logical_replication_workers": 12,
    "max_worker_processes": 24,
    "max_prepared_transactions": 10,
    "wal_sender_timeout": "10s",
    "track_commit_timestamp": "on",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d %a ",
    # The passwords are 192 random bits: more rounds would only slow down every connection.
    "scram_iterations": 1,
}

# A cluster that dies with its process need not survive a power cut.
THROWAWAY: Settings = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}

# The demo's databases keep every promise of a real one.
LASTING: Settings = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}


def render(settings: Settings) -> str:
    """Return ``settings`` as lines of a configuration file, values quoted."""
    return "".join(f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())

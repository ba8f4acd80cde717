"""Open the store that an Airflow connection describes: S3, or a folder that every worker sees."""

from __future__ import annotations

from cutover.connections import ConnectionInfo
from cutover.postgres.backup import Store, from_connection


def open_store(info: ConnectionInfo) -> Store:
    """Return the store of a connection of type ``aws`` or ``fs``.

    :raises StoreUnknown: it names neither a bucket nor a folder.
    """
    if info.kind != "aws" and "bucket" not in info.settings:
        return from_connection(info)
    # Here, because the provider takes a second to import, and every DAG file would pay it.
    from cutover.operators.s3_store import S3Store

    return S3Store(info)

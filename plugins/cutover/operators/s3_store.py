"""Keep files in S3, by the Amazon provider's hook."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from cutover.errors import CutoverError
from cutover.operators.airflow_connections import AirflowResolver


class NotStored(CutoverError):
    """A file could not be kept, or is not there as it was sent."""

    code = "OPR020"


class S3Store:
    """A bucket; call it with a file and a name to keep it there.

    :param conn_id: an Airflow connection of type ``aws``; its extra ``cutover`` names the ``bucket``.
    """

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id
        self.bucket = AirflowResolver()(conn_id).settings.get("bucket", "")
        if not self.bucket:
            raise NotStored(
                f"the connection {conn_id!r} names no bucket.",
                fix='add to its extra: {"cutover": {"bucket": "...", "age_recipients": "age1..."}}.',
            )

    def __call__(self, file: Path, name: str) -> str:
        """Upload ``file`` as ``archives/<name>`` and see that all of it is there; return its URL.

        :raises NotStored: it is not.
        """
        key, size = f"archives/{name}", file.stat().st_size
        hook = S3Hook(aws_conn_id=self.conn_id)
        hook.load_file(filename=str(file), key=key, bucket_name=self.bucket, replace=True)
        found = hook.head_object(key, self.bucket)
        there = found["ContentLength"] if found else None
        url = f"s3://{self.bucket}/{key}"
        if there != size:
            raise NotStored(f"{url} has {there} bytes of {size} after it was uploaded.", fix="run the task again.")
        return url

"""Keep backups in S3, by the Amazon provider's hook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import IO, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from botocore.exceptions import BotoCoreError, ClientError

from cutover.connections import ConnectionInfo
from cutover.postgres.backup.store import NotInStore, NotStored, StoreUnknown, pieces

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
DELETED_AT_ONCE = 1000
# S3 takes 10,000 pieces of one object. They grow, so that what is small needs little memory and what is big fits: in
# the end 5 TB, which is the most that S3 takes.
FIRST_PIECE = 8 << 20
GROWS_EVERY = 1000


class S3Store:
    """A bucket, and a prefix in it. Nothing is there before all of it is: that is how S3 puts objects together.

    :param info: an Airflow connection of type ``aws``; its extra ``cutover`` names ``bucket`` and perhaps ``prefix``.
    """

    def __init__(self, info: ConnectionInfo) -> None:
        self.conn_id = info.conn_id
        self.bucket = info.settings.get("bucket", "")
        prefix = info.settings.get("prefix", "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        if not self.bucket:
            raise StoreUnknown(
                f"the connection {info.conn_id!r} names no bucket.",
                fix='add to its extra: {"cutover": {"bucket": "...", "age_recipients": "age1..."}}.',
            )

    @property
    def label(self) -> str:
        return f"s3://{self.bucket}/{self._prefix}".rstrip("/")

    @cached_property
    def client(self) -> Any:
        """The hook's client, which may be used from several threads at a time."""
        return S3Hook(aws_conn_id=self.conn_id).get_conn()

    def put(self, name: str, reader: IO[bytes]) -> int:
        """Upload in pieces while it is read; one piece is on its way while the next one is filled."""
        stream = _growing(reader)
        first = next(stream, b"")
        second = next(stream, None) if len(first) == FIRST_PIECE else None
        with self._telling(name):
            if second is None:
                self.client.put_object(Bucket=self.bucket, Key=self._key(name), Body=first)
                return len(first)
        return self._upload(name, _chained(first, second, stream))

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"]
        except ClientError as error:
            if _code(error) in MISSING:
                raise NotInStore(f"there is no {name} in {self.label}.") from None
            raise self._not_read(name, error) from error
        try:
            yield body
        finally:
            body.close()

    def size(self, name: str) -> int | None:
        try:
            return int(self.client.head_object(Bucket=self.bucket, Key=self._key(name))["ContentLength"])
        except ClientError as error:
            if _code(error) in MISSING:
                return None
            raise self._not_read(name, error) from error

    def names(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._key(prefix))
        with self._telling(prefix):
            keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in keys)

    def delete(self, names: Sequence[str]) -> None:
        for first in range(0, len(names), DELETED_AT_ONCE):
            keys = [{"Key": self._key(name)} for name in names[first : first + DELETED_AT_ONCE]]
            with self._telling(names[first]):
                done = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})
            if done.get("Errors"):
                refused = done["Errors"][0]
                raise NotStored(
                    f"{refused['Key']} cannot be deleted from {self.label}: {refused.get('Message')}.",
                    fix="let that login delete objects, or see whether the bucket locks them.",
                )

    def sweep(self, prefix: str, before: datetime | None = None) -> int:
        """End uploads that nobody goes on with; S3 keeps, and bills, their pieces until then."""
        with self._telling(prefix):
            uploads = [
                upload
                for upload in self._uploads(prefix)
                if upload["Key"].startswith(self._key(prefix)) and (before is None or upload["Initiated"] < before)
            ]
            for upload in uploads:
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(uploads)

    def _uploads(self, prefix: str) -> list[dict[str, Any]]:
        try:
            found = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self._key(prefix))
        except ClientError as error:
            if _code(error) == "NoSuchUpload":  # some servers' way of saying that there are none
                return []
            raise
        return list(found.get("Uploads", ()))

    def _upload(self, name: str, stream: Iterator[bytes]) -> int:
        place = {"Bucket": self.bucket, "Key": self._key(name)}
        with self._telling(name):
            upload = {**place, "UploadId": self.client.create_multipart_upload(**place)["UploadId"]}
            size, sent = 0, []
            try:
                with ThreadPoolExecutor(1, thread_name_prefix="cutover-s3") as pool:
                    waiting: list[Future[str]] = []
                    for number, piece in enumerate(stream, 1):
                        waiting.append(pool.submit(self._piece, upload, number, piece))
                        size += len(piece)
                        if len(waiting) > 1:
                            sent.append(waiting.pop(0).result())
                    sent += [each.result() for each in waiting]
                parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(sent, 1)]
                self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
            except BaseException:
                self.client.abort_multipart_upload(**upload)
                raise
        return size

    def _piece(self, upload: dict[str, Any], number: int, piece: bytes) -> str:
        return str(self.client.upload_part(**upload, PartNumber=number, Body=piece)["ETag"])

    def _key(self, name: str) -> str:
        return self._prefix + name

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise NotStored(
                f"{name} in {self.label}: {error}.",
                fix=f"see to the connection {self.conn_id!r} and to the rights of its login, then run it again.",
            ) from error

    def _not_read(self, name: str, error: Exception) -> NotStored:
        return NotStored(
            f"{name} in {self.label} cannot be read: {error}.",
            fix=f"see to the connection {self.conn_id!r} and to the rights of its login.",
        )


def _growing(reader: IO[bytes]) -> Iterator[bytes]:
    size, number = FIRST_PIECE, 0
    while piece := next(pieces(reader, size), b""):
        yield piece
        number += 1
        if number % GROWS_EVERY == 0:
            size *= 2


def _chained(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))

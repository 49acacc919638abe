"""Backups in S3-compatible storage: sent in pieces, there only when all have arrived."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.storages.base import (
    PIECE,
    Stored,
    check_name,
    check_same,
    check_set,
)

PART: Final = 8 * 1024 * 1024
"""How much is held in memory and sent at once; S3 asks for 5 MiB at least."""
_MOST_PARTS: Final = 10_000
_FULL: Final = frozenset(
    {"QuotaExceeded", "InsufficientStorage", "507", "XMinioStorageFull"}
)


class S3:
    """A bucket, or what begins with a prefix in it."""

    def __init__(
        self,
        *,
        bucket: str,
        access_key: str,
        secret_key: str,
        endpoint: str = "",
        region: str = "",
        prefix: str = "",
    ) -> None:
        self.bucket, self.endpoint = bucket, endpoint
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region or None,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=10,
                read_timeout=60,
                retries={"max_attempts": 5, "mode": "standard"},
                # Servers that are not Amazon's know no newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @property
    def words(self) -> str:
        place = f"{self.bucket}/{self.prefix}".rstrip("/")
        return f"{place} ({self.endpoint})" if self.endpoint else place

    def prepare(self) -> None:
        with _told(""):
            self._client.list_objects_v2(
                Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1
            )

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Any]:
        """Send parts; they become an object by one call at the end, or are thrown away."""
        key = self._key(check_name(name))
        with _told(name):
            made = self._client.create_multipart_upload(Bucket=self.bucket, Key=key)
        upload = _Upload(self._client, self.bucket, key, made["UploadId"])
        try:
            yield upload
            with _told(name):
                upload.finish()
                found = self._client.head_object(Bucket=self.bucket, Key=key)
            check_same(name, upload.size, found["ContentLength"])
        except BaseException:
            self._throw_away(upload)
            raise

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[Any]:
        with _told(name):
            found = self._client.get_object(
                Bucket=self.bucket, Key=self._key(check_name(name))
            )
        with contextlib.closing(found["Body"]) as body:
            yield _Body(body, name)

    def list(self, name: str = "") -> Iterator[Stored]:
        wanted = f"{self.prefix}{check_set(name)}/" if name else self.prefix
        with _told(name):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=wanted):
                for each in page.get("Contents", []):
                    said = each["Key"].removeprefix(self.prefix)
                    with contextlib.suppress(ValueError):
                        yield Stored(check_name(said), each["Size"])

    def size(self, name: str) -> int:
        with _told(name):
            key = self._key(check_name(name))
            found = self._client.head_object(Bucket=self.bucket, Key=key)
        return int(found["ContentLength"])

    def remove(self, name: str) -> None:
        with _told(name):
            key = self._key(check_name(name))
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def sweep(self, name: str) -> None:
        """Throw away the parts of uploads that nobody will finish: they cost money."""
        wanted = f"{self.prefix}{check_set(name)}/"
        with _told(name):
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.bucket, Prefix=wanted):
                for each in page.get("Uploads", []):
                    # Some servers give all, whatever was asked for.
                    if each["Key"].startswith(wanted):
                        self._client.abort_multipart_upload(
                            Bucket=self.bucket,
                            Key=each["Key"],
                            UploadId=each["UploadId"],
                        )

    def _key(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def _throw_away(self, upload: "_Upload") -> None:
        """Leave nothing; what cannot be removed now, `sweep` removes later."""
        with contextlib.suppress(BotoCoreError, ClientError, OSError):
            if upload.finished:
                self._client.delete_object(Bucket=self.bucket, Key=upload.key)
            else:
                self._client.abort_multipart_upload(
                    Bucket=self.bucket, Key=upload.key, UploadId=upload.id
                )


class _Upload:
    """Collects pieces until they are worth a part."""

    def __init__(self, client: Any, bucket: str, key: str, upload: str) -> None:
        self._client, self._bucket, self.key, self.id = client, bucket, key, upload
        self._held = bytearray()
        self._parts: list[dict[str, Any]] = []
        self.size, self.finished = 0, False

    def write(self, data: bytes, /) -> int:
        self._held += data
        self.size += len(data)
        while len(self._held) >= self._part_size:
            self._send(bytes(self._held[: self._part_size]))
            del self._held[: self._part_size]
        return len(data)

    @property
    def _part_size(self) -> int:
        """Grow after each thousand parts, so that 10,000 are enough for 400 GB."""
        return PART * (1 + len(self._parts) // 1000)

    def finish(self) -> None:
        if self._held or not self._parts:
            self._send(bytes(self._held))
        self._held.clear()
        self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self.key,
            UploadId=self.id,
            MultipartUpload={"Parts": self._parts},
        )
        self.finished = True

    def _send(self, data: bytes) -> None:
        number = len(self._parts) + 1
        with _told(self.key):
            if number > _MOST_PARTS:
                raise BackupError(errors.STORAGE, "more than 10,000 parts")
            sent = self._client.upload_part(
                Bucket=self._bucket,
                Key=self.key,
                UploadId=self.id,
                PartNumber=number,
                Body=data,
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


class _Body:
    """The answer's body, whose breaking off is told in our words."""

    def __init__(self, body: Any, name: str) -> None:
        self._body, self._name = body, name

    def read(self, size: int = -1, /) -> bytes:
        with _told(self._name):
            data: bytes = self._body.read(PIECE if size < 0 else size)
        return data


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the library says into what people are told."""
    try:
        yield
    except ClientError as error:
        said = str(error.response.get("Error", {}).get("Code", ""))
        code = errors.FULL if said in _FULL else errors.STORAGE
        raise BackupError(code, f"{name} {said}".strip()) from error
    except (BotoCoreError, OSError) as error:
        raise BackupError(
            errors.STORAGE, f"{name} {type(error).__name__}".strip()
        ) from error

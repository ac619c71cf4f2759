"""Files in a bucket (S3 and what speaks like it), for installations with several hosts. Loaded only where one is configured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage


@contextlib.contextmanager
def told_as_os_errors() -> Iterator[None]:
    """A bucket that is away or full fails as a disk does: callers need not know which of the two they have."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise OSError(f"bucket: {type(error).__name__}") from error


class BucketStorage(S3Storage):
    """Private objects, asked for by this server alone: no public access, no signed addresses, nothing held in memory.

    Keys come from the environment or the machine's role, as boto finds them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
    """

    def get_default_settings(self) -> dict[str, Any]:
        ours: dict[str, Any] = {
            "default_acl": None,  # an object without one is its owner's alone, also where a bucket refuses ACLs
            "querystring_auth": False,
            "file_overwrite": True,  # names are made of row ids: a second try replaces the first
            "max_memory_size": 1_048_576,  # beyond it a file is read through the disk
            "signature_version": "s3v4",
            # Shorter than a worker's patience; boto's own is a minute each.
            "client_config": Config(
                connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}, signature_version="s3v4"
            ),
        }
        return {**super().get_default_settings(), **ours}

    def _save(self, name: str, content: File[Any]) -> str:
        with told_as_os_errors():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        with told_as_os_errors():
            opened: File[Any] = super()._open(name, mode)
            return opened

    def delete(self, name: str) -> None:
        with told_as_os_errors():
            super().delete(name)

    def size(self, name: str) -> int:
        with told_as_os_errors():
            return int(super().size(name))

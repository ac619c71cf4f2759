"""A file is kept whole or not at all, wherever files lie (R44)."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from config.environment import WrongEnvironment, read_accelerated, read_storage
from core.media.names import safe_name, with_extension
from core.media.storage import PARTS, WholeFileStorage, clear_parts


def everything_in(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_second_try_takes_the_place_of_the_first(tmp_path: Path) -> None:
    storage = WholeFileStorage(location=tmp_path)
    assert storage.save("ab/cd/one", ContentFile(b"first")) == "ab/cd/one"
    assert storage.save("ab/cd/one", ContentFile(b"second")) == "ab/cd/one"
    with storage.open("ab/cd/one") as file:
        assert file.read() == b"second"
    assert everything_in(tmp_path) == ["ab/cd/one"]


# In a process of its own: a limit once lowered stays so. The kernel refuses the write in the middle of the file, as a full disk does.
FULL = """
import resource, signal, sys
from django.conf import settings
settings.configure(DEFAULT_CHARSET="utf-8")
from django.core.files.base import ContentFile
from core.media.storage import WholeFileStorage
storage = WholeFileStorage(location=sys.argv[1])
storage.save("ab/cd/kept", ContentFile(b"kept"))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
for name in ("ab/cd/new", "ab/cd/kept"):
    try:
        storage.save(name, ContentFile(bytes(3_000_000)))
    except OSError as error:
        print(error.errno)
"""


@pytest.mark.shows("R44")
def test_a_write_that_breaks_off_leaves_nothing_and_takes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "."},
        timeout=180,
    )
    assert done.stdout.split() == ["27", "27"], done.stderr
    assert everything_in(tmp_path) == ["ab/cd/kept"]
    assert (tmp_path / "ab/cd/kept").read_bytes() == b"kept"


def test_what_a_killed_process_left_is_found_and_removed(tmp_path: Path) -> None:
    storage = WholeFileStorage(location=tmp_path)
    assert clear_parts(storage, before=timezone.now()) == 0
    (tmp_path / PARTS).mkdir()
    for name, age_s in (("old", 90_000), ("new", 0)):
        (tmp_path / PARTS / name).write_bytes(b"half")
        at = timezone.now().timestamp() - age_s
        os.utime(tmp_path / PARTS / name, (at, at))
    assert clear_parts(storage, before=timezone.now() - datetime.timedelta(days=1)) == 1
    assert everything_in(tmp_path) == [f"{PARTS}/new"]


def test_a_bucket_is_private_and_keys_never_stand_in_an_address() -> None:
    """By construction: no server that speaks S3 runs here."""
    pytest.importorskip("boto3")
    from core.media.bucket import BucketStorage

    read = read_storage("s3://files.example/ventanilla/media?endpoint=https://s3.example.com:9000&region=sa-east-1")
    assert read["BACKEND"] == "core.media.bucket.BucketStorage"
    storage = BucketStorage(**read["OPTIONS"])  # type: ignore[arg-type]  # a dictionary of texts
    assert (storage.bucket_name, storage.location, storage.endpoint_url, storage.region_name) == (
        "files.example", "ventanilla/media", "https://s3.example.com:9000", "sa-east-1",
    )  # fmt: skip
    assert (storage.querystring_auth, storage.default_acl, storage.file_overwrite) == (False, None, True)
    assert storage.client_config.read_timeout == 20
    # Nobody listens there: away is an OSError, like a disk that is.
    away = BucketStorage(
        bucket_name="b", endpoint_url="http://127.0.0.1:9", access_key="a", secret_key="b", region_name="x"
    )
    with pytest.raises(OSError, match="bucket"):
        away.save("one", ContentFile(b"x"))


@pytest.mark.parametrize(
    "value",
    [
        "/srv/files", "s3://", "s3:///prefix", "gs://bucket", "s3://key:secret@bucket", "s3://bucket/../x", "s3://bucket?acl=public-read", "s3://bucket?endpoint=ftp://x",
        "s3://bucket?endpoint=https://", "s3://bucket?endpoint=https://a:b@host", "s3://bucket#x", "s3://bucket?endpoint",
    ],
)  # fmt: skip
def test_a_wrong_storage_stops_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(WrongEnvironment, match="MEDIA_STORAGE") as caught:
        read_storage(value)
    assert "secret" not in str(caught.value).replace(value.partition("?")[0], "")


def test_the_proxys_location_is_a_path_and_needs_files_of_our_own() -> None:
    assert read_accelerated({"MEDIA_ACCEL_REDIRECT": "/files-behind/"}) == "/files-behind/"
    for environ in (
        {"MEDIA_ACCEL_REDIRECT": "files"},
        {"MEDIA_ACCEL_REDIRECT": "https://x/"},
        {"MEDIA_ACCEL_REDIRECT": "/files/", "MEDIA_STORAGE": "s3://bucket"},
    ):
        with pytest.raises(WrongEnvironment, match="MEDIA_ACCEL_REDIRECT"):
            read_accelerated(environ)


@pytest.mark.shows("S32")
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("factura.pdf", "factura.pdf"), ("../../etc/passwd", "_._etc_passwd"), ("..\\..\\boot.ini", "_._boot.ini"), ("a\x00b.png", "ab.png"),
        ("\u202egpj.exe", "gpj.exe"), ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"), ("CON", "_CON"), ("com1.txt", "_com1.txt"), (".htaccess", "htaccess"),
        ('a"b<c>.png', "a_b_c_.png"), ("ñandú 🐦.png", "ñandú 🐦.png"), ("  . ", ""), ("\u200b\u2066", ""), ("x" * 500 + ".jpeg", "x" * 115 + ".jpeg"), ("\ud800a.png", "a.png"),
    ],
)  # fmt: skip
def test_a_strangers_name_is_made_safe_to_show_and_to_save(given: str, shown: str) -> None:
    assert safe_name(given) == shown
    assert len(safe_name(given)) <= 120


def test_a_picture_is_saved_as_a_picture() -> None:
    assert with_extension("virus.exe", "image/png") == "virus.exe.png"
    assert with_extension("FOTO.JPG", "image/jpeg") == "FOTO.JPG"
    assert with_extension("x.exe", "application/octet-stream") == "x.exe"

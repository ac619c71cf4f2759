"""Static files as a browser asks for them: compressed where that is possible, under an address that never changes its meaning."""

import gzip
from pathlib import Path

import httpx
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage

from config.static import static_files
from core.static_storage import compress
from tests.running import run


def ask(address: str, *, coding: str = "", **headers: str) -> tuple[httpx.Response, bytes]:
    async def answer() -> tuple[httpx.Response, bytes]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=static_files),
            base_url="http://testserver",
            headers={"Accept-Encoding": coding},
        ) as client:
            request = client.build_request("GET", address, headers=headers)
            response = await client.send(request, stream=True)
            # Raw: what the client would undo is what is asked about.
            return response, b"".join([part async for part in response.aiter_raw()])

    return run(answer())


@pytest.mark.parametrize("coding", ["gzip", "br, GZIP", "deflate, gzip;q=0.5"])
def test_a_text_comes_compressed_to_who_takes_it(coding):
    address = staticfiles_storage.url("js/desk/main.js")
    (plain, whole), (packed, content) = ask(address), ask(address, coding=coding)

    assert (plain.status_code, packed.status_code) == (200, 200)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(content) == whole
    assert len(content) == int(packed.headers["content-length"]) < len(whole)
    for name in ("content-type", "cache-control", "x-content-type-options", "vary"):
        assert packed.headers[name] == plain.headers[name]
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "immutable" in plain.headers["cache-control"]


def test_what_is_kept_in_memory_is_what_was_read():
    address = staticfiles_storage.url("js/desk/board.js")
    for coding in ("", "gzip"):
        (first, read), (second, kept) = ask(address, coding=coding), ask(address, coding=coding)
        assert (second.status_code, kept, dict(second.headers)) == (first.status_code, read, dict(first.headers))
    again, nothing = ask(address, **{"If-None-Match": first.headers["etag"]}, coding="gzip")
    assert (again.status_code, nothing) == (304, b"")
    missing, _text = ask("/static/js/desk/nothing.0123456789ab.js")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("js/desk/main.js", {"coding": "gzip;q=0"}),
        ("js/desk/main.js", {"coding": "identity"}),
        ("js/desk/main.js", {"coding": "gzip", "Range": "bytes=0-9"}),
        ("vendor/inter-latin.woff2", {"coding": "gzip"}),
    ],
)
def test_it_comes_as_it_is_to_everybody_else(path, headers):
    answer, _content = ask(staticfiles_storage.url(path), **headers)

    assert answer.status_code in (200, 206)
    assert "content-encoding" not in answer.headers


def test_every_text_with_a_hashed_name_stands_compressed_beside_itself():
    root = Path(staticfiles_storage.location)
    for path in set(staticfiles_storage.hashed_files.values()):
        if path.endswith((".js", ".css", ".svg")):
            assert gzip.decompress((root / f"{path}.gz").read_bytes()) == (root / path).read_bytes(), path


def test_a_picture_is_left_as_it_is_and_a_text_is_compressed_once(tmp_path):
    text, picture = tmp_path / "a.0123456789ab.js", tmp_path / "b.0123456789ab.png"
    for each in (text, picture):
        each.write_bytes(b"x" * 1000)
        compress(each)
    first = (tmp_path / "a.0123456789ab.js.gz").stat().st_mtime_ns
    compress(text)

    assert sorted(path.name for path in tmp_path.iterdir()) == [text.name, f"{text.name}.gz", picture.name]
    assert (tmp_path / f"{text.name}.gz").stat().st_mtime_ns == first

"""How files leave: in the part asked for, as what they are or as a download, under a name that can do nothing (S31, S32, S43, S44)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import AsyncRequestFactory, Client
from playwright.sync_api import Browser
from pytest_django import Settings

from inbox import serving
from inbox.models import Attachment, Conversation
from tests import factories
from tests import strange_files as files
from tests.stack import Stack

BODY = files.picture("PNG") + bytes(range(256)) * 4_000


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(cast: factories.Cast, content: bytes, mime: str, *, name: str = "foto.png", kind: str = "image") -> str:
    attachment = Attachment(
        conversation=factories.taken_conversation(cast), kind=kind, name=name, mime=mime, size=len(content),
        sha256="ab" * 32, state="stored",
    )  # fmt: skip
    attachment.path = default_storage.save(f"ab/{attachment.pk.hex}", ContentFile(content))
    attachment.thumbnail_path = default_storage.save(
        f"ab/{attachment.pk.hex}.thumbnail", ContentFile(files.picture("WEBP"))
    )
    attachment.save()
    return f"/media/{attachment.pk}/"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body_of(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined, arg-type]  # one of the two


SIZE = len(BODY)
RANGES = [
    ("bytes=0-3", 206, (0, 3)), ("bytes=5-", 206, (5, SIZE - 1)), ("bytes=-7", 206, (SIZE - 7, SIZE - 1)), ("bytes=0-", 206, (0, SIZE - 1)),
    (f"bytes={SIZE - 1}-{SIZE + 99}", 206, (SIZE - 1, SIZE - 1)), (f"bytes=-{SIZE * 2}", 206, (0, SIZE - 1)), ("bytes= 1 - 2", 206, (1, 2)),
    (f"bytes={SIZE}-", 416, None), ("bytes=-0", 416, None), ("bytes=999999999999999999-", 416, None),
    ("bytes=5-2", 200, None), ("bytes=-", 200, None), ("bytes=a-b", 200, None), ("items=0-3", 200, None), ("bytes=0-1,3-4", 200, None),
    ("bytes=--5", 200, None), ("bytes=+1-2", 200, None), ("bytes=٣-٤", 200, None), ("bytes=" + "9" * 400 + "-", 200, None), ("", 200, None),
]  # fmt: skip


@pytest.mark.shows("S44")
@pytest.mark.parametrize(("asked", "status", "part"), RANGES)
def test_a_part_of_a_file_is_exactly_that_part(
    cast: factories.Cast, asked: str, status: int, part: tuple[int, int] | None
) -> None:
    ana, address = signed_in(cast.ana), stored(cast, BODY, "image/png")
    expected = BODY if part is None else BODY[part[0] : part[1] + 1]
    for ask in (ana.get, ana.head):
        response = ask(address, headers={"Range": asked} if asked else {})
        content = body_of(response)
        assert response.status_code == status
        if status == 416:
            assert (content, response.headers["Content-Range"]) == (b"", f"bytes */{SIZE}")
            continue
        assert content == (b"" if ask == ana.head else expected)
        assert response.headers["Content-Length"] == str(len(expected))
        assert response.headers["Accept-Ranges"] == "bytes"
        if part:
            assert response.headers["Content-Range"] == f"bytes {part[0]}-{part[1]}/{SIZE}"
        else:
            assert "Content-Range" not in response.headers


@pytest.mark.shows("S44")
def test_a_part_of_an_earlier_file_is_the_whole_of_this_one(cast: factories.Cast) -> None:
    ana, address = signed_in(cast.ana), stored(cast, BODY, "image/png")
    tag = ana.head(address).headers["ETag"]
    for known, status in ((tag, 206), ('"other"', 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)):
        response = ana.get(address, headers={"Range": "bytes=0-3", "If-Range": known})
        assert (response.status_code, len(body_of(response))) == (status, 4 if status == 206 else SIZE)


@pytest.mark.shows("S43", "S44")
def test_nobody_else_learns_from_a_part_or_a_thumbnail(cast: factories.Cast) -> None:
    address = stored(cast, BODY, "image/png")
    eva = signed_in(cast.eva)
    for there in (address, f"{address}thumbnail/"):
        for headers in ({}, {"Range": "bytes=0-3"}, {"Range": f"bytes={SIZE}-"}):
            for response in (eva.get(there, headers=headers), eva.head(there, headers=headers)):
                assert response.status_code == 404
                assert not {"Content-Range", "ETag", "Accept-Ranges"} & set(response.headers)
            assert (Client().get(there, headers=headers).status_code, Client().get(there).content) == (403, b"")
        assert signed_in(cast.ana).post(there).status_code == 405
    shown = signed_in(cast.ana).get(f"{address}thumbnail/")
    assert (shown.status_code, shown.headers["Content-Type"], shown.headers["Cache-Control"]) == (
        200, "image/webp", "private, no-store",
    )  # fmt: skip
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert body_of(shown) == files.picture("WEBP")


HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.shows("S31")
@pytest.mark.parametrize(
    ("content", "declared", "served"),
    [
        (BODY, "image/png", "image/png"),
        (files.GIF_THAT_IS_A_PROGRAM, "image/gif", "image/gif"),
        (files.GIF_THAT_IS_A_PROGRAM, "text/javascript", None),
        (files.picture("PNG"), "image/jpeg", None),
        (HTML, "image/png", None), (HTML, "video/mp4", None), (HTML, "audio/amr", None), (HTML, "image/svg+xml", None), (HTML, "text/html", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml", None),
        (b"%PDF-1.4 /JS (app.alert(1))", "application/pdf", None),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "multipart/related", None),
        (b"PK\x03\x04" + bytes(40), "application/zip", None),
        (files.sound(), "audio/ogg; codecs=opus", "audio/ogg"),
        (files.video(frames=2), "video/mp4", "video/mp4"),
        (files.sound("mp4", "aac"), "audio/mp4", "audio/mp4"),
        (b"", "image/png", None),
    ],
)  # fmt: skip
def test_a_file_is_served_as_what_row_and_bytes_both_say_or_as_a_download(
    cast: factories.Cast, content: bytes, declared: str, served: str | None
) -> None:
    response = signed_in(cast.ana).get(stored(cast, content, declared, name="x.html"))
    assert body_of(response) == content
    headers = response.headers
    assert headers["Content-Type"] == (served or "application/octet-stream")
    assert headers["Content-Disposition"].startswith("inline" if served else "attachment")
    # A picture that is called a page is saved as a picture.
    assert (".html" in headers["Content-Disposition"].split("=")[1].split('"')[1][-6:]) == (served is None)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.shows("S32")
@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\r\nSet-Cookie: x=1", "\u202egpj.exe", "CON", 'a"; filename="b.exe', "x" * 255, "\u200b", "ñandú 🐦.pdf", ".htaccess"],
)  # fmt: skip
def test_a_name_is_shown_and_saved_without_what_it_hides(cast: factories.Cast, name: str) -> None:
    address = stored(cast, HTML, "application/pdf", name=name, kind="document")
    disposition = signed_in(cast.ana).get(address).headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    for forbidden in (
        "..",
        "/",
        "\\",
        "\r",
        "\n",
        "\u202e",
        "%E2%80%AE",
        "%E2%80%8B",
        "%2F",
        'filename="."',
        'filename="CON"',
    ):
        assert forbidden not in disposition.removeprefix("attachment; filename*=utf-8''"), disposition
    assert len(disposition) < 500


@pytest.mark.shows("S44")
def test_under_asgi_a_file_leaves_a_chunk_at_a_time(cast: factories.Cast) -> None:
    content = files.picture("PNG") + bytes(3 * serving.CHUNK)
    address = stored(cast, content, "image/png")
    request = AsyncRequestFactory().get(address, headers={"Range": f"bytes=10-{len(content) - 5}"})
    response = serving.answer_with_file(request, Attachment.objects.get())
    assert isinstance(response, StreamingHttpResponse)
    assert (response.status_code, response.is_async) == (206, True)

    async def gather() -> list[bytes]:
        return [part async for part in response]

    chunks = asyncio.run(gather())
    response.close()
    assert b"".join(chunks) == content[10 : len(content) - 4]
    assert len(chunks) > 3
    assert max(map(len, chunks)) <= serving.CHUNK


@pytest.mark.shows("S43")
def test_a_proxy_is_told_where_a_file_lies_and_nobody_else(cast: factories.Cast, settings: Settings) -> None:
    address = stored(cast, BODY, "image/png")
    settings.MEDIA_ACCEL_REDIRECT = "/files-behind/"
    response = signed_in(cast.ana).get(address, headers={"Range": "bytes=0-3"})
    path = Attachment.objects.get().path
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["X-Accel-Redirect"] == f"/files-behind/{path}"
    assert (response.headers["Content-Type"], response.headers["Cache-Control"]) == ("image/png", "private, no-store")
    assert not {"Content-Range", "ETag"} & set(response.headers)
    refused = signed_in(cast.eva).get(address)
    assert (refused.status_code, "X-Accel-Redirect" in refused.headers) == (404, False)
    # The location is the proxy's alone: here it is no address.
    assert signed_in(cast.ana).get(f"/files-behind/{path}").status_code == 404


@pytest.mark.shows("R44")
def test_while_the_storage_is_away_a_file_is_for_later(cast: factories.Cast) -> None:
    address = stored(cast, BODY, "image/png")
    (Path(default_storage.location) / Attachment.objects.get().path).unlink()  # type: ignore[attr-defined]  # a folder
    # A name that leads round in a circle is what the kernel cannot read, for root too.
    (Path(default_storage.location) / Attachment.objects.get().path).symlink_to(Attachment.objects.get().pk.hex)  # type: ignore[attr-defined]  # a folder
    answer = signed_in(cast.ana).get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_a_file_that_is_lost_is_not_there(cast: factories.Cast) -> None:
    address = stored(cast, BODY, "image/png")
    default_storage.delete(Attachment.objects.get().path)
    assert signed_in(cast.ana).get(address).status_code == 404
    assert Conversation.objects.count() == 1


# --- Over the wire ----------------------------------------------------------------------------------------------------------


def uploaded(stack: Stack, content: bytes, mime: str, *, kind: str) -> tuple[httpx.Client, str]:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    ana = stack.login("ana")
    answer = ana.post(
        "/api/v1/attachments/",
        data={"conversation": conversation.pk, "kind": kind},
        files={"file": ("archivo", content, mime)},
    )
    assert answer.status_code == 201, answer.text
    return ana, answer.json()["url"]


@pytest.mark.shows("S44", "S43")
def test_over_the_wire_parts_are_exact_and_tricks_lead_nowhere(stack: Stack) -> None:
    content = BODY
    ana, address = uploaded(stack, content, "image/png", kind="image")
    for asked, status, part in RANGES:
        if part is None:
            continue
        answer = ana.get(address, headers={"Range": asked})
        assert (asked, answer.status_code) == (asked, status)
        assert answer.content == content[part[0] : part[1] + 1]
        assert answer.headers["content-range"] == f"bytes {part[0]}-{part[1]}/{len(content)}"
        head = ana.head(address, headers={"Range": asked})
        assert (head.status_code, head.content) == (206, b"")
        assert head.headers["content-length"] == str(part[1] - part[0] + 1)
    beyond = ana.get(address, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.content) == (416, b"")
    assert ana.get(address).content == content
    assert ana.get(f"{address}thumbnail/").headers["content-type"] == "image/webp"
    eva, name = stack.login("eva"), address.split("/")[2]
    for trick in (
        "/media/%2e%2e/%2e%2e/etc/passwd", "/media/%252e%252e/%252e%252e/etc/passwd", "/media//etc/passwd", "/media/..%2f..%2fetc%2fpasswd", "/media/%2fetc%2fpasswd",
        f"/media/{name}", f"/media/{name}%00/", f"/media/{name}/../", f"/media/{name}/thumbnail/../../", f"/media/{name[:2]}/", "/media/.parts/", f"/media/{name}/thumbnail/%2e%2e/",
    ):  # fmt: skip
        for who in (ana, eva):
            answer = who.get(trick, headers={"Range": "bytes=0-9"}, follow_redirects=False)
            assert answer.status_code in (301, 400, 404), trick
            assert b"root:" not in answer.content
    for headers in ({}, {"Range": "bytes=0-9"}, {"Range": f"bytes={len(content)}-"}):
        assert eva.get(address, headers=headers).status_code == 404


@pytest.mark.browser
@pytest.mark.shows("S31")
@pytest.mark.parametrize("mime", ["image/gif", "text/javascript", "text/html", "image/svg+xml"])
def test_a_browser_runs_no_file_of_ours(stack: Stack, browser: Browser, mime: str) -> None:
    content = files.GIF_THAT_IS_A_PROGRAM.replace(b"alert(1)", b"window.ran=true")
    if mime in ("text/html", "image/svg+xml"):
        content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.ran=true</script></svg>"
    ana, address = uploaded(stack, content, mime, kind="document")
    context = browser.new_context()
    try:
        cookies = [{"name": name, "value": value, "url": stack.url} for name, value in ana.cookies.items()]
        context.add_cookies(cookies)  # type: ignore[arg-type]  # as Playwright's own examples write it
        page = context.new_page()
        # A page of this very site, without the policy our own pages have: only the file's own headers stand in the way.
        blank = f"{stack.url}/blank"
        page.route(blank, lambda route: route.fulfill(status=200, content_type="text/html", body="<!doctype html><p>x"))
        page.goto(blank)
        ended = page.evaluate(
            """address => new Promise((done) => {
                 const script = document.createElement("script");
                 script.onload = () => done("loaded");
                 script.onerror = () => done("refused");
                 script.src = address;
                 document.head.append(script);
               })""",
            address,
        )
        assert (ended, page.evaluate("window.ran ?? null")) == ("refused", None)
        # Nor in a frame of it.
        page.evaluate(
            """address => new Promise((done) => {
                 const frame = document.createElement("iframe");
                 frame.onload = done;
                 setTimeout(done, 1500);
                 frame.src = address;
                 document.body.append(frame);
               })""",
            address,
        )
        assert [frame.evaluate("window.ran ?? null") for frame in page.frames] == [None] * len(page.frames)
        # The negative control: the same words, served as a script, do run.
        if mime in ("image/gif", "text/javascript"):
            script = f"{stack.url}/script"
            page.route(script, lambda route: route.fulfill(status=200, content_type="text/javascript", body=content))
            page.add_script_tag(url=script)
            assert page.evaluate("window.ran") is True
    finally:
        context.close()

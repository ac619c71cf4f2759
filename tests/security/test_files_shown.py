"""What customers' files may do: be looked at, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from inbox.models import Attachment, Conversation
from tests import factories
from tests.security.test_content import bytes_of
from tests.security.world import picture, png, signed_in
from tests.stack import Stack
from tests.untouched import untouched


def stored(conversation: Conversation, *, content: bytes, mime: str, name: str, **fields: Any) -> Attachment:
    attachment = Attachment(
        conversation=conversation, kind="image", name=name, mime=mime, size=len(content), state="stored", **fields
    )
    attachment.path = default_storage.save(f"test/{attachment.pk.hex}", ContentFile(content))
    attachment.save()
    return attachment


@pytest.mark.shows("S43", "S01")
def test_a_file_is_served_to_who_sees_its_conversation_and_to_nobody_else(cast: factories.Cast) -> None:
    conversation = factories.taken_conversation(cast)
    address = f"/media/{stored(conversation, content=png(), mime='image/png', name='foto.png').pk}/"
    for user in (cast.ana, cast.luis, cast.admin):
        response = signed_in(user).get(address)
        assert (response.status_code, bytes_of(response)) == (200, png())
    eva = signed_in(cast.eva)
    hidden, missing = eva.get(address), eva.get("/media/00000000-0000-0000-0000-000000000001/")
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    stranger = Client()
    for there in (address, "/media/00000000-0000-0000-0000-000000000001/"):
        refused = stranger.get(there)
        assert (refused.status_code, refused.content) == (403, b"")
    # What is not there yet, or failed, is not there.
    pending = Attachment.objects.create(conversation=conversation, kind="image", state="pending")
    assert signed_in(cast.ana).get(f"/media/{pending.pk}/").status_code == 404
    # And with the conversation goes the file.
    Conversation.objects.filter(pk=conversation.pk).update(
        team=cast.other_team, campaign=cast.other_campaign, assignee=cast.eva
    )
    assert signed_in(cast.ana).get(address).status_code == 404


@pytest.mark.shows("S43", "S31", "S56")
def test_a_file_says_that_it_is_private_and_can_do_nothing(cast: factories.Cast) -> None:
    conversation = factories.taken_conversation(cast)
    ana = signed_in(cast.ana)
    response = ana.get(f"/media/{stored(conversation, content=png(), mime='image/png', name='foto.png').pk}/")
    bytes_of(response)
    headers = response.headers
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"] == 'inline; filename="foto.png"'


@pytest.mark.shows("S31")
@pytest.mark.parametrize(
    "mime",
    [
        "text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "application/javascript", "text/css", "IMAGE/SVG+XML",
        "image/png, text/html", "", "multipart/x-mixed-replace", "text/html; charset=utf-7",
    ],
)  # fmt: skip
def test_anything_but_a_known_picture_is_handed_over_as_a_download(cast: factories.Cast, mime: str) -> None:
    page = b"<script>alert(1)</script>"
    attachment = stored(factories.taken_conversation(cast), content=page, mime=mime, name="factura.html")
    response = signed_in(cast.ana).get(f"/media/{attachment.pk}/")
    assert bytes_of(response) == page
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == 'attachment; filename="factura.html"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.shows("S32")
def test_a_file_name_is_only_a_name(cast: factories.Cast) -> None:
    conversation, ana = factories.taken_conversation(cast), signed_in(cast.ana)
    for name in (
        "../../etc/passwd", "..\\..\\boot.ini", 'a"; filename="b.exe', "a\r\nSet-Cookie: x=1", "\u202egpj.exe", "ñandú.png", "x" * 255, "", ".htaccess",
        "CON", "a\u200b.png", "a;b=c.png", "%2e%2e%2f", "\x7f\x1b[31m.png",
    ):  # fmt: skip
        attachment = stored(conversation, content=png(), mime="image/png", name=name)
        response = ana.get(f"/media/{attachment.pk}/")
        assert (name, response.status_code, bytes_of(response)) == (name, 200, png())
        disposition = response.headers["Content-Disposition"]
        assert disposition.startswith("inline")
        assert not re.search(r"[\x00-\x1f\x7f]", disposition)
        assert "Set-Cookie" not in response.headers
        # On the disk it has none.
        assert attachment.path == f"test/{attachment.pk.hex}"


@pytest.mark.shows("S31", "S40", "S46")
def test_an_upload_is_judged_by_its_bytes_and_not_by_what_it_says(cast: factories.Cast) -> None:
    conversation, ana = factories.taken_conversation(cast), signed_in(cast.ana)
    page = b"<!doctype html><script>alert(1)</script>"
    for name, kind, content in (
        ("foto.png", "image/png", page), ("foto.jpg", "image/jpeg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("foto.gif", "image/gif", b"GIF89a=0;alert(1)//"), ("foto.png", "image/png", png()[:20]), ("foto.png", "image/png", b""),
        ("foto.png", "image/png", b"\x89PNG\r\n\x1a\n" + page), ("a.pdf", "application/pdf", b"%PDF-1.4"), ("foto.png", "image/png", b"x" * (6 * 1024 * 1024)),
    ):  # fmt: skip
        upload = picture(name)
        upload.file.seek(0)  # type: ignore[union-attr]  # a file in memory
        with untouched():
            answer = ana.post(
                "/api/v1/attachments/", {"conversation": conversation.pk, "file": as_upload(name, kind, content)}
            )
        assert (name, answer.status_code in (400, 413, 415)) == (name, True)
    # The other way round a picture is a picture, whatever it is called.
    answer = ana.post(
        "/api/v1/attachments/", {"conversation": conversation.pk, "file": as_upload("virus.exe", "text/html", png())}
    )
    assert (answer.status_code, answer.json()["mime"]) == (201, "image/png")


def as_upload(name: str, kind: str, content: bytes) -> Any:
    upload = picture(name)
    upload.file = ContentFile(content).file  # type: ignore[assignment]  # another content under the same name
    upload.size, upload.content_type = len(content), kind
    return upload


@pytest.mark.shows("S43", "S44")
def test_over_the_wire_a_file_keeps_to_its_people_whatever_is_asked_of_its_address(stack: Stack) -> None:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    ana, eva = stack.login("ana"), stack.login("eva")
    uploaded = ana.post(
        "/api/v1/attachments/", data={"conversation": conversation.pk}, files={"file": ("foto.png", png(), "image/png")}
    )
    assert uploaded.status_code == 201, uploaded.text
    address = uploaded.json()["url"]
    whole, head = ana.get(address), ana.head(address)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, png(), "image/png")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(png())))
    part = ana.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) in [(200, png()), (206, png()[:4])]
    assert ana.post(address).status_code == 405
    tricks = [
        f"{address}../",
        address.replace("/media/", "/media/%2e%2e/media/"),
        address.replace("/media/", "//media/"),
        address.upper(),
        f"{address}%00",
    ]
    for there in (address, *tricks):
        for headers in ({}, {"Range": "bytes=0-3"}, {"Range": "bytes=-1"}):
            assert eva.get(there, headers=headers).status_code == 404, there
            assert eva.head(there).status_code == 404
        assert httpx.get(stack.url + there).status_code in (403, 404)
    stored_at = Attachment.objects.get(pk=uploaded.json()["id"]).path
    for there in (
        f"/media/{stored_at}",
        f"/static/{stored_at}",
        f"/static/../media/{stored_at}",
        "/media/",
        "/media/test/",
    ):
        assert ana.get(there).status_code == 404

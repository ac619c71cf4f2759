"""What could not be read is seen, mended, read again or discarded, by administrators alone (issue 3; R04, S24, S30)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from core.models import JournalEntry
from core.refusals import Invalid
from inbox.models import Message
from tests import factories
from tests.connectors import payloads
from tests.factories import Cast
from tests.witness import every_row, nothing_happens, refused
from webhooks.actions import AlreadySettled, discard_letter, replay_letter, rewrite_letter
from webhooks.models import DeadLetter, Delivery, ProviderNotice
from webhooks.rows import SHOWN_BYTES
from webhooks.tasks import ingest

HOSTILE = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>"


def buried(raw: Any = None, *, reason: str = "It was strange.") -> DeadLetter:
    body = raw if isinstance(raw, bytes) else orjson.dumps(raw if raw is not None else readable())
    return DeadLetter.objects.create(reason=reason, body=body)


def readable(text: str = "Hola", **message: Any) -> Any:
    return payloads.one(payloads.message(text={"body": text}, **message))


def signed_in(user: Any, *, checks_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


def doors(letter: DeadLetter) -> list[tuple[str, str]]:
    return [
        ("get", reverse("dead-letters")),
        ("get", reverse("dead-letter", args=[letter.pk])),
        ("post", reverse("dead-letter", args=[letter.pk])),
        ("post", reverse("dead-letter-replay", args=[letter.pk])),
        ("post", reverse("dead-letter-discard", args=[letter.pk])),
        ("get", reverse("provider-notices")),
    ]


# ── Who may


@pytest.mark.shows("S07")
@pytest.mark.parametrize("who", ["ana", "luis", "eva"])
def test_nobody_but_an_administrator_comes_in_and_it_is_written_down(cast: Cast, who: str) -> None:
    letter = buried()
    client = signed_in(getattr(cast, who))
    before = every_row()
    for method, path in doors(letter):
        assert getattr(client, method)(path).status_code == 403
    assert every_row() | {"core.JournalEntry": []} == before | {"core.JournalEntry": []}
    written = JournalEntry.objects.filter(verb="entry_refused", actor_label=who).order_by("pk")
    assert [(each.details["method"].lower(), each.details["path"]) for each in written] == doors(letter)
    assert b"dead-letters" not in client.get("/").content


def test_a_stranger_is_sent_to_the_door(cast: Cast) -> None:
    letter = buried()
    for method, path in doors(letter):
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 302
        assert "login" in answer["Location"]


@pytest.mark.shows("S20")
def test_nothing_is_changed_without_the_pages_token_or_by_reading(cast: Cast) -> None:
    letter = buried()
    client = signed_in(cast.admin, checks_csrf=True)
    with nothing_happens():
        for method, path in doors(letter):
            if method == "post":
                assert client.post(path).status_code == 403
        assert client.get(reverse("dead-letter-replay", args=[letter.pk])).status_code == 405
        assert client.get(reverse("dead-letter-discard", args=[letter.pk])).status_code == 405


def test_the_menu_shows_the_way_to_who_may(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    assert f'href="{reverse("settings")}"'.encode() in admin.get("/").content
    assert reverse("dead-letters").encode() in admin.get(reverse("settings")).content
    ana = signed_in(cast.ana)
    assert f'href="{reverse("settings")}"'.encode() not in ana.get("/").content
    assert ana.get(reverse("settings")).status_code == 403


# ── Looking


@pytest.mark.shows("R04")
def test_a_bad_piece_is_seen_here_with_its_reason_while_its_siblings_live(cast: Cast) -> None:
    good, bad = payloads.message(text={"body": "Viva"}), payloads.status("teleported")
    body = payloads.delivery(
        payloads.change(messages=[good], contacts=[payloads.contact()]), payloads.change(statuses=[bad])
    )
    Delivery.objects.create(body=orjson.dumps(body))
    ingest()
    assert Message.objects.get().text == "Viva"
    letter = DeadLetter.objects.get()
    client = signed_in(cast.admin)
    assert "teleported" in client.get(reverse("dead-letters")).content.decode()
    assert "&quot;teleported&quot;" in client.get(reverse("dead-letter", args=[letter.pk])).content.decode()


def test_the_list_is_filtered_by_state_and_paged_below_the_last_one_seen(cast: Cast) -> None:
    letters = [buried(reason=f"Reason {number}.") for number in range(53)]
    discard_letter(letters[0].pk, by=cast.admin)
    client = signed_in(cast.admin)
    first = client.get(reverse("dead-letters"))
    assert [each.pk for each in first.context["page"].rows] == [each.pk for each in reversed(letters[3:])]
    second = client.get(reverse("dead-letters") + first.context["page"].next_url)
    assert [each.pk for each in second.context["page"].rows] == [letters[2].pk, letters[1].pk]
    assert not second.context["page"].has_next
    discarded = client.get(reverse("dead-letters"), {"state": "discarded"})
    assert [each.pk for each in discarded.context["page"].rows] == [letters[0].pk]
    assert len(client.get(reverse("dead-letters"), {"state": "all", "before": "x"}).context["page"].rows) == 50


def test_a_letter_shows_its_siblings_what_was_only_counted_and_what_came_first(cast: Cast) -> None:
    letters = [buried(readable(f"Hola {number}")) for number in range(2)]
    DeadLetter.objects.update(delivery_id=7)
    reason = "No connected account has the number id 42. 12 more of it came and are only counted."
    DeadLetter.objects.filter(pk=letters[0].pk).update(number="42", more=12, reason=reason)
    rewrite_letter(letters[0].pk, by=cast.admin, body=orjson.dumps(readable("Mejor")).decode(), version=1)
    client = signed_in(cast.admin)
    listed = client.get(reverse("dead-letters")).content.decode()
    assert "Llegaron 12 más" in listed
    assert "y 12 más" in listed
    page = client.get(reverse("dead-letter", args=[letters[0].pk])).content.decode()
    assert "Como lo envió el proveedor" in page
    assert "Hola 0" in page
    assert "Mejor" in page
    assert reverse("dead-letter", args=[letters[1].pk]) in page
    assert "Llegaron 12 más de este número" in page
    other = client.get(reverse("dead-letter", args=[letters[1].pk])).content.decode()
    assert "Como lo envió el proveedor" not in other


def test_letters_are_found_by_their_reason_in_the_readers_words(cast: Cast) -> None:
    found, other = buried(reason="No connected account has the number id 42."), buried(reason="It was strange.")
    client = signed_in(cast.admin)

    def ids(**asked: str) -> list[int]:
        return [each.pk for each in client.get(reverse("dead-letters"), asked).context["page"].rows]

    assert ids(q="ninguna cuenta") == [found.pk]
    assert ids(q="strange") == [other.pk]
    assert ids(q="nothing like it") == []


@pytest.mark.shows("S30")
@pytest.mark.parametrize("body", [orjson.dumps(readable(HOSTILE)), HOSTILE.encode(), b"\x00\xff" + HOSTILE.encode()])
def test_what_it_holds_is_shown_as_text_whatever_it_holds(cast: Cast, body: bytes) -> None:
    letter = buried(body, reason=HOSTILE)
    client = signed_in(cast.admin)
    for path in (reverse("dead-letter", args=[letter.pk]), reverse("dead-letters")):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.shows("S38")
def test_a_huge_letter_is_shown_cut_and_is_not_edited(cast: Cast) -> None:
    letter = buried(readable("x" * 2 * SHOWN_BYTES))
    answer = signed_in(cast.admin).get(reverse("dead-letter", args=[letter.pk]))
    assert len(answer.content) < 2 * SHOWN_BYTES
    assert b"<textarea" not in answer.content


# ── Mending


def test_a_mended_letter_is_read_again_and_stands_in_the_thread(cast: Cast) -> None:
    letter = buried(payloads.one(payloads.message(text={"body": "Hola"}) | {"timestamp": "ayer"}))
    client = signed_in(cast.admin)
    page = client.get(reverse("dead-letter", args=[letter.pk]))
    mended = page.context["shown"].text.replace('"ayer"', f'"{payloads.AT}"')
    path = reverse("dead-letter", args=[letter.pk])
    assert client.post(path, {"body": mended, "version": 1}).status_code == 302
    for _double_click in range(2):
        assert client.post(reverse("dead-letter-replay", args=[letter.pk])).status_code == 302
    assert Delivery.objects.count() == 1
    ingest()
    assert Message.objects.get().text == "Hola"
    letter.refresh_from_db()
    assert (letter.state, letter.settled_at is not None, DeadLetter.objects.count()) == ("replayed", True, 1)
    verbs = JournalEntry.objects.filter(verb__startswith="dead_letter").order_by("pk").values_list("verb", "actor_id")
    assert list(verbs) == [("dead_letter_rewritten", cast.admin.pk), ("dead_letter_replayed", cast.admin.pk)]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("{not json", "JSON"),
        ("[]", "JSON object"),
        ('{"entry": []}', ""),
        (orjson.dumps(payloads.one(payloads.message() | {"timestamp": "ayer"})).decode(), "timestamp"),
    ],
)
def test_what_still_cannot_be_read_is_refused_at_the_field_and_nothing_is_lost(
    cast: Cast, typed: str, word: str
) -> None:
    letter = buried()
    client = signed_in(cast.admin)
    with nothing_happens():
        answer = client.post(reverse("dead-letter", args=[letter.pk]), {"body": typed, "version": 1})
    assert answer.status_code == 400
    (error,) = answer.context["form"].errors["body"]
    assert word in error
    assert answer.context["form"]["body"].value() == typed


def test_who_saves_after_somebody_else_is_told_and_keeps_what_they_wrote(cast: Cast) -> None:
    letter = buried()
    rewrite_letter(letter.pk, by=cast.admin, body=orjson.dumps(readable("Primera")).decode(), version=1)
    mine = orjson.dumps(readable("Segunda")).decode()
    answer = signed_in(cast.admin).post(reverse("dead-letter", args=[letter.pk]), {"body": mine, "version": 1})
    assert answer.status_code == 400
    assert answer.context["form"].non_field_errors()
    assert answer.context["form"]["body"].value() == mine
    letter.refresh_from_db()
    assert b"Primera" in bytes(letter.body)


# ── Settling


def test_replaying_twice_is_replaying_once(cast: Cast) -> None:
    letter = buried()
    assert replay_letter(letter.pk, by=cast.admin) is not None
    with nothing_happens():
        assert replay_letter(letter.pk, by=cast.admin) is None
    with refused(AlreadySettled):
        discard_letter(letter.pk, by=cast.admin)
    with refused(AlreadySettled):
        rewrite_letter(letter.pk, by=cast.admin, body="{}", version=2)


def test_a_discarded_letter_is_kept_and_not_replayed(cast: Cast) -> None:
    letter = buried()
    assert discard_letter(letter.pk, by=cast.admin)
    with nothing_happens():
        assert not discard_letter(letter.pk, by=cast.admin)
    with refused(AlreadySettled):
        replay_letter(letter.pk, by=cast.admin)
    page = signed_in(cast.admin).get(reverse("dead-letter", args=[letter.pk]))
    assert page.status_code == 200
    assert b"<textarea" not in page.content


def test_a_letter_too_long_to_edit_is_refused(cast: Cast) -> None:
    letter = buried()
    with refused(Invalid):
        rewrite_letter(letter.pk, by=cast.admin, body="x" * 1_000_001, version=1)


@pytest.mark.shows("S24")
def test_a_replayed_letter_still_belongs_to_whoever_signed_it(cast: Cast) -> None:
    letter = DeadLetter.objects.create(app_key="another-app", reason="No.", body=orjson.dumps(readable()))
    replay_letter(letter.pk, by=cast.admin)
    assert Delivery.objects.get().app_key == "another-app"
    ingest()
    assert not Message.objects.exists()
    assert DeadLetter.objects.filter(app_key="another-app", state="dead").count() == 1


# ── Notices


def test_account_errors_and_notices_are_kept_once_and_shown(cast: Cast) -> None:
    error = {"code": 131031, "title": "Account locked", "error_data": {"details": HOSTILE}}
    review = {"event": "APPROVED", "message_template_name": "hola", "message_template_language": "es"}
    body = payloads.delivery(
        payloads.change(errors=[error]), {"field": "message_template_status_update", "value": review}
    )
    for _twice in range(2):
        Delivery.objects.create(body=orjson.dumps(body))
        ingest()
    assert not DeadLetter.objects.exists()
    found = {each.topic: each for each in ProviderNotice.objects.all()}
    assert ProviderNotice.objects.count() == 2
    assert (found["account_error"].code, found["account_error"].account_external_id) == (
        131031,
        factories.PHONE_NUMBER_ID,
    )
    assert found["message_template_status_update"].payload == review
    assert found["message_template_status_update"].waba_id == factories.WABA_ID
    page = signed_in(cast.admin).get(reverse("provider-notices")).content.decode()
    assert "Aprobada · hola · es" in page
    assert "<script>alert" not in page


def test_notices_are_searched_and_narrowed(cast: Cast) -> None:
    ProviderNotice.objects.create(topic="security", summary="PIN changed", digest="1")
    ProviderNotice.objects.create(topic="account_error", summary="Away", digest="2", is_error=True, code=131031)
    client = signed_in(cast.admin)

    def said(**asked: str) -> list[str]:
        return [each.summary for each in client.get(reverse("provider-notices"), asked).context["page"].rows]

    assert said() == ["Away", "PIN changed"]
    assert said(kind="errors") == ["Away"]
    assert said(kind="others") == ["PIN changed"]
    assert said(topic="security") == ["PIN changed"]
    assert said(q="pin") == ["PIN changed"]

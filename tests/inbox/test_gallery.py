"""Ready words at the desk: what an agent finds in a conversation, filled, and a resource's file on its way to the provider."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from campaigns.actions import (
    ResourceWords,
    ShortcutWords,
    archive_resource,
    archive_shortcut,
    change_resource,
    create_resource,
    create_shortcut,
)
from campaigns.models import Resource
from contacts.models import Contact
from inbox.models import Attachment, Conversation
from inbox.tasks import drain_outbox
from tests import factories
from tests.inbox.conftest import Provider
from tests.security.world import picture, png, signed_in
from tests.untouched import untouched


@pytest.fixture
def ana(cast: factories.Cast) -> Client:
    return signed_in(cast.ana)


@pytest.fixture
def conversation(cast: factories.Cast, settings: Settings, tmp_path: Path) -> Conversation:
    settings.MEDIA_ROOT = tmp_path
    return factories.taken_conversation(cast, sender=factories.identity(name="Rocío"))


def image(cast: factories.Cast, **words: object) -> Resource:
    return create_resource("image", ResourceWords(name="Plano", **words), by=cast.admin, file=picture("plano.png"))  # type: ignore[arg-type]


@pytest.mark.shows("001-41", "P0-16", "S35")
def test_shortcuts_come_filled_and_the_campaigns_own_hides_the_companys(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    text = "Hola {nombre} {apellido}, soy {agente} de {empresa}. {{settings.SECRET_KEY}} {0.__class__} 100 %"
    create_shortcut(ShortcutWords(code="hola", text="De la empresa"), by=cast.admin)
    own = create_shortcut(ShortcutWords(code="hola", text=text, campaign_id=cast.campaign.pk), by=cast.luis)
    create_shortcut(ShortcutWords(code="otra", text="x", campaign_id=cast.other_campaign.pk), by=cast.admin)
    gone = create_shortcut(ShortcutWords(code="vieja", text="x"), by=cast.admin)
    archive_shortcut(gone.pk, by=cast.admin)
    plano = image(cast, text="Plano para {nombre}")
    create_shortcut(ShortcutWords(code="plano", resource_id=plano.pk), by=cast.admin)
    answer = ana.get(f"/api/v1/conversations/{conversation.pk}/shortcuts/").json()
    assert [(each["code"], each["kind"]) for each in answer["results"]] == [("hola", "text"), ("plano", "image")]
    first, media = answer["results"]
    assert (first["id"], first["missing"], first["is_of_company"]) == (own.pk, ["apellido"], False)
    assert (
        first["text"]
        == "Hola Rocío {apellido}, soy Ana Gómez de Fibra Sur. {{settings.SECRET_KEY}} {0.__class__} 100 %"
    )
    assert (media["text"], media["resource"]["id"], media["name"]) == ("Plano para Rocío", plano.pk, "Plano")
    assert "nombre" in answer["variables"]


@pytest.mark.shows("P0-16")
def test_the_first_name_is_the_contacts_own_where_it_is_known(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    Contact.objects.update(first_name="Rocío", last_name="Benítez", profile_name="Ro 💅 Panadería")
    create_shortcut(ShortcutWords(code="hola", text="Hola {nombre} ({apellido})"), by=cast.admin)
    (row,) = ana.get(f"/api/v1/conversations/{conversation.pk}/shortcuts/").json()["results"]
    assert (row["text"], row["missing"]) == ("Hola Rocío (Benítez)", [])


@pytest.mark.shows("S35")
def test_a_customer_who_calls_themselves_a_variable_stays_what_they_are_called(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    Contact.objects.update(first_name="{agente}", last_name="{{settings.SECRET_KEY}}%s")
    create_shortcut(ShortcutWords(code="hola", text="{nombre} {apellido}"), by=cast.admin)
    (row,) = ana.get(f"/api/v1/conversations/{conversation.pk}/shortcuts/").json()["results"]
    assert row["text"] == "{agente} {{settings.SECRET_KEY}}%s"


@pytest.mark.shows("004-07")
def test_the_gallery_is_searched_filtered_and_read_page_by_page(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    for number in range(40):
        words = ResourceWords(name=f"Texto {number:02}", text=f"Día {number}", position=number // 20)
        create_resource("text", words, by=cast.admin)
    plano = image(cast, campaign_id=cast.campaign.pk, position=5)
    hidden = create_resource(
        "text", ResourceWords(name="Otra", text="x", campaign_id=cast.other_campaign.pk), by=cast.admin
    )
    archive_resource(create_resource("text", ResourceWords(name="Vieja", text="x"), by=cast.admin).pk, by=cast.admin)
    address = f"/api/v1/conversations/{conversation.pk}/resources/"
    first = ana.get(address).json()
    second = ana.get(address, {"cursor": first["next"]}).json()
    names = [each["name"] for each in first["results"] + second["results"]]
    assert names == [*(f"Texto {number:02}" for number in range(40)), "Plano"]
    assert second["next"] is None
    assert [each["id"] for each in ana.get(address, {"kind": "image"}).json()["results"]] == [plano.pk]
    assert [each["name"] for each in ana.get(address, {"search": "TÉXTO 0"}).json()["results"]] == names[:10]
    for question in ({"kind": "gif"}, {"cursor": str(hidden.pk)}, {"cursor": "x"}):
        assert ana.get(address, question).status_code == 400


@pytest.mark.shows("004-05", "004-07")
def test_a_resource_goes_out_though_the_campaign_forbids_files_of_ones_own(
    cast: factories.Cast, ana: Client, conversation: Conversation, provider: Provider
) -> None:
    type(cast.campaign).objects.update(allow_external_resources=False)
    plano = image(cast, campaign_id=cast.campaign.pk)
    address = f"/api/v1/conversations/{conversation.pk}/"
    copy = ana.post(f"{address}resource-copies/", {"resource": plano.pk}, content_type="application/json")
    assert copy.status_code == 201
    row = copy.json()
    assert (row["state"], row["mime"], row["name"], row["kind"]) == ("stored", "image/png", "plano.png", "image")
    # What was copied stays what it was, whatever becomes of the gallery.
    change_resource(plano.pk, ResourceWords(name="Otro"), by=cast.admin, file=picture("otro.png"))
    body = {"client_id": str(uuid.uuid4()), "text": "El plano", "attachment": row["id"]}
    assert ana.post(f"{address}messages/", body, content_type="application/json").status_code == 201
    drain_outbox(conversation.pk)
    (sent,) = provider.sent()
    assert (sent.kind, sent.text) == ("image", "El plano")
    with default_storage.open(Attachment.objects.get(pk=row["id"]).path) as file:
        assert file.read() == png()


def test_who_may_not_write_or_sees_no_such_resource_copies_nothing(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    text = create_resource("text", ResourceWords(name="x", text="x"), by=cast.admin)
    theirs = image(cast, campaign_id=cast.other_campaign.pk)
    archived = image(cast)
    archive_resource(archived.pk, by=cast.admin)
    free = image(cast)
    address = f"/api/v1/conversations/{conversation.pk}/resource-copies/"
    luis, eva = signed_in(cast.luis), signed_in(cast.eva)
    for client, resource, status in (
        (ana, text.pk, 400), (ana, theirs.pk, 404), (ana, archived.pk, 404), (ana, 10**9, 404), (luis, free.pk, 403), (eva, free.pk, 404),
    ):  # fmt: skip
        with untouched():
            answer = client.post(address, {"resource": resource}, content_type="application/json")
        assert answer.status_code == status


def test_a_gallery_file_that_is_gone_from_the_storage_is_said_and_leaves_nothing(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    plano = image(cast)
    default_storage.delete(plano.path)
    with untouched():
        answer = ana.post(
            f"/api/v1/conversations/{conversation.pk}/resource-copies/",
            {"resource": plano.pk},
            content_type="application/json",
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "no_room")


@pytest.mark.shows("S43", "S31")
def test_the_gallerys_files_are_shown_to_who_finds_them_and_to_nobody_else(
    cast: factories.Cast, ana: Client, conversation: Conversation
) -> None:
    plano = image(cast, campaign_id=cast.campaign.pk)
    words = create_resource("text", ResourceWords(name="x", text="x"), by=cast.admin)
    for address, size in (
        (f"/media/resources/{plano.pk}/", len(png())),
        (f"/media/resources/{plano.pk}/thumbnail/", None),
    ):
        shown = ana.get(address)
        assert shown.status_code == 200
        assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert size is None or int(shown["Content-Length"]) == size
        assert signed_in(cast.eva).get(address).status_code == 404
        assert Client().get(address).status_code == 403
    assert ana.get(f"/media/resources/{words.pk}/").status_code == 404

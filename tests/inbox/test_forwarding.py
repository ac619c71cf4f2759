"""A message sent on in another conversation is a new message there, by every rule of sending (P1-23)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.models import Campaign
from connectors.kinds import MessageKind
from core.refusals import Invalid, NotFound
from inbox.actions.forwarding import forward_message
from inbox.actions.sending import send_message, write_note
from inbox.actions.uploads import store_upload
from inbox.errors import ColleagueAnswered, ExternalFilesForbidden, NotYours
from inbox.models import Attachment, Conversation, Message, OutboxEntry
from tests import factories, strange_files
from tests.factories import Cast, client_id
from tests.security.world import picture
from tests.witness import refused


def said(conversation: Conversation, cast: Cast, text: str = "Mira esto", **beside: Any) -> Message:
    return send_message(conversation.pk, by=cast.ana, client_id=client_id(), text=text, **beside)[0]


@pytest.mark.shows("P1-23")
def test_words_are_sent_on_once_however_often_it_is_asked(cast: Cast) -> None:
    source, target = factories.taken_conversation(cast, text="Hola, soy yo"), factories.taken_conversation(cast)
    theirs = Message.objects.get(conversation=source)
    asked = client_id()
    message, is_new = forward_message(target.pk, by=cast.ana, client_id=asked, message_id=theirs.pk)
    assert (message.text, message.conversation_id, message.direction, is_new) == (
        "Hola, soy yo",
        target.pk,
        "out",
        True,
    )
    assert forward_message(target.pk, by=cast.ana, client_id=asked, message_id=theirs.pk) == (message, False)
    assert OutboxEntry.objects.count() == 1


@pytest.mark.shows("P1-23")
def test_a_file_goes_along_as_a_copy_of_its_own(cast: Cast) -> None:
    source, target = factories.taken_conversation(cast), factories.taken_conversation(cast)
    file = store_upload(source.pk, picture(), by=cast.ana)
    sent = said(source, cast, "Mi fachada", attachment_id=file.pk)
    message, _new = forward_message(target.pk, by=cast.ana, client_id=client_id(), message_id=sent.pk)
    copy = Attachment.objects.get(message=message)
    assert (message.kind, message.text, copy.sha256) == ("image", "Mi fachada", file.sha256)
    assert copy.conversation_id == target.pk
    assert copy.path != file.path


@pytest.mark.shows("P1-23")
def test_a_place_goes_along_as_a_place(cast: Cast) -> None:
    source, target = factories.taken_conversation(cast), factories.taken_conversation(cast)
    theirs = Message.objects.get(conversation=source)
    place = {"latitude": -25.3, "longitude": -57.6, "name": "Casa", "address": "Palma 123", "url": ""}
    Message.objects.filter(pk=theirs.pk).update(kind="location", text="Casa", details={"location": place})
    message, _new = forward_message(target.pk, by=cast.ana, client_id=client_id(), message_id=theirs.pk)
    assert message.kind == "location"
    assert message.details["location"]["latitude"] == -25.3


@pytest.mark.shows("P1-23", "S01", "S02")
def test_nobody_sends_on_what_they_may_not_see_nor_to_where_they_may_not_write(cast: Cast) -> None:
    source, target = factories.taken_conversation(cast), factories.taken_conversation(cast)
    theirs = Message.objects.get(conversation=source)
    note = write_note(source.pk, by=cast.ana, client_id=client_id(), text="Solo nosotros")[0]
    eva_s = factories.taken_conversation(cast, by=cast.luis)
    Conversation.objects.filter(pk=eva_s.pk).update(
        team=cast.other_team, assignee=None, status="queued", campaign=cast.other_campaign
    )
    hidden = Message.objects.get(conversation=eva_s)
    for message_id in (note.pk, hidden.pk, 987_654_321):
        with refused(Invalid):
            forward_message(target.pk, by=cast.ana, client_id=client_id(), message_id=message_id)
    with refused(NotFound):
        forward_message(eva_s.pk, by=cast.ana, client_id=client_id(), message_id=theirs.pk)
    with refused(NotYours):
        forward_message(target.pk, by=cast.luis, client_id=client_id(), message_id=theirs.pk)


# --- A colleague was faster ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("P0-31")
def test_whoever_wrote_while_a_colleague_answered_is_told_before_it_goes_out(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast, by=cast.luis)
    seen = Message.objects.get(conversation=conversation).pk
    send_message(conversation.pk, by=cast.luis, client_id=client_id(), text="Ya le digo")
    Conversation.objects.filter(pk=conversation.pk).update(assignee=cast.ana)
    with refused(ColleagueAnswered) as refusal:
        send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Le digo yo", written_after=seen)
    assert refusal.value.extra["by"] == {"id": cast.luis.pk, "name": "Luis Ferreira"}
    assert "Luis" in refusal.value.message
    last = Message.objects.latest("id").pk
    # Having seen it, or not asking to be told: it is sent.
    assert send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Le digo yo", written_after=last)[1]
    assert send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Otra", written_after=None)[1]
    # One's own answers are no surprise.
    assert send_message(conversation.pk, by=cast.ana, client_id=client_id(), text="Y otra", written_after=last)[1]


@pytest.mark.shows("004-05", "P1-23")
def test_a_voice_note_of_elsewhere_is_a_file_of_ones_own(cast: Cast) -> None:
    source, target = factories.taken_conversation(cast), factories.taken_conversation(cast)
    spoken = SimpleUploadedFile("nota.ogg", strange_files.sound(seconds=1.0), content_type="audio/ogg")
    note = store_upload(source.pk, spoken, by=cast.ana, kind=MessageKind.VOICE)
    sent, _new = send_message(source.pk, by=cast.ana, client_id=client_id(), text="", attachment_id=note.pk)
    Campaign.objects.filter(pk=target.campaign_id).update(allow_external_resources=False)
    with refused(ExternalFilesForbidden):
        forward_message(target.pk, by=cast.ana, client_id=client_id(), message_id=sent.pk)
    assert Attachment.objects.count() == 1

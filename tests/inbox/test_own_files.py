"""A campaign may forbid files of the agent's own (004-05): the panel is told why, and the server refuses too."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from campaigns.models import Campaign
from connectors.kinds import WHATSAPP, MessageKind
from core.refusals import NotAllowed, NotFound
from inbox.actions.uploads import store_upload
from inbox.api.details import conversation_detail
from inbox.api.limits import limits
from inbox.models import Attachment
from tests import factories, strange_files
from tests.factories import Cast
from tests.witness import nothing_happens


def picture() -> SimpleUploadedFile:
    return SimpleUploadedFile("plano.png", strange_files.picture("PNG", size=(8, 8)), content_type="image/png")


@pytest.mark.shows("004-05")
def test_a_campaign_without_own_files_says_so_and_takes_none(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    assert conversation_detail(conversation.pk, cast.ana)["composer"]["attach"]["allowed"]
    Campaign.objects.filter(pk=conversation.campaign_id).update(allow_external_resources=False)

    with translation.override("es"):
        permit = conversation_detail(conversation.pk, cast.ana)["composer"]["attach"]
    assert (permit["allowed"], permit["code"]) == (False, "external_files_forbidden")
    assert "no permite archivos propios" in str(permit["reason"])
    for kind in (MessageKind.IMAGE, MessageKind.DOCUMENT, MessageKind.VIDEO, MessageKind.AUDIO, MessageKind.STICKER):
        with nothing_happens(), pytest.raises(NotAllowed):
            store_upload(conversation.pk, picture(), by=cast.ana, kind=kind)
    assert not Attachment.objects.exists()


@pytest.mark.shows("004-05", "001-40")
def test_what_is_spoken_here_is_no_file_from_elsewhere(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    Campaign.objects.filter(pk=conversation.campaign_id).update(allow_external_resources=False)
    spoken = SimpleUploadedFile("nota.ogg", strange_files.sound(seconds=1.0), content_type="audio/ogg")
    assert store_upload(conversation.pk, spoken, by=cast.ana, kind=MessageKind.VOICE).kind == "voice"


def test_to_another_team_there_is_no_such_conversation(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with nothing_happens(), pytest.raises(NotFound):
        store_upload(conversation.pk, picture(), by=cast.eva)


@pytest.mark.shows("P0-17")
def test_the_panel_is_given_the_very_table_by_which_the_server_refuses() -> None:
    table = limits()["channels"]["whatsapp"]
    shown = {kind: (each["max_bytes"], set(each["mime_types"])) for kind, each in table["media"].items()}
    assert shown == {kind.value: (each.max_bytes, set(each.mime_types)) for kind, each in WHATSAPP.media.items()}
    megabyte = 1024 * 1024
    assert {kind: size for kind, (size, _types) in shown.items()} == {
        "image": 5 * megabyte, "video": 16 * megabyte, "audio": 16 * megabyte, "voice": 16 * megabyte,
        "document": 100 * megabyte, "sticker": 500 * 1024,
    }  # fmt: skip
    assert table["max_still_sticker_bytes"] == 100 * 1024

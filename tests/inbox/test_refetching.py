"""A file that did not come may be asked for once more, by those who see it, for as long as the provider keeps it (P0-30)."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from core.refusals import NotFound
from inbox.actions.attachments import FETCH_ATTEMPTS, GONE, HELD_UP, KEPT_BY_PROVIDER
from inbox.actions.refetching import FileGone, fetch_again
from inbox.events import AttachmentsWanted
from inbox.models import Attachment, Message
from inbox.tasks import fetch_attachment
from tests.factories import Cast
from tests.inbox.conftest import Provider
from tests.inbox.test_files import announced_picture
from tests.witness import announced, nothing_happens


def given_up(provider: Provider) -> Attachment:
    file = announced_picture(provider)
    Attachment.objects.update(state="failed", reason=GONE, next_attempt_at=None, attempt=FETCH_ATTEMPTS)
    return file


@pytest.mark.shows("P0-30", "R45")
def test_a_file_given_up_gets_one_more_try_and_is_shown(cast: Cast, provider: Provider) -> None:
    file = given_up(provider)
    before = Message.objects.get().change
    with announced() as facts:
        fetch_again(file.pk, by=cast.luis)
    assert [fact for fact in facts if isinstance(fact, AttachmentsWanted)] == [
        AttachmentsWanted(attachment_ids=(str(file.pk),))
    ]
    assert Message.objects.get().change > before
    assert (Attachment.objects.get().state, Attachment.objects.get().reason) == ("pending", "")
    fetch_attachment(str(file.pk))
    assert Attachment.objects.get().state == "stored"
    with nothing_happens():
        fetch_again(file.pk, by=cast.luis)


@pytest.mark.shows("R45")
def test_the_one_more_try_ends_where_it_began(cast: Cast, provider: Provider) -> None:
    file = given_up(provider)
    provider.simulator.faults(media="gone")
    fetch_again(file.pk, by=cast.luis)
    fetch_attachment(str(file.pk))
    assert Attachment.objects.get().state == "failed"


def test_one_that_waits_for_room_is_brought_forward(cast: Cast, provider: Provider) -> None:
    file = announced_picture(provider)
    later = timezone.now() + datetime.timedelta(hours=6)
    Attachment.objects.update(is_held_up=True, reason=HELD_UP, next_attempt_at=later)
    fetch_again(file.pk, by=cast.luis)
    fetch_attachment(str(file.pk))
    assert Attachment.objects.get().state == "stored"


def test_what_may_be_on_its_way_at_this_moment_is_left_alone(cast: Cast, provider: Provider) -> None:
    file = announced_picture(provider)
    Attachment.objects.update(next_attempt_at=timezone.now() + datetime.timedelta(seconds=200))
    with nothing_happens():
        fetch_again(file.pk, by=cast.luis)


def test_after_a_week_nobody_has_it(cast: Cast, provider: Provider) -> None:
    file = given_up(provider)
    Attachment.objects.update(created_at=timezone.now() - KEPT_BY_PROVIDER)
    with nothing_happens(), pytest.raises(FileGone):
        fetch_again(file.pk, by=cast.luis)


@pytest.mark.shows("S01", "S43")
def test_to_another_team_there_is_no_such_file(cast: Cast, provider: Provider) -> None:
    file = given_up(provider)
    with nothing_happens(), pytest.raises(NotFound):
        fetch_again(file.pk, by=cast.eva)

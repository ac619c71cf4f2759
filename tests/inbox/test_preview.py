"""Working the records of a base (000-02): one open at a time, called or written to, ended by its outcome, given back in time."""

from __future__ import annotations

import datetime
import uuid
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.models import CampaignBase
from contacts.actions import add_point
from contacts.actions.bases import change_base_state
from contacts.actions.members import RESERVED_FOR, BaseNotActive, release_overdue
from contacts.models import Attempt, BaseMember, ContactBase, ContactPoint
from contacts.open_records import open_record_of, with_record_open
from core.refusals import NotFound
from inbox.actions.calling import end_call, register_call
from inbox.actions.closing import close_conversation
from inbox.actions.previewing import release_record, take_record
from inbox.errors import AuxStateForbids, CallbackTimeRequired, RecordOpen
from inbox.models import Call, Callback, Conversation
from tests import factories
from tests.concurrency import together
from tests.contacts.members import base_of, broken, their_base
from tests.factories import Cast
from tests.inbox.test_associating import answered, ask
from tests.inbox.test_starting import LINE, make_templates, start, wanted
from tests.witness import refused
from typification.models import Typification


def worked_base(cast: Cast, how_many: int = 3, *, first: int = 0) -> ContactBase:
    """An active base of the campaign's with people who can be called."""
    base = base_of(cast, how_many)
    CampaignBase.objects.create(campaign=cast.campaign, base=base)
    for n, member in enumerate(BaseMember.objects.filter(base=base).order_by("pk"), start=first):
        add_point(member.contact_id, value=f"+595 21 584 3{n:02d}", kind="phone", by=None)
    return base


def opened(base: ContactBase, user: User) -> BaseMember:
    record = take_record(base.pk, by=user)
    assert record is not None
    return record


def called(record: BaseMember, user: User) -> Call:
    point = ContactPoint.objects.get(contact=record.contact_id, kind="phone")
    call, _is_new = register_call(record.contact_id, by=user, client_id=uuid.uuid4(), contact_point_id=point.pk)
    return call


def outcome_of_calls(**more: object) -> Typification:
    return Typification.objects.create(name="De llamada", applies_to="phone", **more)


@pytest.mark.shows("000-02")
def test_two_who_take_at_once_get_different_records(committed_cast: Cast) -> None:
    base, beto = worked_base(committed_cast), factories.agent_of(committed_cast, "beto")
    got = together([partial(take_record, base.pk, by=user) for user in (committed_cast.ana, beto)])
    assert not [each for each in got if isinstance(each, BaseException)], got
    assert len({each.pk for each in got}) == 2


@pytest.mark.shows("000-02")
def test_one_record_is_open_at_a_time_and_asked_again_it_is_the_same_for_longer(cast: Cast) -> None:
    base, other = worked_base(cast), worked_base(cast, first=10)
    record = opened(base, cast.ana)
    assert opened(base, cast.ana).pk == record.pk
    assert open_record_of(cast.ana) == record
    assert with_record_open([cast.ana.pk, cast.luis.pk]) == {cast.ana.pk}
    with refused(RecordOpen) as refusal:
        take_record(other.pk, by=cast.ana)
    assert base.name in refusal.value.message
    release_record(by=cast.ana)
    assert open_record_of(cast.ana) is None
    assert release_record(by=cast.ana) is None
    assert opened(other, cast.ana).base == other


@pytest.mark.shows("000-02")
def test_what_was_looked_at_for_too_long_goes_back_by_itself(cast: Cast) -> None:
    base = worked_base(cast)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        record = opened(base, cast.ana)
        clock.shift(RESERVED_FOR + datetime.timedelta(seconds=1))
        assert open_record_of(cast.ana) is None
        assert release_overdue() == 1
        record.refresh_from_db()
        assert record.state == "unprocessed"


@pytest.mark.shows("000-02", "S09", "B-05")
def test_only_bases_of_ones_own_working_campaigns(cast: Cast) -> None:
    base, unnamed, theirs = worked_base(cast), base_of(cast, 1), their_base(cast)
    for user, wrong in ((cast.ana, unnamed), (cast.ana, theirs), (cast.eva, base)):
        with refused(NotFound):
            take_record(wrong.pk, by=user)
    switch_aux_state(cast.ana, AuxState.objects.get(code="break"))
    with refused(AuxStateForbids):
        take_record(base.pk, by=cast.ana)
    switch_aux_state(cast.ana, AuxState.objects.get(code="preview"))
    change_base_state(base.pk, state="paused", by=cast.luis)
    with refused(BaseNotActive):
        take_record(base.pk, by=cast.ana)
    change_base_state(base.pk, state="active", by=cast.luis)
    cast.campaign.state = "paused"
    cast.campaign.save()
    with refused(NotFound):
        take_record(base.pk, by=cast.ana)


@pytest.mark.shows("000-02")
def test_a_call_begins_the_record_and_its_outcome_ends_it(cast: Cast) -> None:
    base = worked_base(cast)
    record = opened(base, cast.ana)
    call = called(record, cast.ana)
    record.refresh_from_db()
    assert (record.state, record.attempts) == ("in_progress", 1)
    # Open still: until it is said how it went.
    assert open_record_of(cast.ana) == record
    with refused(RecordOpen):
        release_record(by=cast.ana)
    sale = outcome_of_calls(closes_member=True)
    end_call(call.uuid, by=cast.ana, typification_id=sale.pk)
    record.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (record.state, record.last_typification, record.attempts) == ("closed", sale, 1)
    assert (attempt.interaction_id, attempt.medium, attempt.typification) == (call.uuid, "call", sale)
    assert open_record_of(cast.ana) is None
    assert opened(base, cast.ana).pk != record.pk
    assert broken() == {}


def test_a_call_that_is_to_be_repeated_promises_it(cast: Cast) -> None:
    base = worked_base(cast)
    record = opened(base, cast.ana)
    call = called(record, cast.ana)
    again = outcome_of_calls(closes_member=False, asks_callback="personal")
    with refused(CallbackTimeRequired):
        end_call(call.uuid, by=cast.ana, typification_id=again.pk)
    at = timezone.now() + datetime.timedelta(hours=2)
    end_call(call.uuid, by=cast.ana, typification_id=again.pk, callback_at=at)
    record.refresh_from_db()
    callback = Callback.objects.get()
    assert (record.state, record.due_at) == ("scheduled", at)
    assert (callback.member, callback.owner, callback.due_at, callback.campaign) == (
        record,
        cast.ana,
        at,
        cast.campaign,
    )


def test_a_call_with_somebody_else_touches_no_record(cast: Cast) -> None:
    base = worked_base(cast)
    record = opened(base, cast.ana)
    another = BaseMember.objects.filter(base=base).exclude(pk=record.pk).order_by("pk")[0]
    called(another, cast.ana)
    record.refresh_from_db()
    another.refresh_from_db()
    assert (record.state, another.state) == ("reserved", "unprocessed")
    assert not Attempt.objects.exists()


@pytest.mark.shows("000-02", "000-04", "B-05")
def test_while_it_is_open_no_other_conversation_is_closed(cast: Cast) -> None:
    base, conversation = worked_base(cast), answered(cast)
    call = called(opened(base, cast.ana), cast.ana)
    detail = ask(cast.ana, f"conversations/{conversation.pk}/")
    assert detail["actions"]["quick_close"]["code"] == detail["actions"]["close"]["code"] == "record_open"
    assert base.name in detail["actions"]["close"]["reason"]
    end_call(call.uuid, by=cast.ana, typification_id=outcome_of_calls().pk)
    assert ask(cast.ana, f"conversations/{conversation.pk}/")["actions"]["close"]["allowed"] is True
    assert close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk).status == "closed"


@pytest.mark.shows("000-02", "S07")
def test_over_rest(cast: Cast) -> None:
    base = worked_base(cast)
    client = Client()
    client.force_login(cast.ana)
    path = "/api/v1/preview/record/"
    assert client.get(path).status_code == 204
    made = client.post(path, {"base": base.pk}, "application/json")
    assert (made.status_code, made.json()["state"], made.json()["base"]["name"]) == (200, "reserved", base.name)
    assert client.get(path).json()["id"] == made.json()["id"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 204
    stranger = Client()
    stranger.force_login(cast.eva)
    assert stranger.post(path, {"base": base.pk}, "application/json").status_code == 404


@pytest.mark.shows("000-02")
def test_the_page_gives_the_next_record_shows_it_and_takes_it_back(cast: Cast) -> None:
    base = worked_base(cast)
    client = Client()
    client.force_login(cast.ana)
    page = client.get(reverse("preview"))
    assert base.name in page.content.decode()
    assert client.post(reverse("preview-take", args=[base.pk])).status_code == 302
    record = open_record_of(cast.ana)
    assert record is not None
    shown = client.get(reverse("preview")).content.decode()
    assert reverse("contact-section", args=[record.contact_id]) in shown
    assert reverse("preview-release") in shown
    fragment = client.get(reverse("preview-record"), headers={"X-Fragment": "1"}).content.decode()
    assert base.name in fragment
    assert client.post(reverse("preview-release")).status_code == 302
    assert open_record_of(cast.ana) is None
    assert client.post(reverse("preview-take", args=[their_base(cast).pk])).status_code == 404


@pytest.mark.shows("000-02", "000-12")
def test_a_chat_begins_the_record_too_and_its_closing_ends_it(cast: Cast) -> None:
    base = worked_base(cast)
    record = opened(base, cast.ana)
    add_point(record.contact_id, value=LINE, kind="phone", by=None)
    client = Client()
    client.force_login(cast.ana)
    answer = start(client, wanted(cast, make_templates(cast)["recordatorio"]))
    assert answer.status_code == 201, answer.content
    conversation = Conversation.objects.get()
    record.refresh_from_db()
    assert (conversation.base_member, record.state) == (record, "in_progress")
    # It is worked in its own place: the next record may be looked at meanwhile.
    assert open_record_of(cast.ana) is None
    conversation.outbox.all().delete()
    Conversation.objects.filter(pk=conversation.pk).update(needs_first_reply=False)
    close_conversation(
        conversation.pk, by=cast.ana, typification_id=factories.leaf("Venta concretada").pk, note="Plan 100"
    )
    record.refresh_from_db()
    assert (record.state, record.last_typification) == ("closed", factories.leaf("Venta concretada"))
    assert broken() == {}

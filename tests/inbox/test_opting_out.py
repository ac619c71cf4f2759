"""Who writes an opt-out word, and nothing else, is left alone: whatever happens right after their message is stored."""

from __future__ import annotations

from functools import partial

import pytest

from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.models import ChannelAccount
from contacts.actions.associating import associate_contacts
from contacts.models import BaseMember, Consent, Contact
from core.models import JournalEntry
from inbox.actions.opting_out import heed_opt_out, unheeded
from inbox.actions.receiving import receive_messages
from inbox.events import OptOutsHeard
from inbox.models import Conversation, OptOut
from inbox.tasks import sweep_opt_outs
from tests.concurrency import all_well, together
from tests.contacts.members import base_of
from tests.factories import Cast, identity, inbound
from tests.witness import announced, nothing_happens


@pytest.fixture
def heeding(cast: Cast) -> Cast:
    set_messages(cast.campaign.pk, sheet=MessagesSheet(opt_out_words=("BAJA", "No molestar")), by=cast.admin)
    return cast


def hear(cast: Cast, *texts: str) -> Conversation:
    account = ChannelAccount.objects.get(pk=cast.account.pk)
    receive_messages(account, [inbound(text, sender=identity("595981000001")) for text in texts])
    return Conversation.objects.latest("id")


@pytest.mark.shows("S64")
@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("BAJA", True),
        (" baja. ", True),
        ("¡No molestár!", True),
        ("no   molestar", True),
        ("baja por favor", False),
        ("Quiero dar de baja el servicio", False),
        ("", False),
    ],
)
def test_the_word_and_nothing_else(heeding: Cast, text: str, is_heard: bool) -> None:
    with announced() as facts:
        conversation = hear(heeding, text or "👍")
    assert OptOut.objects.count() == is_heard
    assert [each for each in facts if isinstance(each, OptOutsHeard)] == [
        OptOutsHeard(opt_out_ids=(each.pk,)) for each in OptOut.objects.all()
    ]
    assert sweep_opt_outs() == is_heard
    contact = Contact.objects.get(pk=conversation.contact_id)
    assert contact.do_not_contact is is_heard


@pytest.mark.shows("S64")
def test_they_are_left_alone_and_it_is_written_down(heeding: Cast) -> None:
    conversation = hear(heeding, "Hola")
    base = base_of(heeding, 0)
    associate_contacts(base.pk, [conversation.contact_id], by=heeding.admin)
    member = BaseMember.objects.get(base=base)
    hear(heeding, "BAJA")
    (opt_out_id,) = unheeded(most=10)
    assert heed_opt_out(opt_out_id) is True
    member.refresh_from_db()
    assert member.state == BaseMember.State.SUPPRESSED
    consent = Consent.objects.get()
    assert (consent.contact, consent.medium, consent.is_given, consent.by) == (
        conversation.contact,
        "whatsapp",
        False,
        None,
    )
    assert JournalEntry.objects.filter(verb="contact_forbidden", actor_id=None).count() == 1
    with nothing_happens():
        assert heed_opt_out(opt_out_id) is False
        assert heed_opt_out(987_654_321) is False
    # Their own conversation goes on: they may still be answered there.
    conversation.refresh_from_db()
    assert conversation.status == "queued"


def test_it_is_heard_once_whoever_hears_it(heeding: Cast) -> None:
    message = inbound("BAJA", sender=identity("595981000001"))
    account = ChannelAccount.objects.get(pk=heeding.account.pk)
    for _again in range(2):
        receive_messages(account, [message])
    assert OptOut.objects.count() == 1


def test_of_two_workers_one_heeds_it(committed_cast: Cast) -> None:
    sheet = MessagesSheet(opt_out_words=("BAJA",))
    set_messages(committed_cast.campaign.pk, sheet=sheet, by=committed_cast.admin)
    hear(committed_cast, "BAJA")
    (opt_out_id,) = unheeded(most=10)
    assert sorted(all_well(together([partial(heed_opt_out, opt_out_id)] * 3))) == [False, False, True]
    assert Consent.objects.count() == 1


def test_a_campaign_without_such_words_hears_none(cast: Cast) -> None:
    hear(cast, "BAJA")
    assert not OptOut.objects.exists()

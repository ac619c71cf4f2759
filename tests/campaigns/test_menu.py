"""Where campaigns share a number: whoever fits no rule is asked whither they want, once, and their answer brings them there."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.actions import switch_aux_state
from accounts.models import AuxState, User
from campaigns.actions.rules import RuleSheet, add_rule, edit_rule, set_menu_text
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.models import Campaign, RoutingRule
from connectors.kinds import MessageKind
from core.models import JournalEntry
from core.refusals import Invalid
from core.versions import Stale
from inbox.actions.arrival import greet
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.choosing import ANSWERED_WITHIN
from inbox.actions.distribution import assign_waiting, distribute_all_waiting
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation, ConversationEvent, Message
from inbox.models.conversation import Status
from tests import factories
from tests.campaigns.test_campaign_pages import version_at
from tests.campaigns.test_routing import fresh, keyword, second
from tests.concurrency import all_well, together
from tests.factories import Cast, identity, inbound
from tests.witness import refused

Browse = Callable[[User], Browser]
QUESTION = "¿Con quién quieres hablar?"
MONDAY = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


def choice(campaign: Campaign, label: str) -> RuleSheet:
    return RuleSheet(campaign_id=campaign.pk, kind="menu", label=label)


def asking(cast: Cast, *labels: str) -> Campaign:
    """The number asks: the first choice is its default campaign's, the others one more's."""
    support = second(cast)
    for number, label in enumerate(labels or ("Ventas", "Soporte técnico")):
        add_rule(cast.account.pk, sheet=choice(support if number else cast.campaign, label), by=cast.admin)
    set_menu_text(cast.account.pk, QUESTION, by=cast.admin)
    return support


def says(cast: Cast, text: str, **changes: object) -> Conversation:
    receive_messages(fresh(cast.account), [inbound(text, **changes)])  # type: ignore[arg-type]  # as given
    conversation: Conversation = Conversation.objects.latest("id")
    return conversation


def asked(cast: Cast, text: str = "Hola") -> Conversation:
    conversation = says(cast, text)
    greet(conversation.pk)
    conversation.refresh_from_db()
    return conversation


def questions(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation, direction="out").order_by("id"))


# --- Asked, and answered ---------------------------------------------------------------------------------------------------------


def test_whoever_fits_no_rule_is_asked_with_buttons_and_numbers(cast: Cast) -> None:
    asking(cast)
    conversation = asked(cast)
    (question,) = questions(conversation)
    assert question.text == f"{QUESTION}\n\n1. Ventas\n2. Soporte técnico"
    assert (question.kind, question.author_kind, question.status) == (MessageKind.INTERACTIVE, "bot", "queued")
    titles = [each["reply"]["title"] for each in question.payload["interactive"]["action"]["buttons"]]
    assert titles == ["Ventas", "Soporte técnico"]
    # They wait for a person all the same.
    assert (conversation.campaign, conversation.status) == (cast.campaign, Status.QUEUED)
    assert (conversation.needs_first_reply, conversation.waiting_since is not None) == (True, True)


def test_more_than_three_choices_are_a_list(cast: Cast) -> None:
    asking(cast, "Ventas", "Soporte", "Cobranzas", "Turnos")
    (question,) = questions(asked(cast))
    (section,) = question.payload["interactive"]["action"]["sections"]
    assert [each["title"] for each in section["rows"]] == ["Ventas", "Soporte", "Cobranzas", "Turnos"]


@pytest.mark.parametrize("answer", ["2", " 2. ", "soporte TECNICO", "¡Soporte técnico!"])
def test_an_answer_by_hand_brings_them_there(cast: Cast, answer: str) -> None:
    support = asking(cast)
    conversation = asked(cast)
    says(cast, answer)
    conversation.refresh_from_db()
    assert (conversation.campaign, conversation.team, conversation.status) == (support, support.team, Status.QUEUED)
    assert conversation.chooses_since is None
    event = ConversationEvent.objects.get(conversation=conversation)
    assert (event.kind, event.actor, event.details) == ("routed", None, {"campaign_name": support.name})


def test_a_button_brings_them_there_whatever_it_is_called_by_now(cast: Cast) -> None:
    support = asking(cast)
    conversation = asked(cast)
    rule = RoutingRule.objects.get(campaign=support)
    edit_rule(rule.pk, sheet=choice(support, "Ayuda"), by=cast.admin)
    pressed = {"interactive": {"type": "button_reply", "id": f"rule:{rule.pk}", "title": "Soporte técnico"}}
    says(cast, "Soporte técnico", kind=MessageKind.INTERACTIVE, details=pressed)
    conversation.refresh_from_db()
    assert conversation.campaign == support


@pytest.mark.parametrize("answer", ["3", "no sé", "12", "quiero soporte técnico ya"])
def test_what_is_no_answer_leaves_them_where_they_are_and_the_next_word_may_be_one(cast: Cast, answer: str) -> None:
    support = asking(cast)
    conversation = asked(cast)
    says(cast, answer)
    conversation.refresh_from_db()
    assert conversation.campaign == cast.campaign
    assert len(questions(conversation)) == 1
    says(cast, "2")
    conversation.refresh_from_db()
    assert conversation.campaign == support


def test_the_defaults_own_choice_is_an_answer_too(cast: Cast) -> None:
    asking(cast)
    conversation = asked(cast)
    says(cast, "1")
    conversation.refresh_from_db()
    assert (conversation.campaign, conversation.chooses_since) == (cast.campaign, None)
    says(cast, "2")
    conversation.refresh_from_db()
    assert conversation.campaign == cast.campaign


def test_whoever_fits_a_rule_is_not_asked(cast: Cast) -> None:
    support = asking(cast)
    add_rule(cast.account.pk, sheet=keyword(support, "factura"), by=cast.admin)
    conversation = asked(cast, "Mi factura")
    assert (conversation.campaign, conversation.chooses_since, questions(conversation)) == (support, None, [])


def test_the_first_words_are_no_answer_though_they_come_together(cast: Cast) -> None:
    asking(cast)
    receive_messages(fresh(cast.account), [inbound("Hola"), inbound("2")])
    conversation = Conversation.objects.get()
    assert (conversation.campaign, conversation.chooses_since is not None) == (cast.campaign, True)


def test_once_somebody_has_them_an_answer_moves_nothing(cast: Cast) -> None:
    asking(cast)
    conversation = asked(cast)
    take_conversation(conversation.pk, by=cast.ana)
    says(cast, "2")
    release_conversation(conversation.pk, by=cast.ana)
    says(cast, "2")
    conversation.refresh_from_db()
    assert conversation.campaign == cast.campaign


def test_outside_of_hours_and_by_a_paused_campaign_nobody_is_asked(cast: Cast) -> None:
    asking(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(state="paused")
    conversation = says(cast, "Hola")
    # The only one at work gets it, by no rule of its own: it asks too.
    greet(conversation.pk)
    conversation.refresh_from_db()
    assert conversation.campaign != cast.campaign
    Campaign.objects.update(state="paused")
    other = says(cast, "Hola", sender=identity("595981000009"))
    greet(other.pk)
    other.refresh_from_db()
    assert (questions(other), other.chooses_since) == ([], None)


def test_the_campaign_they_chose_welcomes_them(cast: Cast) -> None:
    support = asking(cast)
    set_messages(support.pk, sheet=MessagesSheet(welcome_message="Hola, somos soporte"), by=cast.admin)
    conversation = asked(cast)
    says(cast, "2")
    assert greet(conversation.pk)
    assert [each.text for each in questions(conversation)][1:] == ["Hola, somos soporte"]


# --- Twice, at once, and meanwhile ---------------------------------------------------------------------------------------------


@pytest.mark.faults
def test_two_workers_ask_once_and_bring_them_there_once(committed_cast: Cast) -> None:
    support = asking(committed_cast)
    conversation = says(committed_cast, "Hola")
    all_well(together([partial(greet, conversation.pk)] * 4))
    assert len(questions(conversation)) == 1
    answer = inbound("2")
    account = fresh(committed_cast.account)
    all_well(together([partial(receive_messages, account, [answer])] * 4))
    conversation.refresh_from_db()
    assert conversation.campaign == support
    assert ConversationEvent.objects.filter(conversation=conversation, kind="routed").count() == 1
    assert Conversation.objects.count() == 1


def test_nobody_is_given_who_is_choosing_until_they_have_had_their_time(cast: Cast) -> None:
    asking(cast)
    Campaign.objects.update(distribution="assign")
    with time_machine.travel(MONDAY, tick=False) as clock:
        switch_aux_state(cast.ana, AuxState.objects.get(code="social_new_and_active"))
        factories.be_here(cast.ana)
        conversation = asked(cast)
        assert assign_waiting(conversation.pk) is None
        assert distribute_all_waiting(most=10) == 0
        clock.shift(ANSWERED_WITHIN)
        assert distribute_all_waiting(most=10) == 1
        conversation.refresh_from_db()
        assert (conversation.assignee, conversation.chooses_since) == (cast.ana, None)


# --- Setting it up ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "field"),
    [("", "label"), ("  ", "label"), ("x" * 21, "label"), ("ventas", "label"), ("7", "label"), ("¿?", "label")],
)
def test_a_wrong_choice_is_refused_at_its_field(cast: Cast, label: str, field: str) -> None:
    support = asking(cast)
    with pytest.raises(Invalid) as caught:
        add_rule(cast.account.pk, sheet=choice(support, label), by=cast.admin)
    assert set(caught.value.fields) == {field}
    assert fresh(cast.account).rules.count() == 2


def test_more_than_ten_do_not_fit_and_without_a_default_there_is_none(cast: Cast) -> None:
    support = asking(cast, *(f"Tema {letter}" for letter in "abcdefghij"))
    with refused(Invalid):
        add_rule(cast.account.pk, sheet=choice(support, "Tema k"), by=cast.admin)
    RoutingRule.objects.all().delete()
    account = fresh(cast.account)
    account.default_campaign = None
    account.save()
    with pytest.raises(Invalid) as caught:
        add_rule(cast.account.pk, sheet=choice(support, "Ventas"), by=cast.admin)
    assert set(caught.value.fields) == {"kind"}


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_choice_without_a_label(committed_cast: Cast) -> None:
    for values in (
        {"kind": "menu"},
        {"kind": "menu", "label": "x", "words": ["x"]},
        {"kind": "keyword", "words": ["x"], "label": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoutingRule.objects.create(account=committed_cast.account, campaign=committed_cast.campaign, **values)  # type: ignore[misc]  # as written


def test_the_question_is_written_once_and_told(cast: Cast) -> None:
    asking(cast)
    before = JournalEntry.objects.filter(verb="channel_account_rules_changed").count()
    set_menu_text(cast.account.pk, QUESTION, by=cast.admin)
    assert JournalEntry.objects.filter(verb="channel_account_rules_changed").count() == before
    with refused(Stale):
        set_menu_text(cast.account.pk, "Otra", by=cast.admin, version="another")
    with refused(Invalid):
        set_menu_text(cast.account.pk, "x" * 601, by=cast.admin)
    assert fresh(cast.account).menu_text == QUESTION


@pytest.mark.shows("S08")
def test_the_page_writes_the_question_and_a_choice(cast: Cast, browse: Browse) -> None:
    support = second(cast)
    admin = browse(cast.admin)
    made = admin.post(
        reverse("account-rule-new", args=[cast.account.pk]),
        {"kind": "menu", "campaign": support.pk, "label": "Soporte técnico", "hours": "", "words": ""},
    )
    assert made.status_code == 302
    page = admin.get(reverse("account-rules", args=[cast.account.pk])).content.decode()
    assert "Soporte técnico" in page
    address = reverse("account-menu", args=[cast.account.pk])
    assert admin.post(address, {"menu_text": QUESTION, "version": version_at(admin, address)}).status_code == 302
    assert QUESTION in admin.get(reverse("account-rules", args=[cast.account.pk])).content.decode()
    assert browse(cast.ana).post(address, {"menu_text": "Mía"}).status_code == 403
    assert fresh(cast.account).menu_text == QUESTION

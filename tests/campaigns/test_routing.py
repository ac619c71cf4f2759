"""Whose a new conversation is where campaigns share a number: rules first, then the default, and never one that is over."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from campaigns.actions import keeping
from campaigns.actions.campaign_setup import change_campaign_state
from campaigns.actions.rules import RuleSheet, add_rule, edit_rule, order_rules, remove_rule
from campaigns.actions.serving import AccountsSheet, set_accounts
from campaigns.actions.setup import add_agent, ensure_campaign
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from campaigns.routing import Routes
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from core.versions import Stale
from inbox.actions.closing import close_conversation
from inbox.actions.moving import reopen_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.errors import NotReopened
from inbox.models import Conversation
from tests import factories
from tests.accounts.conftest import fields
from tests.campaigns.test_campaign_pages import version_at
from tests.factories import Cast, identity, inbound
from tests.witness import nothing_happens, refused

Browse = Callable[[User], Browser]
Give = Callable[..., User]
# A Monday, 9 in Asunción.
MONDAY = datetime.datetime(2031, 3, 3, 12, tzinfo=datetime.UTC)


def second(cast: Cast, name: str = "Soporte hogar", *, state: str = "active") -> Campaign:
    """One more campaign of Ana's team that shares its number."""
    campaign = ensure_campaign(name, team=cast.team, client="Fibra Sur", project="Hogar")
    add_agent(campaign, cast.ana, by=None)
    Campaign.objects.filter(pk=campaign.pk).update(state=state)
    cast.account.campaigns.add(campaign)
    return Campaign.objects.get(pk=campaign.pk)


def keyword(campaign: Campaign, *words: str) -> RuleSheet:
    return RuleSheet(campaign_id=campaign.pk, words=words)


def by_hours(campaign: Campaign, weekdays: tuple[int, ...], first: int, until: int) -> RuleSheet:
    return RuleSheet(campaign_id=campaign.pk, kind="hours", weekdays=weekdays, from_minute=first, until_minute=until)


def fresh(account: ChannelAccount) -> ChannelAccount:
    return ChannelAccount.objects.get(pk=account.pk)


def chosen(cast: Cast, text: str = "Hola", at: datetime.datetime = MONDAY) -> Campaign | None:
    return Routes.of(fresh(cast.account)).choose(text, at)


# --- Which one ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_support"),
    [
        ("Necesito SOPORTE", True),
        ("sóporte!!", True),
        ("¿no   funciona? ayuda", True),
        ("no funciona", True),
        ("Transporte", False),
        ("funciona, no", False),
        ("", False),
    ],
)
def test_the_first_words_choose_by_whole_words_without_case_or_accents(cast: Cast, text: str, is_support: bool) -> None:
    support = second(cast)
    add_rule(cast.account.pk, sheet=keyword(support, "Soporte", "¡No funciona!"), by=cast.admin)
    assert chosen(cast, text) == (support if is_support else cast.campaign)


@pytest.mark.parametrize(
    ("weekdays", "first", "until", "clock", "fits"),
    [
        ((0,), 480, 720, "2031-03-03T09:00", True),
        ((0,), 480, 720, "2031-03-03T12:00", False),
        ((1,), 480, 720, "2031-03-03T09:00", False),
        ((0,), 1320, 360, "2031-03-03T23:00", True),
        ((0,), 1320, 360, "2031-03-04T05:59", True),
        ((0,), 1320, 360, "2031-03-04T06:00", False),
        ((0,), 1320, 360, "2031-03-03T05:00", False),
        ((6,), 1320, 360, "2031-03-03T05:00", True),
    ],
)
def test_hours_choose_by_the_campaigns_own_clock(
    cast: Cast, weekdays: tuple[int, ...], first: int, until: int, clock: str, fits: bool
) -> None:
    night = second(cast)
    add_rule(cast.account.pk, sheet=by_hours(night, weekdays, first, until), by=cast.admin)
    moment = datetime.datetime.fromisoformat(clock).replace(tzinfo=night.zone)
    assert chosen(cast, at=moment) == (night if fits else cast.campaign)


def test_the_first_rule_that_fits_decides_in_the_order_people_gave(cast: Cast) -> None:
    support, sales = second(cast), second(cast, "Ventas nuevas")
    first = add_rule(cast.account.pk, sheet=keyword(support, "hola"), by=cast.admin)
    last = add_rule(cast.account.pk, sheet=keyword(sales, "hola"), by=cast.admin)
    assert chosen(cast) == support
    order_rules(cast.account.pk, [last.pk, first.pk], by=cast.admin)
    assert chosen(cast) == sales
    with nothing_happens():
        order_rules(cast.account.pk, [last.pk], by=cast.admin)


STATES = ("draft", "active", "paused", "finished")


@pytest.mark.parametrize(
    ("of_default", "of_other", "has_default"), list(itertools.product(STATES, STATES, (True, False)))
)
def test_what_each_state_means_in_receiving(cast: Cast, of_default: str, of_other: str, has_default: bool) -> None:
    other = second(cast, state=of_other)
    add_rule(cast.account.pk, sheet=keyword(second(cast, "Terminada"), "promo"), by=cast.admin)
    Campaign.objects.filter(name="Terminada").update(state="finished")
    Campaign.objects.filter(pk=cast.campaign.pk).update(state=of_default)
    ChannelAccount.objects.filter(pk=cast.account.pk).update(default_campaign=cast.campaign if has_default else None)
    # A rule of a finished campaign is passed over in every case.
    found = chosen(cast, "promo")
    ranks = {"active": 2, "paused": 1, "draft": 1, "finished": 0}
    best = max(ranks[of_default], ranks[of_other])
    meant = [
        each for each, state in ((cast.campaign, of_default), (other, of_other)) if ranks[state] == best and best > 0
    ]
    if has_default and cast.campaign in meant:
        meant = [cast.campaign]
    # Two that could be meant, or none: it waits for whoever sees everything.
    assert found == (meant[0] if len(meant) == 1 else None)


# --- What comes in ------------------------------------------------------------------------------------------------------------


def receive(cast: Cast, *messages: object) -> list[Conversation]:
    receive_messages(fresh(cast.account), messages)  # type: ignore[arg-type]  # inbound messages
    return list(Conversation.objects.order_by("pk"))


def test_of_one_batch_each_goes_where_its_first_words_say(cast: Cast) -> None:
    support = second(cast)
    add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    one, other = identity("595981000001"), identity("595981000002")
    receive(
        cast,
        # The batch is not in the order of what happened: the oldest words of each decide.
        inbound("Quiero contratar", sender=one, at=MONDAY + datetime.timedelta(seconds=9)),
        inbound("soporte por favor", sender=one, at=MONDAY),
        inbound("buenas", sender=other, at=MONDAY),
        inbound("soporte", sender=other, at=MONDAY + datetime.timedelta(seconds=5)),
    )
    found = {each.contact_number[-1]: each for each in Conversation.objects.all()}
    assert {key: each.campaign for key, each in found.items()} == {"1": support, "2": cast.campaign}
    assert found["1"].team == support.team


def test_what_is_live_goes_on_whatever_the_rules_say(cast: Cast) -> None:
    support = second(cast)
    add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    receive(cast, inbound("Hola"))
    (conversation,) = receive(cast, inbound("soporte"))
    assert conversation.campaign == cast.campaign


def test_what_was_closed_is_taken_up_by_its_own_campaign(cast: Cast) -> None:
    support = second(cast)
    Campaign.objects.filter(pk=support.pk).update(reopen_within_h=2)
    add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    with time_machine.travel(MONDAY, tick=False) as clock:
        (conversation,) = receive(cast, inbound("soporte"))
        close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
        clock.shift(3600)
        # Not the default's, whose word it would be otherwise.
        (conversation,) = receive(cast, inbound("gracias"))
        assert (conversation.status, conversation.campaign) == ("queued", support)
        close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
        clock.shift(3 * 3600)
        conversations = receive(cast, inbound("hola de nuevo"))
        assert [each.campaign for each in conversations] == [support, cast.campaign]


@pytest.mark.parametrize("state", ["draft", "finished"])
def test_a_campaign_that_is_over_takes_nothing_up(cast: Cast, state: str) -> None:
    support = second(cast)
    Campaign.objects.filter(pk=support.pk).update(reopen_within_h=24)
    add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    (conversation,) = receive(cast, inbound("soporte"))
    close_conversation(conversation.pk, by=cast.luis, typification_id=factories.leaf().pk)
    Campaign.objects.filter(pk=support.pk).update(state=state)
    with refused(NotReopened):
        reopen_conversation(conversation.pk, by=cast.luis)
    conversations = receive(cast, inbound("soporte"))
    assert [each.campaign for each in conversations] == [support, cast.campaign]


def test_what_comes_in_while_it_is_paused_waits_there_and_what_is_open_goes_on(cast: Cast) -> None:
    taken = factories.taken_conversation(cast)
    change_campaign_state(cast.campaign.pk, state="paused", by=cast.admin)
    waiting = factories.conversation(cast)
    assert (waiting.campaign, waiting.status) == (cast.campaign, "queued")
    send_message(taken.pk, by=cast.ana, client_id=factories.client_id(), text="Sigo aquí")


# --- What must hold -----------------------------------------------------------------------------------------------------------


def test_a_number_that_becomes_shared_goes_on_bringing_its_conversations_where_it_did(cast: Cast) -> None:
    ChannelAccount.objects.filter(pk=cast.account.pk).update(default_campaign=None)
    other = ensure_campaign("Otra", team=cast.team)
    set_accounts(other.pk, account_ids=frozenset({cast.account.pk}), by=cast.admin)
    assert fresh(cast.account).default_campaign == cast.campaign
    assert chosen(cast) == cast.campaign
    with refused(Invalid) as refusal:
        set_accounts(cast.campaign.pk, account_ids=frozenset({cast.account.pk}), default_for=frozenset(), by=cast.admin)
    assert list(refusal.value.fields) == ["accounts"]
    set_accounts(
        other.pk, account_ids=frozenset({cast.account.pk}), default_for=frozenset({cast.account.pk}), by=cast.admin
    )
    assert fresh(cast.account).default_campaign == other
    assert AccountsSheet.of(cast.campaign).defaults == frozenset()
    entry = JournalEntry.objects.filter(verb="channel_account_changed").latest("id")
    assert entry.details == {"before": {"default_campaign": cast.campaign.pk}, "after": {"default_campaign": other.pk}}


def test_no_campaign_gets_the_new_conversations_of_a_number_it_does_not_work_with(cast: Cast) -> None:
    third = ensure_campaign("Bajas", team=cast.team)
    for unserved, words in ((cast.account.pk, cast.account.name), (987_654_321, "no existe")):
        with translation.override("es"), refused(Invalid) as refusal:
            set_accounts(third.pk, account_ids=frozenset(), default_for=frozenset({unserved}), by=cast.admin)
        assert words in refusal.value.fields["accounts"][0]


def test_rules_are_enough_where_there_is_no_default(cast: Cast) -> None:
    support = second(cast)
    rule = add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    set_accounts(cast.campaign.pk, account_ids=frozenset({cast.account.pk}), default_for=frozenset(), by=cast.admin)
    assert fresh(cast.account).default_campaign is None
    assert chosen(cast) is None
    with refused(Invalid):
        remove_rule(rule.pk, by=cast.admin)


def test_a_campaign_with_rules_stays_with_its_number(cast: Cast) -> None:
    support = second(cast)
    rule = add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    with refused(Invalid) as refusal:
        set_accounts(support.pk, account_ids=frozenset(), by=cast.admin)
    assert support.name in refusal.value.fields["accounts"][0]
    said = {
        "name": cast.account.name,
        "color": "",
        "icon": "",
        "update_message_statuses": True,
        "provider_app": None,
        "default_campaign": cast.campaign,
    }
    with refused(Invalid) as refusal:
        keeping.change_account(cast.account.pk, by=cast.admin, campaigns=[cast.campaign], **said)
    assert list(refusal.value.fields) == ["campaigns"]
    remove_rule(rule.pk, by=cast.admin)
    keeping.change_account(cast.account.pk, by=cast.admin, campaigns=[cast.campaign], **said)
    assert not support.accounts.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"words": ()}, "words"),
        ({"words": ("¡!",)}, "words"),
        ({"words": ("x" * 41,)}, "words"),
        ({"kind": "hours", "from_minute": 0, "until_minute": 60}, "weekdays"),
        ({"kind": "hours", "weekdays": (7,), "from_minute": 0, "until_minute": 60}, "weekdays"),
        ({"kind": "hours", "weekdays": (1,)}, "hours"),
        ({"kind": "hours", "weekdays": (1,), "from_minute": 60, "until_minute": 60}, "hours"),
        ({"kind": "magic"}, "kind"),
        ({"campaign_id": 987_654_321}, "campaign"),
    ],
)
def test_a_wrong_rule_is_told_at_its_field(cast: Cast, changes: dict[str, object], field: str) -> None:
    support = second(cast)
    rule = add_rule(cast.account.pk, sheet=keyword(support, "soporte"), by=cast.admin)
    sheet = RuleSheet(**({"campaign_id": support.pk, "words": ("ayuda",)} | changes))  # type: ignore[arg-type]  # as parametrised
    for write in (
        lambda: add_rule(cast.account.pk, sheet=sheet, by=cast.admin),
        lambda: edit_rule(rule.pk, sheet=sheet, by=cast.admin),
    ):
        with refused(Invalid) as refusal:
            write()
        assert list(refusal.value.fields) == [field]


def test_the_database_takes_no_rule_that_says_nothing(cast: Cast) -> None:
    for values in (
        {"kind": "keyword"},
        {"kind": "hours", "weekdays": [1]},
        {"kind": "hours", "from_minute": 0, "until_minute": 9},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoutingRule.objects.create(account=cast.account, campaign=cast.campaign, **values)


# --- On the pages -------------------------------------------------------------------------------------------------------------


def test_rules_are_made_changed_ordered_and_removed(cast: Cast, browse: Browse) -> None:
    client, support = browse(cast.admin), second(cast)
    path = reverse("account-rules", args=[cast.account.pk])
    new = reverse("account-rule-new", args=[cast.account.pk])
    assert list(fields(client.post(new, {"campaign": support.pk, "kind": "hours", "hours": "tarde"}))) == ["hours"]
    said = {"campaign": support.pk, "kind": "hours", "weekdays": ["0", "6"], "hours": "22-6", "words": "no cuenta"}
    assert client.post(new, said).status_code == 302
    rule = RoutingRule.objects.get()
    assert (rule.words, rule.weekdays, rule.from_minute, rule.until_minute) == ([], [0, 6], 1320, 360)
    one = reverse("account-rule", args=[rule.pk])
    assert client.get(one).context["form"]["hours"].value() == "22:00–06:00"
    said = {"campaign": support.pk, "kind": "keyword", "words": "Soporte, ayuda"}
    assert client.post(one, said | {"version": "another"}).status_code == 400
    assert client.post(one, said | {"version": version_at(client, one)}).status_code == 302
    assert "soporte, ayuda" in client.get(path).content.decode()
    client.post(new, {"campaign": cast.campaign.pk, "kind": "keyword", "words": "alta"})
    order = reverse("account-rules-order", args=[cast.account.pk])
    client.post(order, {"step": f"down:{rule.pk}"})
    assert [each.words for each in fresh(cast.account).rules.all()] == [["alta"], ["soporte", "ayuda"]]
    client.post(order, {"order": f"{rule.pk}, x"})
    assert fresh(cast.account).rules.first() == rule
    assert client.post(reverse("account-rule-remove", args=[rule.pk])).status_code == 302
    assert fresh(cast.account).rules.count() == 1
    verbs = JournalEntry.objects.filter(verb="channel_account_rules_changed")
    assert verbs.count() == 6


def test_new_conversations_are_taken_on_the_campaigns_own_page(cast: Cast, browse: Browse) -> None:
    client, support = browse(cast.admin), second(cast)
    path = reverse("campaign-accounts", args=[support.pk])
    said = {"accounts": [cast.account.pk], "default_for": [cast.account.pk], "version": version_at(client, path)}
    assert client.post(path, said).status_code == 302
    assert fresh(cast.account).default_campaign == support
    assert client.post(path, said | {"default_for": []}).status_code == 400
    theirs = reverse("campaign-accounts", args=[cast.campaign.pk])
    assert support.name in client.get(theirs).content.decode()


@pytest.mark.shows("S01", "S05")
def test_another_teams_rules_are_told_to_nobody(cast: Cast, browse: Browse, with_rights: Give) -> None:
    cast.account.campaigns.add(cast.other_campaign)
    hers = add_rule(cast.account.pk, sheet=keyword(cast.other_campaign, "reclamo"), by=cast.admin)
    luis = with_rights(cast.luis, "manage_channel_accounts", "manage_campaigns")
    client = browse(luis)
    text = client.get(reverse("account-rules", args=[cast.account.pk])).content.decode()
    assert "reclamo" not in text
    assert cast.other_campaign.name not in text
    assert client.get(reverse("account-rule", args=[hers.pk])).status_code == 404
    for write in (
        lambda: remove_rule(hers.pk, by=luis),
        lambda: edit_rule(hers.pk, sheet=keyword(cast.campaign, "x"), by=luis),
    ):
        with refused(NotFound):
            write()
    with refused(Invalid):
        add_rule(cast.account.pk, sheet=keyword(cast.other_campaign, "x"), by=luis)
    # Nor are another team's new conversations taken from it.
    ChannelAccount.objects.filter(pk=cast.account.pk).update(default_campaign=cast.other_campaign)
    accounts = frozenset({cast.account.pk})
    with refused(Invalid):
        set_accounts(cast.campaign.pk, account_ids=accounts, default_for=accounts, by=luis)
    assert (
        cast.other_campaign.name
        not in client.get(reverse("campaign-accounts", args=[cast.campaign.pk])).content.decode()
    )
    unseen = factories.account_of(cast.other_campaign)
    with refused(NotFound):
        add_rule(unseen.pk, sheet=keyword(cast.campaign, "x"), by=luis)
    with refused(Stale):
        edit_rule(hers.pk, sheet=keyword(cast.other_campaign, "x"), by=cast.admin, version="another")

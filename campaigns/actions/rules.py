"""Where an account's new conversations go: its rules, and what must hold once several campaigns share it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign, ChannelAccount, RoutingRule
from campaigns.models.routing import LONGEST_LABEL
from campaigns.models.schedule import DAY_MINUTES
from campaigns.routing import plain
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul
from core.versions import refuse_stale, version_of

MOST_RULES = 50
MOST_WORDS = 30
LONGEST_WORD = 40
# What fits in a list of every channel that has lists, and beside the choices in the body of one with buttons.
MOST_CHOICES = 10
LONGEST_QUESTION = 600
Kind = RoutingRule.Kind


@dataclass(frozen=True, kw_only=True)
class RuleSheet:
    """What one rule says. Of a rule by hours the words are empty, of one by words the hours."""

    campaign_id: int
    kind: str = Kind.KEYWORD
    words: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_minute: int | None = None
    until_minute: int | None = None
    label: str = ""

    @classmethod
    def of(cls, rule: RoutingRule) -> RuleSheet:
        return cls(
            campaign_id=rule.campaign_id,
            kind=rule.kind,
            words=tuple(rule.words),
            weekdays=tuple(rule.weekdays),
            from_minute=rule.from_minute,
            until_minute=rule.until_minute,
            label=rule.label,
        )

    def as_values(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign_id,
            "kind": str(self.kind),
            "words": list(self.words),
            "weekdays": list(self.weekdays),
            "from_minute": self.from_minute,
            "until_minute": self.until_minute,
            "label": self.label,
        }

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def add_rule(account_id: int, *, sheet: RuleSheet, by: User) -> RoutingRule:
    """Add a rule below the others of an account.

    Raises:
        NotFound: no such account for `by`. Invalid: as in `edit_rule`, or there are as many as there may be.
    """
    account = held_account(account_id, by=by)
    sheet = checked(sheet, account, by=by, other_than=None)
    if account.rules.count() >= MOST_RULES:
        raise Invalid(_("At most {most} rules.").format(most=MOST_RULES))
    last = account.rules.order_by("-position").values_list("position", flat=True).first()
    rule = RoutingRule(account=account, position=0 if last is None else last + 1)
    write(rule, sheet)
    keep(account, by=by, added=sheet.as_values())
    return rule


@transaction.atomic
def edit_rule(rule_id: int, *, sheet: RuleSheet, by: User, version: str | None = None) -> RoutingRule:
    """Write a rule.

    Raises:
        NotFound: no such rule, or its account or campaign is not for `by` to see. Stale.
        Invalid: the campaign is not one of the account's that `by` sees, no words, no days, or no hours.
    """
    rule = held_rule(rule_id, by=by)
    before = RuleSheet.of(rule)
    refuse_stale(version, before.version)
    sheet = checked(sheet, rule.account, by=by, other_than=rule.pk)
    if before != sheet:
        write(rule, sheet)
        keep(rule.account, by=by, **journal.changes(before.as_values(), sheet.as_values()))
    return rule


@transaction.atomic
def remove_rule(rule_id: int, *, by: User) -> None:
    """Take a rule away.

    Raises:
        NotFound; Invalid: it is the last, several campaigns share the account, and none is its default.
    """
    rule = held_rule(rule_id, by=by)
    account = rule.account
    sheet = RuleSheet.of(rule)
    rule.delete()
    refuse_unrouted(account, account.campaigns.values_list("pk", flat=True), field="campaign")
    keep(account, by=by, removed=sheet.as_values())


@transaction.atomic
def order_rules(account_id: int, ids: Sequence[int], *, by: User) -> None:
    """Put an account's rules in this order; those not named follow as they stood. Raises NotFound."""
    account = held_account(account_id, by=by)
    known = {each.pk: each for each in account.rules.order_by("position", "pk")}
    wanted = [each for each in dict.fromkeys(ids) if each in known]
    order = [*wanted, *(each for each in known if each not in wanted)]
    if order == list(known):
        return
    for position, rule_id in enumerate(order):
        known[rule_id].position = position
    RoutingRule.objects.bulk_update(known.values(), ["position"])
    keep(account, by=by, order=order)


def keep(account: ChannelAccount, *, by: User, **details: Any) -> None:
    journal.record("channel_account_rules_changed", account, by=by, details=details)


def write(rule: RoutingRule, sheet: RuleSheet) -> None:
    rule.campaign_id, rule.kind = sheet.campaign_id, sheet.kind
    rule.words, rule.weekdays = list(sheet.words), list(sheet.weekdays)
    rule.from_minute, rule.until_minute, rule.label = sheet.from_minute, sheet.until_minute, sheet.label
    rule.save()


def checked(sheet: RuleSheet, account: ChannelAccount, *, by: User, other_than: int | None) -> RuleSheet:
    """The sheet as it is kept; `other_than`: the rule that it is of already. Raises Invalid."""
    fields: dict[str, list[str]] = {}
    offered = Campaign.objects.visible_to(by).filter(accounts=account).exclude(state=Campaign.State.FINISHED)
    if not offered.filter(pk=sheet.campaign_id).exists():
        fields["campaign"] = [_("Choose one of the account's campaigns.")]
    words = tuple(dict.fromkeys(word for each in sheet.words if (word := plain(without_nul(each)))))
    if sheet.kind == Kind.KEYWORD:
        if not words:
            fields["words"] = [_("Write at least one word.")]
        elif len(words) > MOST_WORDS or any(len(each) > LONGEST_WORD for each in words):
            fields["words"] = [
                _("At most {most} words of {longest} characters.").format(most=MOST_WORDS, longest=LONGEST_WORD)
            ]
        sheet = RuleSheet(campaign_id=sheet.campaign_id, kind=sheet.kind, words=words)
    elif sheet.kind == Kind.HOURS:
        weekdays = tuple(sorted(set(sheet.weekdays)))
        if not weekdays or not set(weekdays) <= set(range(7)):
            fields["weekdays"] = [_("Choose at least one day.")]
        if not is_stretch(sheet.from_minute, sheet.until_minute):
            fields["hours"] = [_("Write a period like 08:00–12:00.")]
        sheet = RuleSheet(
            campaign_id=sheet.campaign_id,
            kind=sheet.kind,
            weekdays=weekdays,
            from_minute=sheet.from_minute,
            until_minute=sheet.until_minute,
        )
    elif sheet.kind == Kind.MENU:
        label = " ".join(without_nul(sheet.label).split())
        fields |= wrong_choice(label, account, other_than=other_than)
        sheet = RuleSheet(campaign_id=sheet.campaign_id, kind=sheet.kind, label=label)
    else:
        fields["kind"] = [_("Choose one of the list.")]
    if fields:
        raise Invalid(fields=fields)
    return sheet


def wrong_choice(label: str, account: ChannelAccount, *, other_than: int | None) -> dict[str, list[str]]:
    """What is wrong with one more choice of the account's question."""
    others = [each for each in account.rules.filter(kind=Kind.MENU) if each.pk != other_than]
    if account.default_campaign_id is None:
        # Whoever does not answer has to be somewhere.
        return {"kind": [_("Choose the number's default campaign first: whoever does not answer stays there.")]}
    if len(others) >= MOST_CHOICES:
        return {"kind": [_("At most {most} choices fit in the question.").format(most=MOST_CHOICES)]}
    if not plain(label):
        return {"label": [_("Write what the customer chooses.")]}
    if len(label) > LONGEST_LABEL:
        return {"label": [_("At most {most} characters.").format(most=LONGEST_LABEL)]}
    if plain(label) in {plain(each.label) for each in others} or plain(label).isdigit():
        return {"label": [_("Write one that no other choice has, and that is no number.")]}
    return {}


@transaction.atomic
def set_menu_text(account_id: int, text: str, *, by: User, version: str | None = None) -> ChannelAccount:
    """Make this the question that whoever fits no rule is asked; empty, nobody is asked.

    Raises:
        NotFound: no such account for `by`. Stale. Invalid: too long.
    """
    account = held_account(account_id, by=by)
    refuse_stale(version, menu_version(account))
    text = without_nul(text).strip()
    if len(text) > LONGEST_QUESTION:
        raise Invalid(fields={"menu_text": [_("At most {most} characters.").format(most=LONGEST_QUESTION)]})
    if text != account.menu_text:
        before, account.menu_text = account.menu_text, text
        account.save(update_fields=["menu_text"])
        keep(account, by=by, **journal.changes({"menu_text": before}, {"menu_text": text}))
    return account


def menu_version(account: ChannelAccount) -> str:
    return version_of({"menu_text": account.menu_text})


def is_stretch(from_minute: int | None, until_minute: int | None) -> bool:
    if from_minute is None or until_minute is None:
        return False
    return 0 <= from_minute < DAY_MINUTES and 0 < until_minute <= DAY_MINUTES and from_minute != until_minute


# ── What must hold of a shared account


def refuse_unrouted(account: ChannelAccount, campaign_ids: Iterable[int], *, field: str) -> None:
    """A shared account says where new conversations go: a default campaign or rules (DOMAIN.md), and where those stay who are asked and
    do not answer. Raises Invalid at `field`.
    """
    if account.default_campaign_id is not None:
        return
    if account.rules.filter(kind=Kind.MENU).exists():
        text = _("Choose where those stay who do not answer the number's question.")
        raise Invalid(fields={field: [text]})
    if len(set(campaign_ids)) > 1 and not account.rules.exists():
        text = _("Choose where a new conversation goes: several campaigns share this number.")
        raise Invalid(fields={field: [text]})


def refuse_ruled(account: ChannelAccount, leaving: Collection[int], *, field: str) -> None:
    """A campaign that a rule sends conversations to stays with its account. Raises Invalid at `field`."""
    names = Campaign.objects.filter(rules__account=account, pk__in=leaving).distinct().values_list("name", flat=True)
    if names:
        words = _("Rules of {account} bring conversations to {names}. Change them first.")
        raise Invalid(fields={field: [words.format(account=account.name, names=", ".join(names))]})


def held_account(account_id: int, *, by: User) -> ChannelAccount:
    account: ChannelAccount | None = (
        ChannelAccount.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=account_id).first()
    )
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def held_rule(rule_id: int, *, by: User) -> RoutingRule:
    """A rule, its account held. Raises NotFound: also where its campaign is another team's."""
    account_id = RoutingRule.objects.filter(pk=rule_id).values_list("account_id", flat=True).first()
    if account_id is not None:
        account = held_account(account_id, by=by)
        seen = account.rules.filter(pk=rule_id, campaign__in=Campaign.objects.visible_to(by))
        rule: RoutingRule | None = seen.select_related("account").first()
        if rule is not None:
            return rule
    raise NotFound(_("There is no such rule."))

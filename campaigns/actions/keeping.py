"""Looking after connected accounts: what they are called, their access, their health, and their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.rules import refuse_ruled, refuse_unrouted
from campaigns.errors import NotConnected, StillUsed
from campaigns.events import ChannelAccountChanged
from campaigns.models import Campaign, ChannelAccount, ProviderApp
from connectors.whatsapp.access import AccessRefused, NumberState, check_access, read_number, subscribe_app
from core import journal
from core.events import publish
from core.refusals import Invalid, NotFound
from core.secrets import CannotOpen
from core.text import without_nul

NAME_LENGTH = 80
COLORS = ("", "green", "blue", "ochre", "rose", "violet", "gray")
ICONS = ("", "headset", "megaphone", "briefcase", "house", "star", "zap", "smartphone")


@transaction.atomic
def change_account(
    account_id: int,
    *,
    by: User,
    name: str,
    color: str,
    icon: str,
    campaigns: Iterable[Campaign],
    default_campaign: Campaign | None,
    update_message_statuses: bool,
    provider_app: ProviderApp | None,
) -> ChannelAccount:
    """Change what an account is called and whom it serves. The same again changes nothing.

    Raises:
        NotFound. Invalid: the name, colour, icon or a campaign that `by` does not see, at its field.
    """
    account = held(account_id)
    wanted_campaigns = sorted({each.pk for each in campaigns} | ({default_campaign.pk} if default_campaign else set()))
    fields: dict[str, list[str]] = {}
    if problem := checked_account(name, others=ChannelAccount.objects.exclude(pk=account_id)):
        fields["name"] = [problem]
    if color not in COLORS:
        fields["color"] = [_("Choose one of the list.")]
    if icon not in ICONS:
        fields["icon"] = [_("Choose one of the list.")]
    if fields:
        raise Invalid(fields=fields)
    wanted: dict[str, Any] = {
        "name": " ".join(without_nul(name).split()),
        "color": color,
        "icon": icon,
        "default_campaign_id": default_campaign.pk if default_campaign else None,
        "update_message_statuses": update_message_statuses,
        "provider_app_id": provider_app.pk if provider_app else None,
    }
    served = sorted(account.campaigns.values_list("pk", flat=True))
    defaults = {account.default_campaign_id, wanted["default_campaign_id"]} - {None}
    refuse_unseen(set(served) ^ set(wanted_campaigns), by=by, field="campaigns")
    if account.default_campaign_id != wanted["default_campaign_id"]:
        refuse_unseen(defaults, by=by, field="default_campaign")
    changed = sorted(name for name, value in wanted.items() if getattr(account, name) != value)
    if not changed and served == wanted_campaigns:
        return account
    refuse_ruled(account, set(served) - set(wanted_campaigns), field="campaigns")
    for name_, value in wanted.items():
        setattr(account, name_, value)
    refuse_unrouted(account, wanted_campaigns, field="default_campaign")
    account.save(update_fields=[*wanted])
    account.campaigns.set(wanted_campaigns)
    details = {"fields": [*changed, *(["campaigns"] if served != wanted_campaigns else [])]}
    journal.record("channel_account_changed", account, by=by, details=details)
    publish(ChannelAccountChanged(channel_account_id=account.pk))
    return account


def refuse_unseen(campaign_ids: set[int], *, by: User, field: str) -> None:
    """Another team's campaign neither gets a number nor loses one by whom does not see it. Raises Invalid."""
    if campaign_ids - set(Campaign.objects.visible_to(by).filter(pk__in=campaign_ids).values_list("pk", flat=True)):
        raise Invalid(fields={field: [_("You can only change the campaigns that you see.")]})


def replace_token(account_id: int, *, by: User, token: str) -> ChannelAccount:
    """Give an account another token, after the provider took it; it is connected again by that.

    Raises:
        NotFound. Invalid: the token, as it is or as the provider says.
    """
    account = known(account_id)
    token = token.strip()
    if not token or len(token) > 1000 or not token.isascii() or not token.isprintable() or " " in token:
        raise Invalid(fields={"token": [_("This is not a token: paste it whole, without spaces or line breaks.")]})
    state = ask_for(account, token)
    return connect_again(account_id, by=by, token=token, state=state, verb="channel_account_token_replaced")


def reconnect_account(account_id: int, *, by: User) -> ChannelAccount:
    """Connect an account again with the token it has, if the provider takes it. What waits leaves then by itself.

    Raises:
        NotFound. NotConnected: its token cannot be opened. Invalid: the provider refuses.
    """
    account = known(account_id)
    token = token_of(account)
    state = ask_for(account, token)
    return connect_again(account_id, by=by, token=token, state=state, verb="channel_account_reconnected")


def ask_for(account: ChannelAccount, token: str) -> NumberState:
    """The number as the provider shows it to this token, its app subscribed. Raises Invalid."""
    try:
        access = check_access(settings.META_GRAPH_URL, token, account.portfolio_id)
        subscribe_app(settings.META_GRAPH_URL, token, account.portfolio_id)
    except AccessRefused as refusal:
        raise refused_access(refusal) from None
    for state in access.numbers:
        if state.external_id == account.external_id:
            return state
    raise Invalid(fields={"token": [_("This token sees the business account, but not this number.")]})


@transaction.atomic
def connect_again(account_id: int, *, by: User, token: str, state: NumberState, verb: str) -> ChannelAccount:
    account = held(account_id)
    account.credentials = {"token": token}
    account.state, account.state_reason = ChannelAccount.State.ACTIVE, ""
    account.connected_at = timezone.now()
    account.paused_until, account.pause_reason = None, ""
    take_state(account, state)
    account.save()
    journal.record(verb, account, by=by)
    publish(ChannelAccountChanged(channel_account_id=account.pk))
    return account


@transaction.atomic
def switch_off_account(account_id: int, *, by: User) -> ChannelAccount:
    """Stop sending through an account until it is connected again; what is queued waits. Twice is once. Raises NotFound."""
    account = held(account_id)
    if account.state == ChannelAccount.State.DISCONNECTED:
        return account
    account.state, account.state_reason = ChannelAccount.State.DISCONNECTED, ""
    account.save(update_fields=["state", "state_reason"])
    journal.record("channel_account_switched_off", account, by=by)
    publish(ChannelAccountChanged(channel_account_id=account.pk))
    return account


@transaction.atomic
def remove_account(account_id: int, *, by: User) -> None:
    """Remove an account nobody wrote through, with the copies of its templates.

    Raises:
        NotFound. StillUsed: rows of upper floors point at it; `uses` says how many of which.
    """
    account = held(account_id)
    key = account.pk
    try:
        with transaction.atomic():
            account.campaigns.clear()
            account.delete()
    except ProtectedError as error:
        uses = Counter(each._meta.label_lower for each in error.protected_objects)
        raise StillUsed(
            _("Conversations went through it: it can be disconnected, not removed."), uses=dict(uses)
        ) from None
    account.pk = key
    journal.record("channel_account_removed", account, by=by, details={"external_id": account.external_id})


def refresh_health(account_id: int) -> ChannelAccount:
    """Ask the provider how the number is, and write it down; what is wrong is written down, too. Raises NotFound."""
    account = known(account_id)
    try:
        state = read_number(settings.META_GRAPH_URL, token_of(account), account.external_id)
    except AccessRefused as refusal:
        return note_health(account_id, state=None, problem={"reason": refusal.reason, "values": refusal.values})
    except NotConnected:
        return note_health(account_id, state=None, problem={"reason": CANNOT_OPEN, "values": {}})
    return note_health(account_id, state=state, problem=None)


@transaction.atomic
def note_health(account_id: int, *, state: NumberState | None, problem: dict[str, Any] | None) -> ChannelAccount:
    account = ChannelAccount.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise NotFound
    before = (account.quality, account.messaging_limit, account.provider_status)
    if state is not None:
        take_state(account, state)
    account.checked_at, account.check_problem = timezone.now(), problem
    account.save(
        update_fields=["quality", "messaging_limit", "provider_status", "display_number", "checked_at", "check_problem"]
    )
    after = (account.quality, account.messaging_limit, account.provider_status)
    if state is not None and before != after:
        details = {"quality": account.quality, "limit": account.messaging_limit, "status": account.provider_status}
        journal.record("channel_account_health_changed", account, by=None, details=details)
    return account


def take_state(account: ChannelAccount, state: NumberState) -> None:
    account.quality, account.messaging_limit = state.quality[:16], state.limit[:32]
    account.provider_status = state.status[:32]
    account.display_number = state.display[:40] or account.display_number
    account.checked_at, account.check_problem = timezone.now(), None


# Marked for translation where it is shown (campaigns.words).
CANNOT_OPEN = "The token cannot be opened with this installation's keys. Give the account its token again."


def known(account_id: int) -> ChannelAccount:
    account: ChannelAccount | None = ChannelAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    return account


def held(account_id: int) -> ChannelAccount:
    account: ChannelAccount | None = (
        ChannelAccount.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    )
    if account is None:
        raise NotFound
    return account


def token_of(account: ChannelAccount) -> str:
    """The token in plain, for a call and nothing else. Raises NotConnected."""
    try:
        token = (account.credentials or {}).get("token", "")
    except CannotOpen:
        token = ""
    if not token:
        raise NotConnected(
            _("The token cannot be opened with this installation's keys. Give the account its token again.")
        )
    return str(token)


def checked_account(name: str, *, others: QuerySet[ChannelAccount]) -> str:
    """What is wrong with the name, "" where nothing is."""
    name = " ".join(without_nul(name).split())
    if not name:
        return _("Write a name.")
    if len(name) > NAME_LENGTH:
        return _("At most %(limit)d characters.") % {"limit": NAME_LENGTH}
    if others.filter(name__iexact=name).exists():
        return _("Another account has this name.")
    return ""


def refused_access(refusal: AccessRefused) -> Invalid:
    """The provider's no as the page's: at the field it is about, or above all of them, in the reader's language."""
    # Translated here: the floor below knows no Django.
    text = _(refusal.reason) % refusal.values if refusal.values else _(refusal.reason)
    return Invalid(fields={refusal.field: [text]}) if refusal.field else Invalid(text)

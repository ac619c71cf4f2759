"""Connecting numbers, step by step: the app, the access checked live, the numbers, and what they are called here."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.keeping import checked_account, refuse_unseen, refused_access
from campaigns.actions.setup import save_whatsapp_account
from campaigns.errors import SetupOver
from campaigns.models import AccountSetup, Campaign, ChannelAccount, ProviderApp
from connectors.kinds import ChannelKind
from connectors.whatsapp.access import Access, AccessRefused, check_access, subscribe_app
from core import journal
from core.refusals import Invalid, NotFound

# A setup that nobody finished in a day is thrown away, and its token with it.
KEPT_FOR = datetime.timedelta(days=1)
TOKEN_LENGTH = 1000


@dataclass(frozen=True, kw_only=True)
class AccountWishes:
    """What the connected numbers are to be: names by the provider's id, and what they share."""

    names: Mapping[str, str]
    color: str = ""
    icon: str = ""
    campaigns: tuple[Campaign, ...] = ()
    default_campaign: Campaign | None = None
    update_message_statuses: bool = True
    fields: dict[str, list[str]] = field(default_factory=dict)


@transaction.atomic
def begin_setup(*, by: User, app: ProviderApp | None, made_app: bool = False) -> AccountSetup:
    """Begin connecting, with the app that signs the webhooks (None: the environment's)."""
    return AccountSetup.objects.create(user=by, provider_app=app, made_app=made_app)


def give_access(setup_id: int, *, by: User, waba_id: str, token: str) -> AccountSetup:
    """Check the access at the provider, and keep it with the numbers it shows. Without a token the one given before is used.

    Raises:
        NotFound: not theirs. SetupOver: the numbers are connected already.
        Invalid: an id or token that cannot be one, or that the provider refuses: at its field, with what to do next.
    """
    setup = own(setup_id, by=by)
    token = token.strip() or (setup.credentials or {}).get("token", "")
    waba_id = waba_id.strip()
    refuse_unless_plausible(waba_id, token)
    try:
        access = check_access(settings.META_GRAPH_URL, token, waba_id)
    except AccessRefused as refusal:
        raise refused_access(refusal) from None
    if not access.numbers:
        raise Invalid(fields={"waba_id": [_("This business account has no number yet. Add one in WhatsApp Manager.")]})
    return keep_access(setup_id, by=by, waba_id=waba_id, token=token, access=access)


@transaction.atomic
def keep_access(setup_id: int, *, by: User, waba_id: str, token: str, access: Access) -> AccountSetup:
    setup = held(setup_id, by=by)
    setup.waba_id, setup.account_name = waba_id, access.account_name
    setup.credentials = {"token": token}
    setup.offered = [
        {
            "external_id": each.external_id,
            "display": each.display,
            "name": each.name,
            "quality": each.quality,
            "limit": each.limit,
            "is_in_cloud": each.is_in_cloud,
        }
        for each in access.numbers
    ]
    known = {each["external_id"] for each in setup.offered}
    setup.chosen = [each for each in setup.chosen if each in known]
    setup.save(update_fields=["waba_id", "account_name", "credentials", "offered", "chosen"])
    return setup


@transaction.atomic
def choose_numbers(setup_id: int, *, by: User, external_ids: Iterable[str]) -> AccountSetup:
    """Choose one or several of the numbers that the provider listed.

    Raises:
        NotFound, SetupOver. Invalid: none, one that was not listed, or one that serves another team.
    """
    setup = held(setup_id, by=by)
    chosen = list(dict.fromkeys(external_ids))
    offered = {each["external_id"]: each for each in setup.offered}
    if not chosen:
        raise Invalid(fields={"numbers": [_("Choose at least one number.")]})
    if any(each not in offered for each in chosen):
        raise Invalid(fields={"numbers": [_("Choose one of the list.")]})
    elsewhere = [offered[each]["display"] for each in chosen if not offered[each].get("is_in_cloud", True)]
    if elsewhere:
        text = _("%(number)s is not in Meta's cloud. Move it there in WhatsApp Manager first.")
        raise Invalid(fields={"numbers": [text % {"number": each} for each in elsewhere]})
    refuse_anothers_numbers(setup, chosen, by=by)
    setup.chosen = chosen
    setup.save(update_fields=["chosen"])
    return setup


def refuse_anothers_numbers(setup: AccountSetup, external_ids: Iterable[str], *, by: User) -> None:
    """A number that serves only teams `by` does not see is not taken from them, whatever token is shown (S05). Raises Invalid.

    Their rows are locked: nobody hands one over between this look and what follows. A number that serves nobody is anybody's.
    """
    ours = ChannelAccount.objects.select_for_update().filter(
        kind=ChannelKind.WHATSAPP, external_id__in=list(external_ids)
    )
    held_now = list(ours.order_by("pk"))
    serving = [each for each in held_now if each.default_campaign_id is not None or each.campaigns.all().exists()]
    seen = set(
        ChannelAccount.objects.visible_to(by).filter(pk__in=[each.pk for each in serving]).values_list("pk", flat=True)
    )
    shown = {each["external_id"]: each["display"] for each in setup.offered}
    text = _("%(number)s is connected already for another team. Ask somebody who sees every team.")
    taken = [text % {"number": shown.get(each.external_id, "")} for each in serving if each.pk not in seen]
    if taken:
        raise Invalid(fields={"numbers": taken})


def connect_chosen(setup_id: int, *, by: User, wishes: AccountWishes) -> AccountSetup:
    """Have the app told of the account's webhooks, and connect the chosen numbers. Twice is once.

    Raises:
        NotFound: not theirs, or thrown away, also while the provider was answering. SetupOver.
        Invalid: a wish, a number that serves another team by now, or the provider refuses the subscription.
    """
    setup = AccountSetup.objects.filter(pk=setup_id, user=by).first()
    if setup is None:
        raise NotFound
    if setup.connected_at is not None:
        return setup
    if not setup.chosen:
        raise SetupOver(_("Choose the numbers first."))
    refuse_wrong_wishes(setup, wishes)
    refuse_unseen({each.pk for each in wishes.campaigns}, by=by, field="campaigns")
    refuse_unseen({wishes.default_campaign.pk} if wishes.default_campaign else set(), by=by, field="default_campaign")
    token = (setup.credentials or {}).get("token", "")
    try:
        subscribe_app(settings.META_GRAPH_URL, token, setup.waba_id)
    except AccessRefused as refusal:
        raise refused_access(refusal) from None
    return save_chosen(setup_id, by=by, wishes=wishes)


@transaction.atomic
def save_chosen(setup_id: int, *, by: User, wishes: AccountWishes) -> AccountSetup:
    setup = AccountSetup.objects.select_for_update(of=("self",)).filter(pk=setup_id, user=by).first()
    if setup is None:
        raise thrown_away()
    if setup.connected_at is not None:
        return setup
    refuse_anothers_numbers(setup, setup.chosen, by=by)
    token = (setup.credentials or {})["token"]
    offered = {each["external_id"]: each for each in setup.offered}
    for external_id in setup.chosen:
        shown = offered[external_id]
        account = save_whatsapp_account(
            name=wishes.names[external_id].strip(),
            phone_number_id=external_id,
            waba_id=setup.waba_id,
            token=token,
            campaign=wishes.default_campaign,
            display_number=shown["display"],
            provider_app=setup.provider_app,
            by=by,
        )
        account.provider_app = setup.provider_app
        account.color, account.icon = wishes.color, wishes.icon
        account.update_message_statuses = wishes.update_message_statuses
        account.quality, account.messaging_limit = shown["quality"][:16], shown["limit"][:32]
        account.checked_at, account.check_problem = timezone.now(), None
        account.save(
            update_fields=[
                "provider_app", "color", "icon", "update_message_statuses", "quality", "messaging_limit", "checked_at",
                "check_problem",
            ]
        )  # fmt: skip
        account.campaigns.add(*wishes.campaigns)
        setup.connected.append(account.pk)
    setup.connected_at = timezone.now()
    # The accounts have it now, each sealed for itself.
    setup.credentials = None
    setup.save(update_fields=["connected", "connected_at", "credentials"])
    journal.record("account_setup_finished", setup, by=by, details={"accounts": setup.connected})
    return setup


def forget_setups() -> int:
    """Throw away setups older than a day, sealed tokens and all; return how many."""
    old = AccountSetup.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]


def own(setup_id: int, *, by: User) -> AccountSetup:
    """The setup, open and theirs. Raises NotFound, SetupOver."""
    return refuse_unless_open(AccountSetup.objects.filter(pk=setup_id, user=by).first())


def held(setup_id: int, *, by: User) -> AccountSetup:
    """The same, its row locked."""
    return refuse_unless_open(AccountSetup.objects.select_for_update(of=("self",)).filter(pk=setup_id, user=by).first())


def refuse_unless_open(setup: AccountSetup | None) -> AccountSetup:
    if setup is None:
        raise thrown_away()
    if setup.connected_at is not None:
        raise SetupOver(_("These numbers are connected already. Change them in their own page."))
    return setup


def thrown_away() -> NotFound:
    """Also for whoever had its page open: a day old, it went while they were typing or the provider was being asked."""
    return NotFound(_("This was begun more than a day ago and thrown away with its token. Begin again."))


def refuse_unless_plausible(waba_id: str, token: str) -> None:
    """What cannot be an id or a token is not asked about: it would become part of an address. Raises Invalid."""
    fields: dict[str, list[str]] = {}
    if not (waba_id.isascii() and waba_id.isdigit() and 5 <= len(waba_id) <= 25):
        fields["waba_id"] = [
            _("The id of the business account is a number. Copy it from WhatsApp Manager, beside its name.")
        ]
    fields |= token_problem(token)
    if fields:
        raise Invalid(fields=fields)


def token_problem(token: str) -> dict[str, list[str]]:
    if not token:
        return {"token": [_("Paste the access token of the system user.")]}
    if len(token) > TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        return {"token": [_("This is not a token: paste it whole, without spaces or line breaks.")]}
    return {}


def refuse_wrong_wishes(setup: AccountSetup, wishes: AccountWishes) -> None:
    fields: dict[str, list[str]] = {}
    for external_id in setup.chosen:
        others = ChannelAccount.objects.exclude(kind=ChannelKind.WHATSAPP, external_id=external_id)
        problem = checked_account(wishes.names.get(external_id, ""), others=others)
        if problem:
            fields[f"name_{external_id}"] = [problem]
    named = [wishes.names.get(each, "").strip().casefold() for each in setup.chosen]
    for external_id, name in zip(setup.chosen, named, strict=True):
        if name and named.count(name) > 1:
            fields[f"name_{external_id}"] = [_("Two numbers cannot have one name.")]
    if fields:
        raise Invalid(fields=fields)

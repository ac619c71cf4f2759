"""An agent begins: a conversation with a bare number, opened by an approved template (001-03, 001-04)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import TeamMember, User
from campaigns.actions.resource_files import drop_files
from campaigns.models import Campaign, CampaignAgent, ChannelAccount
from connectors.kinds import ChannelKind
from contacts import numbers
from contacts.actions import hold_number, identify, join_point, share_with_teams
from contacts.actions.engaging import engage_member
from contacts.models import Contact
from contacts.open_records import open_record_of
from core import journal
from core.refusals import Invalid, NotFound
from inbox.actions.assignment import give
from inbox.actions.composing import TemplateChoice
from inbox.actions.continuing import identities_of, new_conversation
from inbox.actions.gallery import copy_bytes, no_room, offered_resource, unsaved_copy
from inbox.actions.locking import as_seen
from inbox.actions.sending import send_message
from inbox.audience import Audience
from inbox.errors import ConversationExists, DoNotContact, OfAnotherTeam
from inbox.models import Attachment, Conversation, ConversationEvent, Message
from inbox.models.conversation import LIVE
from inbox.permits import is_campaign_agent, works_active


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of a number before anybody writes to it: the line, whose it is, and the conversation that is live with them."""

    number: numbers.Number
    contact: Contact | None
    conversation: Conversation | None


def look_up_number(written: str, *, by: User, account_id: int) -> Standing:
    """Dedupe first: whose number this is, as far as this user may know.

    Raises:
        NotFound: the account is not one they may open conversations through. Invalid: it is no number.
        OfAnotherTeam: it is a contact's whom they do not see; said without a name, and journaled (DOMAIN.md).
        ConversationExists: somebody else talks with them, in a conversation this user does not see.
    """
    account = ChannelAccount.objects.filter(campaigns__in=openable_campaigns(by), pk=account_id).first()
    if account is None:
        raise NotFound
    number = read_number(written, account)
    with transaction.atomic():
        contact, _identity = hold_number(number, kind=ChannelKind(account.kind))
        conversation = live_with(contact, account) if contact is not None else None
    try:
        require_seen(contact, by=by)
    except OfAnotherTeam:
        journal_asking(account, contact, by=by)
        raise
    if conversation is not None and not sees(conversation, by):
        raise somebody_else_talks(conversation, by)
    return Standing(number=number, contact=contact, conversation=conversation)


def start_conversation(
    written: str,
    *,
    by: User,
    client_id: uuid.UUID,
    account_id: int,
    campaign_id: int,
    template: TemplateChoice,
    resource_id: int | None = None,
) -> tuple[Conversation, Message, bool]:
    """Send a template to a number; return the conversation that begins with it, in this agent's hands, its message, and whether it is new.

    The contact is made now, with nothing but the number, where nobody has it. `resource_id`: the gallery's file for a template whose
    header wants one. The same `client_id` again is the same conversation and sends nothing.

    Raises:
        NotFound: the campaign, its account or the resource is not one they may open conversations with.
        AuxStateForbids: an agent on a break. Invalid: no number, or a template that is not filled or not approved.
        OfAnotherTeam: journaled. DoNotContact. ConversationExists: somebody talks with them already.
    """
    campaign, account = openable(by, campaign_id, account_id)
    works_active(by).require()
    number = read_number(written, account)
    copy = header_copy(campaign, resource_id, by=by) if resource_id is not None else None
    is_named = False
    try:
        with transaction.atomic():
            conversation, message, is_new = opened(
                number, campaign, account, template, copy, by=by, client_id=client_id
            )
        is_named = is_new
    except OfAnotherTeam as refusal:
        # Apart from what was undone: who asked is to be known.
        journal_asking(account, Contact.objects.get(pk=refusal.contact_id), by=by)
        raise
    finally:
        if copy is not None and not is_named:
            drop_files(copy.path, copy.thumbnail_path)
    return conversation, message, is_new


def opened(
    number: numbers.Number,
    campaign: Campaign,
    account: ChannelAccount,
    template: TemplateChoice,
    copy: Attachment | None,
    *,
    by: User,
    client_id: uuid.UUID,
) -> tuple[Conversation, Message, bool]:
    """The same, inside its transaction: the number is held, so of two at once one begins and the other finds it begun."""
    kind = ChannelKind(account.kind)
    contact, identity = hold_number(number, kind=kind)
    if contact is not None:
        if earlier := opened_before(contact, by=by, client_id=client_id):
            return earlier.conversation, earlier, False
        require_seen(contact, by=by)
        if contact.do_not_contact or contact.blocked:
            raise DoNotContact(_("This contact asked not to be written to."))
        live = live_with(contact, account)
        if live is not None:
            raise conversation_exists(live) if sees(live, by) else somebody_else_talks(live, by)
    found = join_point(contact, identity, kind=kind, by=by) if contact else identify([identity], kind=kind)[identity]
    conversation = new_conversation(account, campaign, found)
    # Who is written to first is not welcomed.
    conversation.awaits_greeting = False
    record = open_record_of(by)
    if record is not None and record.contact.standing_id == found.contact.standing_id:
        # Who writes to the contact of the record they have open works it.
        conversation.base_member = engage_member(record.pk, by=by)
    conversation.save()
    share_with_teams([(found.contact.pk, campaign.team_id)])
    give(conversation, by, kind=ConversationEvent.Kind.ASSIGNED, by=by)
    if not is_campaign_agent(conversation, by):
        journal.record("conversation_started", conversation, by=by)
    if copy is not None:
        copy.conversation, copy.state = conversation, Attachment.State.STORED
        copy.save()
    message, _is_new = send_message(
        conversation.pk,
        by=by,
        client_id=client_id,
        text="",
        attachment_id=copy.pk if copy is not None else None,
        kind="template",
        content=template,
    )
    conversation.refresh_from_db()
    return conversation, message, True


# --- Who may, and with what -------------------------------------------------------------------------------------------------


def openable_campaigns(user: User) -> QuerySet[Campaign]:
    """Active campaigns in which a user may begin conversations: as their agent, or supervising their team."""
    active = Campaign.objects.filter(state=Campaign.State.ACTIVE)
    if user.has_perm("accounts.see_all_teams"):
        return active
    mine = Q(pk__in=CampaignAgent.objects.filter(user=user).values("campaign_id"))
    if user.has_perm("accounts.supervise_teams"):
        mine |= Q(team_id__in=TeamMember.objects.filter(user=user, is_supervisor=True).values("team_id"))
    return active.filter(mine)


def openable(user: User, campaign_id: int, account_id: int) -> tuple[Campaign, ChannelAccount]:
    """Raises NotFound: not theirs, not of this campaign, or a channel they do not handle in it."""
    campaign = openable_campaigns(user).filter(pk=campaign_id).first()
    account = ChannelAccount.objects.filter(campaigns=campaign_id, pk=account_id).first()
    if campaign is None or account is None or account not in openable_accounts(campaign, user):
        raise NotFound
    return campaign, account


def openable_accounts(campaign: Campaign, user: User) -> list[ChannelAccount]:
    """The campaign's accounts that open conversations by a template, of channels the user handles in it."""
    membership = CampaignAgent.objects.filter(campaign=campaign, user=user).first()
    accounts = campaign.accounts.filter(kind=ChannelKind.WHATSAPP)
    return [each for each in accounts if membership is None or membership.handles(each.kind)]


def country_of(account: ChannelAccount) -> str:
    """Where a number without a country code is read: the account's own country, else the installation's."""
    own = numbers.canonical(account.display_number) if account.display_number else None
    return own.country if own is not None and own.country else str(settings.PHONE_DEFAULT_COUNTRY)


def read_number(written: str, account: ChannelAccount) -> numbers.Number:
    """Raises Invalid (field `number`)."""
    number = numbers.canonical(written.strip(), default_country=country_of(account))
    if number is None:
        raise Invalid(
            _("Check the marked fields."),
            fields={
                "number": [_("This is no phone number. Write it with its country code, for example 595991651351.")]
            },
        )
    return number


# --- Whom it concerns already -----------------------------------------------------------------------------------------------


def require_seen(contact: Contact | None, *, by: User) -> None:
    if contact is not None and not Contact.objects.visible_to(by).filter(pk=contact.pk).exists():
        raise OfAnotherTeam(_("This number belongs to another team. Ask for access."), contact_id=contact.pk)


def journal_asking(account: ChannelAccount, contact: Contact | None, *, by: User) -> None:
    """Who asked for a number of another team, and whose it is: for who reads the journal, never for who asked."""
    journal.record(
        "number_of_another_team_asked",
        account,
        by=by,
        details={"contact": contact.pk if contact is not None else None},
    )


def live_with(contact: Contact, account: ChannelAccount) -> Conversation | None:
    people = identities_of([contact.pk])
    return (
        Conversation.objects.filter(
            contact_id__in=list(people), channel_account=account, thread_key="", status__in=LIVE
        )
        .select_related("assignee", "channel_account", "campaign")
        .order_by("-last_activity_at", "-pk")
        .first()
    )


def opened_before(contact: Contact, *, by: User, client_id: uuid.UUID) -> Message | None:
    return (
        Message.objects.filter(conversation__contact=contact, client_id=client_id, author=by)
        .select_related("conversation")
        .first()
    )


def sees(conversation: Conversation, user: User) -> bool:
    return Audience.of(user).sees(as_seen(conversation))


def conversation_exists(conversation: Conversation) -> ConversationExists:
    return ConversationExists(
        _("There is already an open conversation with this number."), conversation=conversation.pk
    )


def somebody_else_talks(conversation: Conversation, user: User) -> ConversationExists:
    """A colleague of the campaign is named, as taking a conversation would; anybody else is not."""
    holder = conversation.assignee
    if holder is not None and conversation.campaign_id in Audience.of(user).campaign_ids:
        return ConversationExists(
            _("%(name)s already talks with this number. Ask for the transfer.") % {"name": holder.name}
        )
    return ConversationExists(_("Somebody else already talks with this number through this service."))


# --- The file of a template's header ----------------------------------------------------------------------------------------


def header_copy(campaign: Campaign, resource_id: int, *, by: User) -> Attachment:
    """The gallery's file, copied for a conversation that does not exist yet: no storage is waited for while the number is held."""
    resource = offered_resource(campaign.pk, resource_id, by=by)
    copy = unsaved_copy(None, resource, by=by)
    try:
        copy_bytes(resource, copy)
    except OSError as error:
        drop_files(copy.path, copy.thumbnail_path)
        raise no_room(error) from error
    return copy

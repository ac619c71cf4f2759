"""The cast and the things they work with, as plain functions. Each makes what it needs and nothing more."""

from __future__ import annotations

import datetime
import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts import presence
from accounts.actions import create_user, seed_roles_and_aux_states
from accounts.models import Team, User
from campaigns.actions import add_agent, ensure_campaign, save_whatsapp_account
from campaigns.models import Campaign, ChannelAccount
from connectors.kinds import MessageKind, MessageStatus
from connectors.messages import Identity, InboundMessage, ProviderError, StatusUpdate
from core import leases
from core.realtime.bus import client
from inbox.actions import delivery
from inbox.actions.assignment import take_conversation
from inbox.actions.lanes import lanes_of
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation, Message, OutboxEntry
from typification.actions import seed_tree
from typification.models import Typification

PASSWORD = "una-clave-larga-de-prueba"  # the cast's own
PHONE_NUMBER_ID, WABA_ID, TOKEN = "106540352242922", "102290129340398", "simulated-token"
ROCIO = "595991651351"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    ana: User
    luis: User
    eva: User
    admin: User
    team: Team
    other_team: Team
    campaign: Campaign
    other_campaign: Campaign
    account: ChannelAccount


def make_cast() -> Cast:
    """Ana and Luis share a team, a campaign and a number; Eva sees none of it."""
    seed_roles_and_aux_states()
    seed_tree()
    team, other_team = Team.objects.create(name="Ventas"), Team.objects.create(name="Soporte")
    campaign = ensure_campaign("Altas", team=team, client="Fibra Sur", project="Hogar")
    other_campaign = ensure_campaign("Reclamos", team=other_team, client="Otro", project="Otro")
    ana = create_user("ana", role="agent", password=PASSWORD, teams=[team], first_name="Ana", last_name="Gómez")
    luis = create_user(
        "luis", role="supervisor", password=PASSWORD, teams=[team], first_name="Luis", last_name="Ferreira"
    )
    eva = create_user("eva", role="agent", password=PASSWORD, teams=[other_team], first_name="Eva", last_name="Núñez")
    admin = create_user("admin", role="admin", password=PASSWORD, first_name="Alma", last_name="Duarte")
    add_agent(campaign, ana, by=None)
    add_agent(other_campaign, eva, by=None)
    account = save_whatsapp_account(
        name="WhatsApp Ventas", phone_number_id=PHONE_NUMBER_ID, waba_id=WABA_ID, token=TOKEN, campaign=campaign
    )
    return Cast(
        ana=ana,
        luis=luis,
        eva=eva,
        admin=admin,
        team=team,
        other_team=other_team,
        campaign=campaign,
        other_campaign=other_campaign,
        account=account,
    )


def be_here(user: User) -> None:
    """As if the user's panel were open, whatever the clock of the test says; until the next test."""
    client().zadd(presence.key(), {f"{user.pk}:test": 4e9})


def be_away(user: User) -> None:
    presence.note_gone(user.pk, "test")


def agent_of(cast: Cast, username: str) -> User:
    """One more agent of Ana's team and campaign."""
    user = create_user(username, role="agent", password=PASSWORD, teams=[cast.team], first_name=username.capitalize())
    add_agent(cast.campaign, user, by=None)
    return user


def identity(phone: str | None = ROCIO, *, business_id: str | None = None, name: str = "Rocío Benítez") -> Identity:
    return Identity(phone=phone, business_id=business_id, portfolio=WABA_ID, profile_name=name)


def inbound(
    text: str = "Hola", *, sender: Identity | None = None, at: datetime.datetime | None = None, **changes: Any
) -> InboundMessage:
    """A customer's message as the connector hands it over; every one has its own provider id unless told otherwise."""
    values: dict[str, Any] = {
        "account_external_id": PHONE_NUMBER_ID,
        "provider_id": f"wamid.{next(_numbers):08d}",
        "sender": sender or identity(),
        "happened_at": at or timezone.now(),
        "kind": MessageKind.TEXT,
        "text": text,
        "media": None,
        "reply_to_provider_id": None,
        "target_provider_id": None,
        "referral": None,
        "changed_to": None,
        "payload": {},
    }
    return InboundMessage(**(values | changes))


def status_update(
    message: Message,
    status: MessageStatus,
    *,
    provider_id: str | None = None,
    opaque: bool = True,
    error_code: int | None = None,
) -> StatusUpdate:
    return StatusUpdate(
        account_external_id=PHONE_NUMBER_ID,
        provider_id=provider_id or message.provider_id or f"wamid.of.{message.pk}",
        status=status,
        happened_at=timezone.now(),
        recipient=identity(),
        opaque=str(message.uuid) if opaque else None,
        error=ProviderError(code=error_code) if error_code else None,
        pricing=None,
        payload={},
    )


def conversation(
    cast: Cast, text: str = "Hola", *, sender: Identity | None = None, at: datetime.datetime | None = None
) -> Conversation:
    """A waiting conversation that a customer just began."""
    receive_messages(
        cast.account, [inbound(text, sender=sender or identity(phone=f"59599{next(_numbers):07d}"), at=at)]
    )
    return Conversation.objects.latest("id")


def taken_conversation(cast: Cast, *, by: User | None = None, **begun: Any) -> Conversation:
    """The same, in Ana's hands (or another's)."""
    return take_conversation(conversation(cast, **begun).pk, by=by or cast.ana)


def leaf(name: str = "Pide propuesta por correo") -> Typification:
    return Typification.objects.get(name=name)


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def client_id() -> uuid.UUID:
    return uuid.uuid4()


def claim_next(conversation_id: int) -> OutboxEntry | None:
    """The oldest due entry of the conversation, marked as a worker marks it whose call is under way; None: nothing is due."""
    for lane in lanes_of(conversation_id):
        while (entry := delivery.next_due(lane)) is not None:
            if claim(entry):
                return entry
    return None


def claim(entry: OutboxEntry) -> bool:
    """Mark it as a worker does that is killed right afterwards; its lane may be leased or not, as the test says."""
    with leases.held(f"somebody's:{entry.pk}", seconds=60) as lease:
        return lease is not None and delivery.claim(entry, lease, seconds=60)


def account_of(campaign: Campaign, *, name: str = "WhatsApp Soporte", phone_number_id: str = "106540352249999") -> Any:
    """One more number, which brings its new conversations to a campaign."""
    return save_whatsapp_account(
        name=name, phone_number_id=phone_number_id, waba_id=WABA_ID, token=TOKEN, campaign=campaign
    )

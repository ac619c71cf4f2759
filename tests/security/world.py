"""Two teams at work, with everything an address can name: what is Ana's and Luis's, and what is Eva's."""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.actions import create_api_token
from accounts.actions.keeping import save_view
from accounts.models import User
from campaigns.actions import ResourceWords, create_resource, save_whatsapp_account
from campaigns.models import CampaignBase, ChannelAccount
from contacts.actions import CompanySheet, add_address, add_point, create_company
from contacts.actions import write_note as write_contact_note
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import BaseSheet, change_base_state, create_base
from contacts.actions.lots import add_to_lot, create_lot
from contacts.models import BaseMember, ContactGroup, Tag
from contacts.sheets import AddressEntry
from inbox.actions.assignment import take_conversation
from inbox.actions.calling import register_call
from inbox.actions.delivery import record_failed
from inbox.actions.drafting import save_draft
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.actions.uploads import store_upload
from inbox.models import Callback, Conversation, Message
from tests import factories

NOBODYS_ID = 987_654_321
NOBODYS_UUID = uuid.UUID(int=NOBODYS_ID)
OTHER_NUMBER_ID, OTHER_TOKEN = "206540352242933", "other-simulated-token"


@dataclass(frozen=True)
class Side:
    """One team's things, by the names that addresses have for them."""

    conversation_id: int
    message_id: int  # a failed one: the only kind that can be tried again or removed
    contact_id: int
    inbound_id: int
    attachment: uuid.UUID  # uploaded, not sent yet
    campaign_id: int
    account_id: int
    resource_id: int  # a picture of the campaign's gallery
    view_id: int  # the agent's own: not even a supervisor's to see
    base_id: int  # active, with the contact in it
    member_id: int
    lot_id: int
    team_id: int
    calls_point_id: int
    call_uuid: uuid.UUID  # made by the agent, without an outcome yet
    point_id: int  # of the contact; no conversation goes through it
    address_id: int
    note_id: int  # the agent's, about the contact
    group_id: int  # the team's
    tag_id: int
    company_id: int  # everybody's
    callback_id: int  # the agent's own
    # Nobody's: tests/contacts has what comes of joining two.
    merge_id: int = NOBODYS_ID
    suggestion_id: int = NOBODYS_ID
    # What is set up once for everybody.
    document_type_id: int = NOBODYS_ID
    field_id: int = NOBODYS_ID
    holiday_id: int = NOBODYS_ID
    user_id: int = NOBODYS_ID
    # Rings at nobody, and is said by nobody: tests/inbox has both.
    offer_id: int = NOBODYS_ID
    scheduled_uuid: uuid.UUID = NOBODYS_UUID
    # Privacy's, whose right neither side has.
    hold_id: int = NOBODYS_ID
    rule_id: int = NOBODYS_ID
    # Whither an account's new conversations go: administrators' (tests/campaigns/test_rules_api.py).
    route_id: int = NOBODYS_ID
    export_id: uuid.UUID = NOBODYS_UUID
    erasure_id: uuid.UUID = NOBODYS_UUID
    run_id: uuid.UUID = NOBODYS_UUID

    @property
    def attachment_id(self) -> uuid.UUID:
        return self.attachment


NOBODYS = Side(
    conversation_id=NOBODYS_ID,
    message_id=NOBODYS_ID,
    contact_id=NOBODYS_ID,
    inbound_id=NOBODYS_ID,
    attachment=NOBODYS_UUID,
    campaign_id=NOBODYS_ID,
    account_id=NOBODYS_ID,
    resource_id=NOBODYS_ID,
    view_id=NOBODYS_ID,
    base_id=NOBODYS_ID,
    member_id=NOBODYS_ID,
    lot_id=NOBODYS_ID,
    team_id=NOBODYS_ID,
    calls_point_id=NOBODYS_ID,
    call_uuid=NOBODYS_UUID,
    point_id=NOBODYS_ID,
    address_id=NOBODYS_ID,
    note_id=NOBODYS_ID,
    group_id=NOBODYS_ID,
    tag_id=NOBODYS_ID,
    company_id=NOBODYS_ID,
    callback_id=NOBODYS_ID,
)


def make_side(account: ChannelAccount, agent: User, *, phone: str, name: str, text: str) -> Side:
    """A customer wrote, the agent took it, answered, failed once, wrote a note, attached a picture and began a draft."""
    sender = factories.identity(phone, name=name)
    receive_messages(account, [factories.inbound(text, sender=sender, account_external_id=account.external_id)])
    conversation = take_conversation(Conversation.objects.latest("id").pk, by=agent)
    sent, _ = send_message(
        conversation.pk, by=agent, client_id=factories.client_id(), text=f"Respuesta de {agent.first_name}"
    )
    entry = factories.claim_next(conversation.pk)
    assert entry is not None
    record_failed(entry, code=131026, reason="The number has no WhatsApp.", permanent=True)
    write_note(conversation.pk, by=agent, client_id=factories.client_id(), text=f"Nota de {agent.first_name}")
    save_draft(conversation.pk, by=agent, mode="reply", text=f"Borrador de {agent.first_name}", version=0)
    attachment = store_upload(conversation.pk, picture(), by=agent)
    campaign = conversation.campaign
    assert campaign is not None
    words = ResourceWords(name=f"Foto de {agent.first_name}", campaign_id=campaign.pk)
    resource = create_resource("image", words, by=User.objects.get(username="admin"), file=picture())
    base_id, member_id, lot_id = make_base(conversation.contact_id, agent)
    CampaignBase.objects.create(campaign=campaign, base_id=base_id, is_default=True)
    callback = Callback.objects.create(
        contact=conversation.contact,
        contact_point=conversation.contact_point,
        campaign=campaign,
        kind="personal",
        owner=agent,
        due_at=timezone.now() + datetime.timedelta(hours=3),
    )
    contact_id, first_name = conversation.contact_id, agent.first_name
    group = ContactGroup.objects.create(name=f"Grupo de {first_name}", folded_name=f"grupo de {first_name}".lower())
    group.teams.add(campaign.team)
    # Tags are everybody's.
    tag, _is_new = Tag.objects.get_or_create(folded_name="etiqueta", defaults={"name": "Etiqueta"})
    return Side(
        conversation_id=conversation.pk,
        message_id=sent.pk,
        contact_id=conversation.contact_id,
        inbound_id=Message.objects.get(conversation=conversation, direction="in").pk,
        attachment=attachment.pk,
        campaign_id=campaign.pk,
        account_id=account.pk,
        resource_id=resource.pk,
        view_id=save_view(agent, name=f"Vista de {agent.first_name}", filters={"unread": ["1"]}).pk,
        base_id=base_id,
        member_id=member_id,
        lot_id=lot_id,
        team_id=agent.teams.get().pk,
        calls_point_id=conversation.contact_point_id,
        call_uuid=register_call(
            conversation.contact_id,
            by=agent,
            client_id=factories.client_id(),
            contact_point_id=conversation.contact_point_id,
        )[0].uuid,
        point_id=add_point(contact_id, by=agent, value=f"{first_name}@example.com".lower()).pk,
        address_id=add_address(contact_id, AddressEntry(line=f"Calle de {first_name}"), by=agent).pk,
        note_id=write_contact_note(contact_id, f"Nota de contacto de {first_name}", by=agent).pk,
        group_id=group.pk,
        tag_id=tag.pk,
        company_id=create_company(CompanySheet(name=f"Empresa de {first_name}"), by=agent).pk,
        callback_id=callback.pk,
    )


def make_base(contact_id: int, agent: User) -> tuple[int, int, int]:
    """The customer in an active base and a lot of the agent's team."""
    admin, teams = User.objects.get(username="admin"), frozenset({agent.teams.get().pk})
    base = create_base(BaseSheet(name=f"Base de {agent.first_name}", team_ids=teams), by=admin)
    associate_contacts(base.pk, [contact_id], by=admin)
    change_base_state(base.pk, state="active", by=admin)
    lot = create_lot(f"Lote de {agent.first_name}", team_ids=teams, by=admin)
    add_to_lot(lot.pk, [contact_id], by=admin)
    return base.pk, BaseMember.objects.get(base=base).pk, lot.pk


def make_theirs(cast: factories.Cast) -> Side:
    """Eva's: her team has a number of its own."""
    account = save_whatsapp_account(
        name="WhatsApp Soporte",
        phone_number_id=OTHER_NUMBER_ID,
        waba_id=factories.WABA_ID,
        token=OTHER_TOKEN,
        campaign=cast.other_campaign,
    )
    return make_side(account, cast.eva, phone="595982444555", name="Teófilo Insfrán", text="No me funciona")


def make_ours(cast: factories.Cast) -> Side:
    """Ana's."""
    return make_side(cast.account, cast.ana, phone="595981777888", name="Wenceslao Ñemby", text="Quiero la fibra xyzzy")


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2), "teal").save(file, "PNG")
    return file.getvalue()


def picture(name: str = "foto.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(), content_type="image/png")


def signed_in(user: User | None, *, csrf: bool = False) -> Client:
    """A browser's client, past its first page: the session's times are written."""
    client = Client(enforce_csrf_checks=csrf)
    if user is not None:
        client.force_login(user)
        client.get("/api/v1/me/")
    return client


def with_token(user: User) -> Client:
    """A program's client."""
    return Client(headers={"Authorization": f"Token {create_api_token(user, name='test', by=None)}"})


@contextmanager
def undone() -> Iterator[None]:
    """Whatever was done meanwhile is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)

"""A person with a word of theirs in every place there is: each place has a seal of its own, to be found again or not at all."""

from __future__ import annotations

import datetime
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts.models import SavedView
from contacts.actions.merging import merge_contacts
from contacts.models import (
    Address,
    BaseMember,
    Company,
    Consent,
    Contact,
    ContactGroup,
    ContactNote,
    ContactPoint,
    ContactTag,
    DocumentType,
    GroupMember,
    LegalHold,
    Lot,
    LotContact,
)
from core.journal import record
from inbox.models import (
    Attachment,
    Call,
    Conversation,
    ConversationEvent,
    Draft,
    Message,
    ParkedChange,
    ParkedStatus,
    Reaction,
)
from tests import factories
from tests.contacts.people import base, group, person, tag
from tests.factories import Cast
from webhooks.models import DeadLetter, Delivery, ProviderNotice

PHONE = "595991651351"
MAIL = "rocio.benitez.sello@example.com"
BSUID = "PY.9988776655SELLO"
DOCUMENT = "4455667"
NAME = "Rociosello Benitezsello"
OTHER_PHONE = "595981000111"
# What nobody else is called. None of it may be anywhere after an erasure (S62).
IDENTIFYING = (PHONE, "991651351", MAIL, BSUID, DOCUMENT, "Rociosello", "rociosello", "Benitezsello", "benitezsello")


@dataclass
class Seeded:
    """The contact, and the seal of each place."""

    contact: Contact
    merged: Contact
    conversation: Conversation
    bystander: Conversation
    seals: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def seed_person(cast: Cast) -> Seeded:
    numbers = itertools.count(1)
    seals: dict[str, str] = {}

    def seal(place: str) -> str:
        seals[place] = f"zsello{next(numbers):03d}z"
        return seals[place]

    kind, _made = DocumentType.objects.get_or_create(code="py-ci-test", defaults={"name": "CI"})
    bystander = factories.conversation(cast, "Nada que ver", sender=factories.identity(phone=OTHER_PHONE, name="Otra"))
    conversation = factories.conversation(
        cast,
        f"Hola {seal('message text')}",
        sender=factories.identity(phone=PHONE, business_id=BSUID, name=f"{NAME} {seal('profile name')}"),
    )
    contact = conversation.contact
    company = Company.objects.create(name=f"Empresa {seal('company')}", sort_name=f"empresa {seals['company']}")
    Contact.objects.filter(pk=contact.pk).update(
        first_name=f"Rociosello {seal('first name')}",
        last_name=f"Benitezsello {seal('last name')}",
        sort_name=f"rociosello {seals['first name']} benitezsello {seals['last name']}",
        search_text=f"rociosello {seals['first name']} benitezsello {seals['last name']}\n{seal('address line')}",
        document_type=kind,
        document_number=DOCUMENT,
        company=company,
        company_sort_name=company.sort_name,
        custom={"txtOcupacion": seal("own field")},
    )
    contact.refresh_from_db()
    twin = person(
        cast.team,
        first_name="Rociosello",
        last_name=f"Otra {seal('merged name')}",
        custom={"txtOtra": seal("merged own field")},
    )
    ContactPoint.objects.create(contact=twin, kind="email", value=MAIL, normalised=MAIL, is_primary=True)
    Address.objects.create(contact=contact, line=f"Calle {seals['address line']}", reference=seal("address reference"))
    ContactNote.objects.create(contact=contact, team=cast.team, author=cast.ana, text=f"Rociosello {seal('note')}")
    Consent.objects.create(contact=contact, is_given=True, source=f"Formulario {seal('consent')}")
    LegalHold.objects.create(
        contact=contact,
        reason=f"Juicio {seal('legal hold')}",
        by=cast.admin,
        lifted_at=timezone.now(),
        lifted_by=cast.admin,
    )
    ContactTag.objects.create(contact=contact, tag=tag(seal("tag")))
    GroupMember.objects.create(contact=contact, group=group(seal("group")))
    BaseMember.objects.create(base=base(seal("base")), contact=contact)
    lot = Lot.objects.create(name=seal("lot"), folded_name=seals["lot"], source_file="lista.xlsx")
    LotContact.objects.create(lot=lot, contact=contact, row_number=7)
    for search in ("benitezsello rociosello", MAIL, f"0{PHONE[3:]}"):
        ContactGroup.objects.create(
            name=f"Regla {next(numbers)}", folded_name=f"regla {next(numbers)}", kind="rule", rule={"search": [search]}
        )
    merge_contacts(contact.pk, merged_id=twin.pk, by=cast.admin)

    message = Message.objects.get(conversation=conversation)
    Conversation.objects.filter(pk=conversation.pk).update(
        change=900,
        preview=f"Hola {seal('preview')}",
        contact_name=f"{NAME} {seal('copied name')}",
        close_note=seal("close note"),
    )
    Message.objects.filter(pk=message.pk).update(
        payload={"from": PHONE, "note": seal("message payload")},
        details={"contacts": [{"name": f"Rociosello {seal('message details')}", "phones": [PHONE]}]},
        failure_reason=seal("failure"),
    )
    ConversationEvent.objects.create(
        conversation=conversation,
        change=900,
        happened_at=timezone.now(),
        kind="closed",
        details={"note": f"Rociosello {seal('event details')}", "mode": "normal"},
    )
    Draft.objects.create(user=cast.ana, conversation=conversation, mode="reply", text=f"Estimada {seal('draft')}")
    Reaction.objects.create(message=message, direction="in", emoji=seal("reaction"), happened_at=timezone.now())
    files = []
    for place in ("file", "upload never sent"):
        attachment = Attachment(
            conversation=conversation,
            message=message if place == "file" else None,
            kind="document",
            name=f"{seal(f'name of a {place}')}.pdf",
            mime="application/pdf",
            state="stored",
            size=9,
        )
        body = f"%PDF {seal(f'bytes of a {place}')}".encode()
        attachment.path = default_storage.save(f"{attachment.pk.hex[:2]}/{attachment.pk.hex}", ContentFile(body))
        attachment.thumbnail_path = default_storage.save(
            f"{attachment.pk.hex[:2]}/{attachment.pk.hex}.thumbnail", ContentFile(b"small")
        )
        attachment.save()
        files += [attachment.path, attachment.thumbnail_path]
    Call.objects.create(
        client_id=uuid.uuid4(),
        contact=contact,
        team=cast.team,
        user=cast.ana,
        number=f"+{PHONE} {seal('call number')}"[:40],
        started_at=timezone.now(),
        note=f"Rociosello {seal('call note')}",
    )
    ParkedStatus.objects.create(
        channel_account=cast.account,
        provider_id="wamid.parked",
        status="read",
        payload={"recipient_id": PHONE, "seal": seal("parked status")},
    )
    ParkedChange.objects.create(
        channel_account=cast.account,
        target_id=message.provider_id or "",
        provider_id="wamid.change",
        kind="edit",
        text=seal("parked change"),
        happened_at=timezone.now(),
    )
    for subject, place in (
        (contact, "journal of the contact"),
        (message, "journal of a message"),
        (conversation, "journal of a conversation"),
    ):
        record("contact_edited", subject, by=cast.ana, personal={"name": f"Rociosello {seal(place)}"})
    record("entry_refused", cast.ana, by=cast.ana, personal={"asked": f"{PHONE} {seal('journal by number')}"})
    SavedView.objects.create(
        user=cast.ana, name=seal("saved view"), filters={"search": ["Rociosello Benitezsello " + PHONE]}
    )
    seed_deliveries(seal)
    return Seeded(
        contact=contact, merged=twin, conversation=conversation, bystander=bystander, seals=seals, files=files
    )


def seed_deliveries(seal: Any) -> None:
    """Two people in one delivery: one piece goes, the other stays."""
    now = timezone.now()
    Delivery.objects.create(
        body=orjson.dumps(webhook([told(PHONE, seal("delivery")), told(OTHER_PHONE, "quedase")])),
        processed_at=now,
    )
    Delivery.objects.create(
        body=orjson.dumps(
            webhook([], statuses=[{"id": "wamid.s", "recipient_id": PHONE, "x": seal("status delivery")}])
        ),
        processed_at=now - datetime.timedelta(days=1),
    )
    DeadLetter.objects.create(
        reason="no",
        body=orjson.dumps(webhook([told(BSUID, seal("dead letter"))])),
        first_body=orjson.dumps(webhook([told(PHONE, seal("dead letter as it came"))])),
    )
    DeadLetter.objects.create(reason="not JSON", body=f"<{PHONE}".encode())
    ProviderNotice.objects.create(
        topic="error",
        summary=f"{PHONE} blocked",
        payload={"errors": [{"to": PHONE, "x": seal("notice")}]},
        digest=uuid.uuid4().hex,
    )


def webhook(messages: list[Any], *, statuses: list[Any] | None = None) -> dict[str, Any]:
    contacts = [{"wa_id": each["from"], "profile": {"name": each["profile"]}} for each in messages]
    value = {"metadata": {"phone_number_id": factories.PHONE_NUMBER_ID}, "contacts": contacts, "messages": messages}
    if statuses:
        value["statuses"] = statuses
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }


def told(sender: str, text: str) -> dict[str, Any]:
    profile = "Otra" if sender == OTHER_PHONE else NAME
    return {
        "from": sender,
        "id": f"wamid.{uuid.uuid4().hex}",
        "profile": profile,
        "type": "text",
        "text": {"body": text},
    }


def places_naming(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Every table of the database whose rows hold one of the words in any column, text, JSON, array or bytes, and which words."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text, array_agg(quote_ident(a.attname)) FILTER (WHERE a.atttypid = 'bytea'::regtype)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
            " GROUP BY c.oid"
        )
        for table, bytes_columns in cursor.fetchall():
            text = " || ' ' || ".join(
                ["t::text", *(f"coalesce(encode({each}, 'escape'), '')" for each in bytes_columns or ())]
            )
            for word in words:
                cursor.execute(f"SELECT count(*) FROM {table} t WHERE strpos({text}, %s) > 0", [word])
                if cursor.fetchone()[0]:
                    found.setdefault(table, []).append(word)
    return found

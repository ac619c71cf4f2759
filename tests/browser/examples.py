"""One of each thing that a page is about, for the pages whose address names it. Nothing of it makes the workers send or fetch."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import orjson
from django.utils import timezone

from accounts.models import AuxState
from campaigns.actions import add_app, create_resource, create_shortcut
from campaigns.actions.duplicating import copy_campaign
from campaigns.actions.ready_words import ResourceWords, ShortcutWords
from campaigns.actions.rules import RuleSheet as RouteSheet
from campaigns.actions.rules import add_rule
from campaigns.actions.schedules import ScheduleSheet, add_holiday, set_schedule
from campaigns.actions.templates import save_templates
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.actions.working_bases import BasesSheet, set_bases
from campaigns.hours import Period
from campaigns.models import AccountSetup, MessageTemplate
from connectors.whatsapp.templates import ListedTemplate
from contacts.actions import create_contact
from contacts.actions.addresses import AddressEntry, add_address
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import BaseSheet, change_base_state, create_base
from contacts.actions.catalogue import DocumentTypeSheet, TagSheet, create_document_type, create_tag
from contacts.actions.companies import CompanySheet, create_company
from contacts.actions.field_definitions import FieldSheet, create_field
from contacts.actions.groups import GroupSheet, create_group
from contacts.actions.lots import add_to_lot, create_lot
from contacts.actions.merging import merge_contacts
from contacts.actions.noting import write_note
from core.models import JournalEntry
from inbox.actions.calling import register_call
from privacy.actions.holding import place_hold
from privacy.actions.retaining import RuleSheet, save_rule
from privacy.models import Erasure, RetentionRule
from processes.actions.formats import make_format
from tests.contacts.people import person, phone_of
from tests.factories import Cast, conversation, leaf
from tests.processes.runs import previewed, worked_base
from tests.processes.sheets import asked_of, brought, csv_of
from webhooks.models import DeadLetter, ProviderNotice

SECRET = "0123456789abcdef0123456789abcdef"  # nobody's


def make_examples(cast: Cast) -> dict[str, Any]:
    """By the name of the address's parameter; `page.parameter` where that page asks for another thing by the same name."""
    return (
        about_people(cast)
        | about_campaigns(cast)
        | about_privacy(cast)
        | about_deliveries(cast)
        | about_processes(cast)
    )


def about_people(cast: Cast) -> dict[str, Any]:
    admin, teams = cast.admin, frozenset({cast.team.pk})
    company = create_company(CompanySheet(name="Ferretería Itá"), by=admin)
    contact = create_contact(by=admin, first_name="Rosalía", last_name="Ñandutí", company=company, teams=[cast.team])
    point = phone_of(contact, "595981555111")
    add_address(contact.pk, AddressEntry(line="Palma 123"), by=admin)
    write_note(contact.pk, "Prefiere que la llamen por la tarde.", by=cast.ana)
    call, _is_new = register_call(contact.pk, by=admin, client_id=uuid.uuid4(), contact_point_id=point.pk)
    written = conversation(cast, "Hola, ¿a qué hora llega el técnico?")
    twin = person(cast.team, first_name="Rosalía", last_name="Ñanduti")
    joined = merge_contacts(
        person(cast.team, first_name="Anselmo").pk, merged_id=person(cast.team, first_name="Anselmo Ruiz").pk, by=admin
    )
    base = create_base(BaseSheet(name="Renovaciones", team_ids=teams), by=admin)
    associate_contacts(base.pk, [contact.pk, twin.pk], by=admin)
    change_base_state(base.pk, state="active", by=admin)
    lot = create_lot("Feria de mayo", team_ids=teams, by=admin)
    add_to_lot(lot.pk, [contact.pk], by=admin)
    return {
        "contact_id": contact.pk,
        "other_id": twin.pk,
        "merge_id": joined.pk,
        "contact-joined.contact_id": joined.survivor_id,
        "call_uuid": call.uuid,
        "conversation_id": written.pk,
        "contact-conversation.contact_id": written.contact_id,
        "base_id": base.pk,
        "lot_id": lot.pk,
        "company.pk": company.pk,
        "tag.pk": create_tag(TagSheet(name="Moroso", hue="rose"), by=admin).pk,
        "group.pk": create_group(GroupSheet(name="Zona norte"), by=admin).pk,
        "field.pk": create_field(FieldSheet(label="Plan contratado"), by=admin).pk,
        "document-type.pk": create_document_type(DocumentTypeSheet(name="Cédula"), by=admin).pk,
        "user_id": cast.ana.pk,
        "team_id": cast.team.pk,
        "aux_state_id": AuxState.objects.earliest("pk").pk,
        "node_id": leaf().pk,
    }


def about_campaigns(cast: Cast) -> dict[str, Any]:
    admin, project = cast.admin, cast.campaign.project
    app = add_app("Cobranzas", by=admin, app_secret=SECRET)
    offered = [
        {"external_id": number, "display": display, "name": name, "quality": "GREEN", "limit": "TIER_2K", "is_in_cloud": True}
        for number, display, name in (("106540352242977", "+595 21 728 3000", "Cobranzas"), ("106540352242978", "+595 21 728 4000", "Mora"))
    ]  # fmt: skip
    begun = AccountSetup.objects.create(
        user=admin, waba_id="102290129340398", account_name="Fibra Sur", offered=offered, chosen=["106540352242977"]
    )
    done = AccountSetup.objects.create(
        user=admin, provider_app=app, made_app=True, connected=[cast.account.pk], connected_at=timezone.now()
    )
    body = ({"type": "BODY", "text": "Hola {{1}}, tu técnico llega hoy."},)
    save_templates(
        cast.account,
        [
            ListedTemplate(
                external_id=str(number), name=name, language="es", category="UTILITY", status=status, components=body,
                rejected_reason=reason, quality="GREEN",
            )
            for number, (name, status, reason) in enumerate((("visita", "APPROVED", ""), ("oferta", "REJECTED", "PROMOTIONAL")), 1)
        ],
    )  # fmt: skip
    copy = copy_campaign(cast.campaign.pk, name="Altas de diciembre", by=admin)
    # The one attends by day and by night; the other, a draft, has neither hours nor bases nor words of its own yet.
    week = (Period(0, 480, 720), Period(0, 840, 1200), Period(4, 1320, 1440), Period(5, 0, 360))
    set_schedule(cast.campaign.pk, sheet=ScheduleSheet(periods=week), by=admin)
    add_holiday(cast.campaign.pk, on=datetime.date(2031, 12, 25), name="Navidad", is_yearly=True, by=admin)
    words = MessagesSheet(welcome_message="Hola {nombre}, ya te atendemos.", opt_out_words=("baja",))
    set_messages(cast.campaign.pk, sheet=words, by=admin)
    base = create_base(BaseSheet(name="Altas web", team_ids=frozenset({cast.team.pk})), by=admin)
    set_bases(cast.campaign.pk, sheet=BasesSheet(bases=frozenset({base.pk}), default_base=base.pk), by=admin)
    rule = add_rule(cast.account.pk, sheet=RouteSheet(campaign_id=copy.pk, words=("diciembre",)), by=admin)
    return {
        "account-rule.rule_id": rule.pk,
        "client_id": project.client_id,
        "project_id": project.pk,
        "campaign_id": cast.campaign.pk,
        "campaign.campaign_id": copy.pk,
        "account_id": cast.account.pk,
        "app_id": app.pk,
        "setup": begun.uuid,
        "account-setup-webhook.setup": done.uuid,
        "account-setup-test.setup": done.uuid,
        "template_id": MessageTemplate.objects.get(name="oferta").pk,
        "resource.pk": create_resource("text", ResourceWords(name="Horarios", text="De lunes a viernes."), by=admin).pk,
        "shortcut.pk": create_shortcut(ShortcutWords(code="hola", text="Hola {nombre}"), by=admin).pk,
    }


def about_privacy(cast: Cast) -> dict[str, Any]:
    kept = person(cast.team, first_name="Crispín")
    hold = place_hold(kept.pk, by=cast.admin, reason="Expediente 12")
    rule = save_rule(RuleSheet(kind=RetentionRule.Kind.values[0], days=90), by=cast.admin)
    # As one that is over: of one that was asked for, a worker would make an end.
    erasure = Erasure.objects.create(
        contact=person(cast.team, first_name="Nadie"), asked_by=cast.admin, state="done", finished_at=timezone.now()
    )
    return {
        "hold_id": hold.pk,
        "erasure_id": erasure.pk,
        "rule_id": rule.pk,
        "entry_id": JournalEntry.objects.filter(verb="base_created").latest("pk").pk,
    }


def about_deliveries(cast: Cast) -> dict[str, Any]:
    letter = DeadLetter.objects.create(
        reason="The piece has no timestamp that can be read.", body=orjson.dumps({"entry": [{"id": "1"}]})
    )
    for number, (topic, summary) in enumerate(
        (("message_template_status_update", "REJECTED · oferta · es · PROMOTIONAL"), ("phone_number_quality_update", "FLAGGED · TIER_2K"))
    ):  # fmt: skip
        ProviderNotice.objects.create(
            waba_id=cast.account.portfolio_id, topic=topic, summary=summary, digest=str(number)
        )
    return {"letter_id": letter.pk}


def about_processes(cast: Cast) -> dict[str, Any]:
    """A run that was previewed; its process. A file whose columns are to be told, and a format of another."""
    run = previewed("recycling", worked_base(cast, 8), by=cast.luis)
    rows = [
        ("Rosalía", "Ñandutí", "0981 555 222", "rosalia@example.com", "", "Ferretería Itá"),
        ("Íñigo", "", "12", "", "", ""),
    ]
    made = make_format(
        "update-contacts", "Apellidos y empresas", key="phone", columns=["last_name", "company"], by=cast.admin
    )
    imported = asked_of(brought(csv_of(rows), by=cast.admin), cast, by=cast.admin)
    return {
        "run_id": run.pk,
        "run-left-out.run_id": imported.pk,
        "process.kind": "recycling",
        "sheet": brought(csv_of(rows), by=cast.admin).uuid,
        "wanted": made.uuid,
    }

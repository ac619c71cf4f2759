"""What is asked of privacy moves on before one's eyes: the file appears, and a person who was erased is no longer named."""

from __future__ import annotations

import datetime
import re
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from contacts.actions import create_contact
from contacts.models import Contact
from core import leases
from privacy.models import Erasure, PersonExport, State
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import assert_fits, findings
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.mark.shows("S61")
def test_an_export_is_followed_without_pressing_anything_and_nothing_typed_beside_it_is_lost(
    stack: Stack, sit_down: Sit
) -> None:
    contact = create_contact(by=stack.cast.ana, first_name="Rocío", last_name="Benítez")
    export_id = uuid.uuid4()
    # So long nobody else goes on with it.
    with leases.held(f"export:{export_id}", seconds=600):
        PersonExport.objects.create(pk=export_id, contact=contact, asked_by=stack.cast.admin, state=State.RUNNING)
        admin = sit_down("admin")
        admin.goto(f"{stack.url}/settings/privacy/people/{contact.pk}/")
        card = admin.get_by_role("region", name="Entregar todo")
        expect(card).to_contain_text("En curso")
        expect(card.get_by_role("link", name="Descargar")).to_have_count(0)
        admin.get_by_label("Motivo").fill("Expediente 12")
        soon = timezone.now() + datetime.timedelta(days=3)
        PersonExport.objects.filter(pk=export_id).update(
            state=State.DONE, path="exports/x.zip", size=2048, expires_at=soon
        )
        expect(card.get_by_role("link", name="Descargar")).to_be_visible(timeout=30_000)
        expect(admin.get_by_label("Motivo")).to_have_value("Expediente 12")
        assert findings(admin) == []


@pytest.mark.shows("S62")
def test_at_the_end_of_an_erasure_the_page_names_nobody_any_more(stack: Stack, sit_down: Sit) -> None:
    contact = create_contact(by=stack.cast.ana, first_name="Rocío", last_name="Benítez")
    erasure_id = uuid.uuid4()
    with leases.held(f"erasure:{erasure_id}", seconds=600):
        Erasure.objects.create(pk=erasure_id, contact=contact, asked_by=stack.cast.admin, state=State.RUNNING)
        admin = sit_down("admin", viewport=PHONE)
        admin.goto(f"{stack.url}/settings/privacy/people/{contact.pk}/")
        expect(admin.get_by_role("region", name="Borrado")).to_contain_text("En curso")
        expect(admin.get_by_text("Ya está en curso.")).to_be_visible()
        assert_fits(admin)
        assert findings(admin) == []
        Contact.objects.filter(pk=contact.pk).update(first_name="", last_name="", erased_at=timezone.now())
        Erasure.objects.filter(pk=erasure_id).update(state=State.DONE, finished_at=timezone.now())
        number = re.compile(rf"Contacto {contact.pk}")
        expect(admin.get_by_role("heading", level=1)).to_have_text(number, timeout=30_000)
        expect(admin.get_by_role("region", name="Entregar todo")).to_have_count(0)

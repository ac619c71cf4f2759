"""Every page of one contact, base, lot, group or rule: what `test_every_screen.py` cannot reach, because an id stands in the address."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contacts.actions import CompanySheet, add_address, create_company, create_contact, write_note
from contacts.actions.catalogue import TagSheet, create_tag
from contacts.actions.field_definitions import FieldSheet, create_field
from contacts.actions.groups import GroupSheet, create_group
from contacts.actions.lots import add_to_lot, create_lot
from contacts.actions.merging import merge_contacts
from contacts.models import DocumentType
from contacts.sheets import AddressEntry, PointEntry
from privacy.actions.exporting import ask_for_export
from privacy.actions.holding import place_hold
from privacy.actions.retaining import RuleSheet, count_rule, save_rule
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.browser.looking import findings, visible_words, words_translated_otherwise
from tests.browser.test_every_screen import SIDEWAYS, SMALL_TARGETS, visit
from tests.contacts.members import base_of, outcome, worked
from tests.stack import Stack

pytestmark = pytest.mark.browser


def addresses(stack: Stack) -> list[str]:
    """Somebody with all there is of them, somebody joined into them, and what they are described with."""
    cast, admin = stack.cast, stack.cast.admin
    company = create_company(CompanySheet(name="Transportes El Pingo S. A.", industry="Transporte"), by=admin)
    field = create_field(FieldSheet(label="Horario preferido", kind="choice", options=["Mañana", "Tarde"]), by=admin)
    points = [
        PointEntry(value="0991 651 351", kind="whatsapp"),
        PointEntry(value="rocio.benitez.duarte@laesquina.com.py"),
    ]
    rocio, other = (
        create_contact(
            by=cast.ana, first_name="Rocío", last_name=name, company=company, is_vip=True, points=its_points,
            custom={field.control_id: "Tarde"},
        )
        for name, its_points in (("Benítez Duarte", points), ("B.", []))
    )  # fmt: skip
    joined = create_contact(by=cast.ana, first_name="Ro")
    add_address(rocio.pk, AddressEntry(line="Mariscal López 1234", district="San Lorenzo"), by=cast.ana)
    write_note(rocio.pk, "Prefiere la tarde", by=cast.ana)
    merge = merge_contacts(rocio.pk, merged_id=joined.pk, by=admin)
    base = base_of(cast, 4, by=admin)
    worked(base, by=cast.ana, typification=outcome("Ocupado"))
    lot = create_lot("Vencen en noviembre", team_ids=frozenset({cast.team.pk}), by=admin)
    add_to_lot(lot.pk, [rocio.pk], by=admin)
    place_hold(other.pk, by=admin, reason="Expediente 12")
    ask_for_export(rocio.pk, by=admin)
    rule = save_rule(RuleSheet(kind="messages", days=30), by=admin)
    count_rule(rule.pk, by=admin)
    group = create_group(GroupSheet(name="Clientes VIP", kind="rule", rule={"vip": ["1"]}), by=admin)
    tag = create_tag(TagSheet(name="Promo 300", hue="ochre"), by=admin)
    document = DocumentType.objects.order_by("pk").first()
    pages = [
        *((f"contact?tab={name}", [rocio.pk]) for name in ("summary", "addresses", "history", "notes", "files")),
        ("contact-edit", [rocio.pk]), ("contact-join", [rocio.pk]), ("contact-merge", [rocio.pk, other.pk]),
        ("contact-joined", [rocio.pk]), ("contact-part", [merge.pk]), ("base", [base.pk]), ("base-edit", [base.pk]),
        ("base-add?q=rocio", [base.pk]), ("lot", [lot.pk]), ("lot-add?q=rocio", [lot.pk]), ("field", [field.pk]), ("tag", [tag.pk]),
        ("group", [group.pk]), ("company", [company.pk]), ("privacy-person", [rocio.pk]), ("privacy-person", [other.pk]),
        ("retention-rule", [rule.pk]), *([("document-type", [document.pk])] if document is not None else []),
    ]  # fmt: skip
    found = []
    for page, arguments in pages:
        name, question, query = page.partition("?")
        found.append(f"{reverse(name, args=arguments)}{question}{query}")
    return found


@pytest.mark.shows("P0-43", "P0-46", "P0-47", "P0-48")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440x900", "390x844"])
def test_each_page_of_one_is_accessible_in_spanish_and_fits(stack: Stack, sit_down: Sit, size: dict[str, int]) -> None:
    pages = addresses(stack)
    admin = sit_down("admin", viewport=size)
    english = words_translated_otherwise()
    wrong = {}
    for path in pages:
        assert visit(admin, stack, path), path
        found = findings(admin) + admin.evaluate(SMALL_TARGETS) + admin.evaluate(SIDEWAYS)
        found += sorted(visible_words(admin) & english)
        if found:
            wrong[path] = found
    assert wrong == {}

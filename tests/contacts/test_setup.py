"""What contacts are described with, as administrators set it up: documents, fields, tags, companies. Who may, what is refused, what stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.actions import create_contact, join_group, set_tags
from contacts.actions.catalogue import (
    DocumentTypeSheet,
    TagSheet,
    archive_tag,
    create_document_type,
    create_tag,
    edit_tag,
    order_document_types,
    restore_tag,
)
from contacts.actions.companies import CompanySheet, create_company
from contacts.actions.deleting import CompanyInUse, delete_company
from contacts.actions.field_definitions import (
    FieldSheet,
    ValuesDoNotFit,
    archive_field,
    create_field,
    edit_field,
    order_fields,
)
from contacts.actions.groups import GroupSheet, create_group
from contacts.models import Company, Contact, ContactTag, DocumentType, FieldDefinition, Tag
from core.models import JournalEntry
from core.refusals import Invalid
from core.versions import Stale
from tests import factories
from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office
from tests.concurrency import together
from tests.factories import Cast

Kind = FieldDefinition.Kind
PAGES = ("document-type-list", "document-type-new", "field-list", "field-new", "tag-list", "tag-new", "group-list", "group-new",
         "company-list", "company-new")  # fmt: skip


@pytest.fixture
def admin(cast: Cast, browse: Any) -> Client:  # noqa: F811  # a fixture
    client: Client = browse(cast.admin)
    return client


@pytest.mark.shows("S07")
@pytest.mark.parametrize("name", PAGES)
def test_only_who_may_set_contacts_up_enters(cast: Cast, browse: Any, name: str) -> None:  # noqa: F811  # a fixture
    assert browse(cast.ana).get(reverse(name)).status_code == 403
    assert browse(cast.ana).post(reverse(name), {"name": "x", "label": "x"}).status_code in (403, 405)
    assert browse(cast.admin).get(reverse(name)).status_code == 200
    assert not any(model.objects.exists() for model in (Tag, FieldDefinition, Company))
    assert JournalEntry.objects.filter(verb="entry_refused", actor_id=cast.ana.pk).exists()


# ── Fields of one's own


@pytest.mark.shows("002-11")
def test_a_field_gets_a_control_id_of_its_kind_and_name(cast: Cast) -> None:
    made = [
        create_field(FieldSheet(label="Ocupación"), by=cast.admin),
        create_field(FieldSheet(label="Fecha de visita", kind=Kind.DATE), by=cast.admin),
        create_field(FieldSheet(label="Edad", kind=Kind.NUMBER), control_id="numEdadActual", by=cast.admin),
        create_field(FieldSheet(label="Zona", kind=Kind.CHOICE, options=["Norte", "Sur"]), by=cast.admin),
    ]
    assert [each.control_id for each in made] == ["txtOcupacion", "dteFechaDeVisita", "numEdadActual", "cboZona"]
    archive_field(made[0].pk, by=cast.admin)
    assert create_field(FieldSheet(label="Ocupación"), by=cast.admin).control_id == "txtOcupacion2"
    for wrong in ("txtEdad", "numedad", "num edad", "numEdadActual", "numÉdad"):
        with pytest.raises(Invalid) as refusal:
            create_field(FieldSheet(label="Otra edad", kind=Kind.NUMBER), control_id=wrong, by=cast.admin)
        assert "control_id" in refusal.value.fields
    order_fields([made[3].pk, made[1].pk], by=cast.admin)
    assert [each.label for each in FieldDefinition.objects.all()][:2] == ["Zona", "Fecha de visita"]


@pytest.mark.shows("002-11")
@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        (FieldSheet(label="Zona", kind=Kind.CHOICE, options=["Norte"]), "options"),
        (FieldSheet(label="Zona", kind=Kind.CHOICES, options=["Norte", "norte", "Sur"]), "options"),
        (FieldSheet(label="Edad", kind=Kind.NUMBER, minimum=Decimal(9), maximum=Decimal(3)), "maximum"),
        (FieldSheet(label="  "), "label"),
        (FieldSheet(label="ocupacion"), "label"),
        (FieldSheet(label="Otro", kind="blob"), "kind"),
    ],
)
def test_a_field_that_could_not_be_filled_in_is_refused(cast: Cast, sheet: FieldSheet, field: str) -> None:
    create_field(FieldSheet(label="Ocupación"), by=cast.admin)
    with pytest.raises(Invalid) as refusal:
        create_field(sheet, by=cast.admin)
    assert field in refusal.value.fields
    assert FieldDefinition.objects.count() == 1


@pytest.mark.shows("002-11")
def test_a_kind_that_stored_values_do_not_meet_is_refused_and_says_how_many(cast: Cast) -> None:
    field = create_field(FieldSheet(label="Edad"), by=cast.admin)
    for value in ("12", "doce", "veinte"):
        create_contact(by=cast.ana, first_name=value, custom={field.control_id: value})
    with pytest.raises(ValuesDoNotFit) as refusal:
        edit_field(field.pk, sheet=FieldSheet(label="Edad", kind=Kind.NUMBER), by=cast.admin)
    assert refusal.value.extra["count"] == 2
    assert "2" in refusal.value.fields["kind"][0]
    field.refresh_from_db()
    assert field.kind == Kind.TEXT
    Contact.objects.filter(first_name__in=["doce", "veinte"]).update(custom={field.control_id: "20"})
    assert edit_field(field.pk, sheet=FieldSheet(label="Edad", kind=Kind.NUMBER), by=cast.admin).kind == Kind.NUMBER
    assert FieldDefinition.objects.get().control_id == "txtEdad"


@pytest.mark.shows("002-11")
def test_an_option_that_contacts_chose_is_not_taken_away(cast: Cast) -> None:
    sheet = FieldSheet(label="Zona", kind=Kind.CHOICES, options=["Norte", "Sur", "Este"])
    field = create_field(sheet, by=cast.admin)
    create_contact(by=cast.ana, first_name="Rocío", custom={field.control_id: ["Norte", "Sur"]})
    with pytest.raises(ValuesDoNotFit):
        edit_field(
            field.pk, sheet=FieldSheet(label="Zona", kind=Kind.CHOICES, options=["Norte", "Este"]), by=cast.admin
        )
    edit_field(field.pk, sheet=FieldSheet(label="Zona", kind=Kind.CHOICES, options=["Sur", "Norte"]), by=cast.admin)
    assert FieldDefinition.objects.get().options == ["Sur", "Norte"]


def test_of_two_who_edit_a_field_at_once_the_second_is_told(cast: Cast, admin: Client) -> None:
    field = create_field(FieldSheet(label="Edad", kind=Kind.NUMBER, minimum=Decimal(18)), by=cast.admin)
    read = FieldSheet.of(FieldDefinition.objects.get()).version
    edit_field(field.pk, sheet=FieldSheet(label="Años", kind=Kind.NUMBER), by=cast.admin)
    url = reverse("field", args=[field.pk])
    answer = admin.post(url, {"version": read, "label": "Edades", "kind": "number", "minimum": "21"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert ("Años" in page, 'value="Edades"' in page) == (True, True)
    assert FieldDefinition.objects.get().label == "Años"


# ── Kinds of document and tags


@pytest.mark.shows("002-06", "002-07")
def test_a_kind_of_document_of_ones_own_has_a_pattern_that_is_safe_and_an_example_that_fits(cast: Cast) -> None:
    passport = create_document_type(
        DocumentTypeSheet(name="Pasaporte", pattern="[A-Z]{2}[0-9]{6}", example="AB-123456"), by=cast.admin
    )
    assert (passport.code, passport.position) == ("pasaporte", 0)
    for sheet, field in (
        (DocumentTypeSheet(name="Otro", pattern="(a+)+b"), "pattern"),
        (DocumentTypeSheet(name="Otro", pattern="[0-9"), "pattern"),
        (DocumentTypeSheet(name="Otro", pattern="[0-9]{6}", example="12"), "example"),
        (DocumentTypeSheet(name="Otro", check_digit="nada"), "check_digit"),
        (DocumentTypeSheet(name="Otro", country="PRY"), "country"),
        (DocumentTypeSheet(name="pasaporte"), "name"),
        (DocumentTypeSheet(name="Otro", is_for_people=False), "is_for_people"),
    ):
        with pytest.raises(Invalid) as refusal:
            create_document_type(sheet, by=cast.admin)
        assert list(refusal.value.fields) == [field]
    second = create_document_type(DocumentTypeSheet(name="Carné"), by=cast.admin)
    order_document_types([second.pk], by=cast.admin)
    assert [each.name for each in DocumentType.objects.all()] == ["Carné", "Pasaporte"]


@pytest.mark.shows("001-27")
def test_tags_are_named_once_and_archived_ones_stay_where_they_are(cast: Cast) -> None:
    tag = create_tag(TagSheet(name="Promo 300", hue="ochre"), by=cast.admin)
    with pytest.raises(Invalid):
        create_tag(TagSheet(name="PROMO  300"), by=cast.admin)
    contact = create_contact(by=cast.ana, first_name="Rocío")
    ContactTag.objects.create(contact=contact, tag=tag, by=cast.ana)
    read = TagSheet.of(tag).version
    edit_tag(tag.pk, sheet=TagSheet(name="Promo 500"), by=cast.admin, version=read)
    with pytest.raises(Stale):
        edit_tag(tag.pk, sheet=TagSheet(name="Promo 700"), by=cast.admin, version=read)
    archive_tag(tag.pk, by=cast.admin)
    archive_tag(tag.pk, by=cast.admin)
    assert ContactTag.objects.filter(tag=tag).count() == 1
    restore_tag(tag.pk, by=cast.admin)
    verbs = list(JournalEntry.objects.filter(subject_type="contacts.tag").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["tag_created", "tag_edited", "tag_archived", "tag_restored"]


@pytest.mark.django_db(transaction=True)
def test_one_name_made_by_many_at_once_is_one_tag(committed_cast: Cast) -> None:
    outcomes = together([lambda: create_tag(TagSheet(name="Promo"), by=committed_cast.admin)] * 6)
    assert sum(isinstance(each, Tag) for each in outcomes) == 1
    assert sum(isinstance(each, Invalid) for each in outcomes) == 5


def test_the_lists_say_how_often_each_is_used(cast: Cast, admin: Client) -> None:
    tag = create_tag(TagSheet(name="Promo"), by=cast.admin)
    company = create_company(CompanySheet(name="Ñandutí SA"), by=cast.admin)
    for name in ("Rocío", "Mirta"):
        contact = create_contact(by=cast.ana, first_name=name, company=company)
        ContactTag.objects.create(contact=contact, tag=tag, by=cast.ana)
    for url in ("tag-list", "company-list"):
        assert ">2</span>" in admin.get(reverse(url)).content.decode()
    assert "Ñandutí" in admin.get(reverse("company-list"), {"q": "nanduti"}).content.decode()
    assert "Ñandutí" not in admin.get(reverse("company-list"), {"q": "otra"}).content.decode()


# ── Companies


@pytest.mark.shows("002-08")
def test_a_company_somebody_works_for_is_not_deleted_and_its_uses_are_listed(cast: Cast, admin: Client) -> None:
    company = create_company(CompanySheet(name="Ñandutí SA"), by=cast.admin)
    contact = create_contact(by=cast.ana, first_name="Rocío", last_name="Benítez", company=company)
    with pytest.raises(CompanyInUse) as refusal:
        delete_company(company.pk, by=cast.admin)
    assert refusal.value.extra == {"count": 1, "names": ["Rocío Benítez"]}
    page = admin.post(reverse("company-delete", args=[company.pk]), follow=True).content.decode()
    assert "Rocío Benítez" in page
    assert Company.objects.filter(pk=company.pk).exists()
    Contact.objects.filter(pk=contact.pk).update(company=None)
    assert admin.post(reverse("company-delete", args=[company.pk])).status_code == 302
    assert not Company.objects.exists()
    assert JournalEntry.objects.filter(verb="company_deleted").count() == 1


@pytest.mark.shows("S05")
def test_uses_are_counted_among_whom_the_reader_sees(cast: Cast, admin: Client, client: Client) -> None:
    field = create_field(FieldSheet(label="Edad", kind=Kind.NUMBER), by=cast.admin)
    tag, group = create_tag(TagSheet(name="Promo"), by=cast.admin), create_manual_group(cast)
    company = create_company(CompanySheet(name="Ñandutí SA"), by=cast.admin)
    for by in (cast.ana, cast.eva, cast.eva):
        contact = create_contact(by=by, first_name="X", company=company, custom={field.control_id: 20})
        set_tags(contact.pk, [tag], by=by)
        join_group(contact.pk, group.pk, by=by)
    cast.luis.user_permissions.add(factories.permission("manage_contact_setup"))
    client.force_login(User.objects.get(pk=cast.luis.pk))
    for url in ("tag-list", "group-list", "company-list"):
        assert '<td data-label="Contactos" class="numeric"><span>1</span></td>' in client.get(reverse(url)).text, url
        assert '<td data-label="Contactos" class="numeric"><span>3</span></td>' in admin.get(reverse(url)).text, url
    page = reverse("field", args=[field.pk])
    assert "1 contacto tiene un valor" in client.get(page).text
    assert "3 contactos tienen un valor" in admin.get(page).text
    # Whoever sees nobody of it may not delete it either, and learns no name.
    Contact.objects.filter(teams=cast.team).update(company=None)
    refused = client.post(reverse("company-delete", args=[company.pk]), follow=True).text
    assert "Trabajan en ella contactos de equipos que no ves" in refused
    with pytest.raises(CompanyInUse) as refusal:
        delete_company(company.pk, by=User.objects.get(pk=cast.luis.pk))
    assert refusal.value.extra == {"count": 0, "names": []}
    assert not JournalEntry.objects.filter(verb="company_deleted").exists()
    assert Company.objects.filter(pk=company.pk).exists()


@pytest.mark.parametrize("noun", ["tag", "field", "document-type", "group", "company"])
def test_archiving_over_the_page_is_undone_by_its_toast_and_unknown_ones_are_404(
    cast: Cast, admin: Client, noun: str
) -> None:
    made = {
        "tag": lambda: create_tag(TagSheet(name="Promo"), by=cast.admin),
        "field": lambda: create_field(FieldSheet(label="Edad"), by=cast.admin),
        "document-type": lambda: create_document_type(DocumentTypeSheet(name="Carné"), by=cast.admin),
        "company": lambda: create_company(CompanySheet(name="Ñandutí"), by=cast.admin),
        "group": lambda: create_manual_group(cast),
    }[noun]()
    page = admin.post(reverse(f"{noun}-archive", args=[made.pk]), follow=True).content.decode()
    made.refresh_from_db()
    assert made.archived_at is not None
    assert reverse(f"{noun}-restore", args=[made.pk]) in page
    admin.post(reverse(f"{noun}-restore", args=[made.pk]))
    made.refresh_from_db()
    assert made.archived_at is None
    assert admin.get(reverse(noun, args=[made.pk])).status_code == 200
    assert admin.get(reverse(noun, args=[10**9])).status_code == 404
    assert admin.post(reverse(f"{noun}-archive", args=[10**9])).status_code == 404


def create_manual_group(cast: Cast) -> Any:
    return create_group(GroupSheet(name="Zona Central"), by=cast.admin)

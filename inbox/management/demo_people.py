"""The demo's contacts: people with companies, documents, several ways to be reached, tags and a group."""

from __future__ import annotations

from accounts.models import Team, User
from contacts.actions import create_contact
from contacts.actions.companies import CompanySheet, create_company
from contacts.actions.field_definitions import FieldSheet, create_field
from contacts.actions.groups import GroupSheet, create_group
from contacts.actions.suggesting import note_twins
from contacts.actions.tagging import join_group, set_tags
from contacts.models import Company, Contact, ContactGroup, DocumentType, FieldDefinition, Tag
from contacts.sheets import AddressEntry, PointEntry
from core.text import fold

# Name, RUC, what they do.
COMPANIES = [
    ("Panadería La Esquina", "80077310-1", "Alimentos"),
    ("Distribuidora Ríos", "80041192-7", "Comercio"),
    ("Transportes El Pingo S. A.", "80025611-5", "Transporte"),
    ("Estudio Villalba & Asoc.", "80011730-1", "Contabilidad"),
]
TAGS = [("Promo 300", "ochre"), ("Ex cliente", "rose"), ("Referido", "green"), ("Fibra", "blue")]
GROUP = "Zona Central"
# Names, company, C. I., ways to be reached, tags; VIP and of the group where a mark says so.
CONTACTS = [
    ("Rocío", "Benítez Duarte", "Panadería La Esquina", "4218903", ["+595991651351", "rocio.benitez@laesquina.com.py", "+59521584310"], ["Promo 300", "Ex cliente"], "VIP group"),
    ("Marcelo", "Quispe Huanca", "", "3902117", ["+595982441207"], ["Fibra"], "group"),
    ("Valentina", "Ríos", "Distribuidora Ríos", "2640118", ["valentina@rios.com.py", "+595971330218"], [], ""),
    ("Hugo", "Espínola", "Transportes El Pingo S. A.", "1884350", ["hugo.espinola@elpingo.com.py", "+59521203344"], ["Referido"], "VIP"),
    ("Jorge Luis", "Cáceres", "", "2771480", ["+595981204560"], [], "group"),
    ("Lucía", "Fernández Amarilla", "", "5109226", ["+595984667120"], ["Promo 300"], ""),
    ("Ignacio", "Paredes", "", "5023118", ["ignacio@ferreteriaparedes.com.py"], [], ""),
    ("Patricia", "Núñez", "", "4660701", ["+595972118845"], ["Fibra", "Referido"], ""),
    ("Sergio", "Villalba", "Estudio Villalba & Asoc.", "1730044", ["sergio@villalba.com.py"], [], "VIP"),
    ("Sofía", "Maldonado", "", "3345018", ["+595985551902", "+59521447701"], [], "group"),
    ("Diego", "Armoa", "", "", ["+595976203388"], ["Ex cliente"], ""),
    ("Camila", "Souza", "", "", ["camila.souza@correo.com.br", "+5511987654321"], [], ""),
]  # fmt: skip

# Somebody who is among them already, registered again: the same number taken for a passport. They are suggested as one person.
TWICE = [
    ("Patricia", "Núñez Ojeda", "4660701", ["+595981402277"]),
    ("Marcelo", "Quispe", "3902117", ["marcelo.quispe@correo.com.py"]),
]


RULE_GROUP = "Clientes VIP"
FIELDS = (
    FieldSheet(label="Ocupación"),
    FieldSheet(label="Horario preferido", kind="choice", options=["Mañana", "Tarde", "Noche"]),
)


def load_people(team: Team, *, by: User) -> None:
    """Make them where there are no contacts yet; whoever changed one meanwhile keeps what they changed."""
    if Contact.objects.exists():
        return
    set_up(by=by)
    ruc = DocumentType.objects.filter(code="py-ruc").first()
    companies: dict[str, Company] = {}
    for name, number, industry in COMPANIES:
        sheet = CompanySheet(name=name, document_type=ruc, document_number=number, industry=industry)
        companies[name] = create_company(sheet, by=by)
    tags = {
        name: Tag.objects.get_or_create(folded_name=fold(name), defaults={"name": name, "hue": hue})[0]
        for name, hue in TAGS
    }
    group, _made = ContactGroup.objects.get_or_create(folded_name=fold(GROUP), defaults={"name": GROUP})
    ci = DocumentType.objects.filter(code="py-ci").first()
    for first_name, last_name, company, number, points, its_tags, marks in CONTACTS:
        contact = create_contact(
            by=by,
            first_name=first_name,
            last_name=last_name,
            company=companies.get(company),
            document_type=ci if number else None,
            document_number=number if ci else "",
            # Mobiles are on WhatsApp, as those who write from the simulated phone are.
            points=[PointEntry(value=each, kind="whatsapp" if each.startswith("+5959") else "") for each in points],
            is_vip="VIP" in marks,
            teams=[team],
            addresses=[AddressEntry(line="Mariscal López 1234", district="San Lorenzo", department="Central")]
            if "group" in marks
            else [],
        )
        if its_tags:
            set_tags(contact.pk, [tags[each] for each in its_tags], by=by)
        if "group" in marks:
            join_group(contact.pk, group.pk, by=by)
    load_twins(team, by=by)


def load_twins(team: Team, *, by: User) -> None:
    """Those who are there twice, noted at once: the night's search would find them tomorrow."""
    passport = DocumentType.objects.filter(code="passport").first()
    if passport is None:
        return
    made = [
        create_contact(
            by=by,
            first_name=first_name,
            last_name=last_name,
            document_type=passport,
            document_number=number,
            points=[PointEntry(value=each) for each in points],
            teams=[team],
        )
        for first_name, last_name, number, points in TWICE
    ]
    note_twins([each.pk for each in made])


def set_up(*, by: User) -> None:
    """Two fields of one's own and a group by rule, so that nobody meets an empty form; its members follow in the background."""
    for sheet in FIELDS:
        if not FieldDefinition.objects.filter(label=sheet.label).exists():
            create_field(sheet, by=by)
    if not ContactGroup.objects.filter(folded_name=fold(RULE_GROUP)).exists():
        create_group(GroupSheet(name=RULE_GROUP, hue="ochre", kind="rule", rule={"vip": ["1"]}), by=by)

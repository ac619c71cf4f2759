"""What a column of a brought file may be of a person, told from its heading; and a row read as one (003-15 … 17, P0-55).

Each cell is checked by the rules of the contact's form: numbers, documents and own fields are read by the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import fields
from contacts.actions.people import fill_in
from contacts.models import Contact, ContactPoint, DocumentType, FieldDefinition
from contacts.reaching import Reading, read_point
from contacts.sheets import ContactChanges
from core.sections import Words
from core.text import fold, without_nul

Kind = ContactPoint.Kind
WAYS: Final = (Kind.PHONE, Kind.WHATSAPP, Kind.EMAIL, Kind.INSTAGRAM, Kind.MESSENGER)
OWN, DOCUMENT = "field:", "document:"
LONGEST_COMPANY = 160

# Why a row is not taken, as codes; the sentences are the cells' own.
NO_KEY, NO_NAME, BAD_WAY, BAD_NAME, BAD_DOCUMENT, BAD_COMPANY, BAD_FIELD = (
    "no_key", "no_name", "bad_way", "bad_name", "bad_document", "bad_company", "bad_field"
)  # fmt: skip

# Folded headings in Spanish, Portuguese and English. One that is longer, or numbered («Teléfono 2»), is looked for without its end.
HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "first_name": ("nombre", "nombres", "nombre completo", "nombre y apellido", "nombres y apellidos", "cliente", "contacto", "primer nombre", "nome", "nome completo",
                   "name", "full name", "first name", "firstname", "given name", "titular"),
    "last_name": ("apellido", "apellidos", "sobrenome", "sobrenomes", "last name", "lastname", "surname", "surnames", "family name"),
    "phone": ("telefono", "telefonos", "tel", "fono", "numero", "numero de telefono", "linea", "fijo", "telefone", "phone", "phone number", "telephone", "number",
              "telefono fijo", "telefono particular", "telefono laboral", "nro telefono", "celular", "movil", "cel", "telefono celular", "telefono movil", "mobile", "cell", "cellphone",
              "mobile phone", "numero de celular", "msisdn"),
    "whatsapp": ("whatsapp", "wsp", "wpp", "wa", "zap", "numero de whatsapp", "whatsapp number"),
    "email": ("email", "e-mail", "mail", "correo", "correo electronico", "direccion de correo", "email address"),
    "instagram": ("instagram", "ig"),
    "messenger": ("messenger", "facebook", "fb"),
    "company": ("empresa", "compania", "razon social", "organizacion", "company", "organization", "organisation", "firma", "empleador"),
    "is_vip": ("vip", "es vip"),
}  # fmt: skip
DOCUMENTS: Final = (
    "documento",
    "nro documento",
    "numero de documento",
    "n documento",
    "cedula",
    "cedula de identidad",
    "ci",
    "document",
    "id number",
    "identificacion",
    "doc",
    "nro doc",
)
# What people write for nothing at all, and what Excel writes for a formula that failed.
ERRORS: Final = frozenset(
    {
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#N/D",
        "#¡REF!",
        "#¡VALOR!",
        "#¡DIV/0!",
        "#¿NOMBRE?",
        "#¡NUM!",
        "#SPILL!",
        "#CALC!",
    }
)
_AROUND: Final = " \t\r\n\u00a0\u2007\u202f\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060\ufeff"
_FLOAT: Final = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+\Z")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?:[ T].*)?\Z")
_NUMBERED: Final = re.compile(r"[ _.\-#]*[0-9]+\Z")
YES: Final = frozenset({"si", "sim", "s", "x", "verdadero", "verdadeiro", "true", "yes", "y", "1"})
NO: Final = frozenset({"no", "nao", "n", "falso", "false", "0"})


@dataclass(frozen=True)
class Target:
    """Something of a contact that a column may hold."""

    code: str
    title: Words


def targets() -> list[Target]:
    """All there are now, in the order of the contact's form."""
    documents = DocumentType.objects.live().filter(is_for_people=True)
    return [
        Target("first_name", gettext_lazy("First name")),
        Target("last_name", gettext_lazy("Last name")),
        *(Target(str(kind), kind.label) for kind in WAYS),
        *(Target(f"{DOCUMENT}{each.code}", each.name) for each in documents),
        Target("company", gettext_lazy("Company")),
        Target("is_vip", "VIP"),
        *(Target(f"{OWN}{each.control_id}", each.label) for each in fields.live_fields()),
    ]


def guess(headings: Sequence[str], known: Iterable[Target]) -> list[str]:
    """A target's code for each heading, '' where none comes to mind. Only ways to be reached may come twice."""
    words = words_of(known)
    said: list[str] = []
    for heading in headings:
        folded = " ".join(fold(heading).replace("_", " ").replace("°", " ").replace("º", " ").split()).strip(" .:*#")
        found = next((words[form] for form in (folded, _NUMBERED.sub("", folded)) if form in words), "")
        if not found and len(folded) > 3:
            found = next((words[part] for part in folded.split() if part in words and len(part) > 2), "")
        said.append("" if found in said and found not in WAYS else found)
    return said


def words_of(known: Iterable[Target]) -> dict[str, str]:
    """Folded heading -> code. What the installation named itself comes first."""
    codes = [each.code for each in known]
    words: dict[str, str] = {}
    of_documents = [code for code in codes if code.startswith(DOCUMENT)]
    if of_documents:
        words |= dict.fromkeys(DOCUMENTS, of_documents[0])
    for code in reversed(of_documents):
        # «py-ci» is known by «ci» too; of two countries' the first in the list.
        words |= dict.fromkeys((code.removeprefix(DOCUMENT), code.rpartition("-")[2]), code)
    for code, headings in HEADINGS.items():
        words |= dict.fromkeys(headings, code)
    for target in known:
        if target.code.startswith((OWN, DOCUMENT)):
            words |= {fold(str(target.title)): target.code}
        if target.code.startswith(OWN):
            words[fold(target.code.removeprefix(OWN))] = target.code
    return words


@dataclass
class PersonRow:
    """A row read as a person: what is theirs, and what is wrong with it, by the place of its cell (-1: with the row)."""

    contact: Contact
    readings: list[Reading] = field(default_factory=list)
    company: str = ""
    # Whether a cell says so, either way.
    says_vip: bool = False
    wrong: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def flaw(self) -> str:
        return self.wrong[0][1] if self.wrong else ""

    def says(self, place: int, code: str, sentence: str) -> None:
        self.wrong.append((place, code, sentence))


class PersonReader:
    """Reads rows by what each column is: `codes` are targets by place. The catalogue is asked once, for all rows."""

    def __init__(self, codes: Sequence[str], *, is_new: bool = True) -> None:
        self.codes = list(codes)
        # Of people who are known what the file does not say is not missing.
        self.is_new = is_new
        named = {code.removeprefix(OWN) for code in codes if code.startswith(OWN)}
        self.definitions = [each for each in fields.live_fields() if is_new or each.control_id in named]
        self.own = {each.control_id: each for each in self.definitions}
        self.types = {each.code: each for each in DocumentType.objects.live().filter(is_for_people=True)}
        self.places = {code: place for place, code in reversed(list(enumerate(self.codes))) if code}

    def read(self, cells: Sequence[str]) -> PersonRow:
        row = PersonRow(contact=Contact())
        changes: ContactChanges = {"custom": {}}
        own: dict[str, Any] = {}
        for place, code in enumerate(self.codes):
            text = bare(cells[place]) if code and place < len(cells) else ""
            if text in ERRORS:
                row.says(place, BAD_FIELD, _("The cell holds an error of Excel: {error}.").format(error=text))
            elif text:
                self.read_cell(row, place, text, changes, own)
        changes["custom"] = own
        if not self.is_new:
            self.check_known(row, changes)
            return row
        for name, sentences in fill_in(row.contact, changes, by=None, definitions=self.definitions).items():
            place, flaw = self.place_of(name)
            row.says(place, flaw, sentences[0])
        if not row.contact.name:
            row.says(self.places.get("first_name", -1), NO_NAME, _("Write at least a name."))
        if not row.wrong and not row.readings and not row.contact.document_number:
            row.says(-1, NO_KEY, _("Without a number, an address or a document nobody could tell who it is."))
        return row

    def read_cell(self, row: PersonRow, place: int, text: str, changes: ContactChanges, own: dict[str, Any]) -> None:
        code = self.codes[place]
        if code in WAYS:
            self.read_way(row, place, code, text)
        elif code in ("first_name", "last_name"):
            changes[code] = text  # type: ignore[literal-required]  # one of the two
        elif code == "company":
            self.read_company(row, place, text)
        elif code == "is_vip":
            self.read_vip(row, place, text, changes)
        elif code.startswith(DOCUMENT):
            self.take_document(row, place, code, text, changes)
        else:
            self.take_own(row, place, code.removeprefix(OWN), text, own)

    def check_known(self, row: PersonRow, changes: ContactChanges) -> None:
        """Of somebody known only what is said is checked: a required field that the row leaves empty stays as it is."""
        said = {name: value for name, value in changes["custom"].items() if value not in ("", None)}
        for name, sentences in fill_in(row.contact, changes | {"custom": said}, by=None, definitions=[
            each for each in self.definitions if each.control_id in said
        ]).items():  # fmt: skip
            place, flaw = self.place_of(name)
            row.says(place, flaw, sentences[0])

    def read_way(self, row: PersonRow, place: int, code: str, text: str) -> None:
        if _FLOAT.match(text):
            row.says(place, BAD_WAY, _("Excel cut this number: give its column the format «text» and write it again."))
            return
        try:
            reading = read_point(text, code)
        except ValueError as error:
            row.says(place, BAD_WAY, str(error))
            return
        if all(each.key != reading.key for each in row.readings):
            row.readings.append(reading)

    def read_company(self, row: PersonRow, place: int, text: str) -> None:
        row.company = " ".join(without_nul(text).split())
        if len(row.company) > LONGEST_COMPANY:
            row.says(place, BAD_COMPANY, _("At most %(limit)d characters.") % {"limit": LONGEST_COMPANY})

    def read_vip(self, row: PersonRow, place: int, text: str, changes: ContactChanges) -> None:
        said = as_yes_no(text)
        if said is None:
            row.says(place, BAD_FIELD, _("Say yes or no."))
        else:
            changes["is_vip"], row.says_vip = said, True

    def take_document(self, row: PersonRow, place: int, code: str, text: str, changes: ContactChanges) -> None:
        kind = self.types.get(code.removeprefix(DOCUMENT))
        if kind is None:
            row.says(place, BAD_DOCUMENT, _("Choose one of the list."))
        elif "document_number" not in changes:
            changes["document_type"], changes["document_number"] = kind, text

    def take_own(self, row: PersonRow, place: int, name: str, text: str, own: dict[str, Any]) -> None:
        definition = self.own.get(name)
        if definition is None:
            row.says(place, BAD_FIELD, _("There is no such field."))
        elif name not in own:
            own[name] = as_given(definition, text)

    def place_of(self, name: str) -> tuple[int, str]:
        """Which cell a complaint about a field of the form is about, and its code."""
        if name in ("first_name", "last_name"):
            return self.places.get(name, -1), BAD_NAME
        if name in ("document_type", "document_number"):
            return next((place for place, code in enumerate(self.codes) if code.startswith(DOCUMENT)), -1), BAD_DOCUMENT
        return self.places.get(f"{OWN}{name}", -1), BAD_FIELD


def bare(text: str) -> str:
    """A cell without what nobody sees around it, and without the apostrophe that keeps a number a text."""
    text = text.strip(_AROUND)
    return text[1:].strip(_AROUND) if text[:1] == "'" else text


def as_given(definition: FieldDefinition, text: str) -> Any:
    """A cell in the words that `contacts.fields` reads: days of the region, yes and no in its languages, several by semicolons."""
    kind = definition.kind
    if kind == FieldDefinition.Kind.DATE:
        found = _DAY_FIRST.match(text)
        return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else text[:10]
    if kind == FieldDefinition.Kind.YES_NO:
        said = as_yes_no(text)
        return text if said is None else said
    if kind in (FieldDefinition.Kind.CHOICE, FieldDefinition.Kind.CHOICES):
        by_words = {fold(each): each for each in definition.options}
        if kind == FieldDefinition.Kind.CHOICE:
            return by_words.get(fold(text), text)
        return [by_words.get(fold(each), each.strip()) for each in re.split(r"[;,|]", text) if each.strip()]
    return text


def as_yes_no(text: str) -> bool | None:
    said = fold(text)
    return True if said in YES else False if said in NO else None

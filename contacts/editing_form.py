"""The contact's form (002-04 … 002-13): what was typed becomes the entries that the actions take; what is wrong stands at its field.

Contact points are one text, a line for each: «* WhatsApp: +595 991 651 351», the star for the main one of its kind. With script
ui/points.js turns the lines into rows. A line that shows a point as it is stored means that point: whoever may not see numbers hands
back «+595 ••• ••• 351», and it stays what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from contacts import documents, rows
from contacts.actions.registering import form_version, main_address
from contacts.fields import live_fields
from contacts.models import Company, Contact, ContactPoint, DocumentType, FieldDefinition
from contacts.reaching import read_point, split_pasted
from contacts.sheets import AddressEntry, PointEntry
from core.forms import PickerSelectMultiple, SwitchInput, VersionedForm
from core.text import fold

Kind = ContactPoint.Kind
ICONS: Final = {
    Kind.PHONE: "lucide-phone",
    Kind.WHATSAPP: "brand-whatsapp",
    Kind.EMAIL: "lucide-mail",
    Kind.MESSENGER: "brand-messenger",
    Kind.INSTAGRAM: "brand-instagram",
    Kind.APPLE: "brand-apple",
    Kind.WEBCHAT: "lucide-globe",
}
ADDRESS: Final = (
    "line", "district", "province", "department", "postal_code", "reference", "latitude", "longitude",
)  # fmt: skip
CUSTOM: Final = "custom_"


class PointsField(forms.CharField):
    """Lines of contact points, as text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return "\n".join(each.strip() for each in str(super().to_python(value) or "").splitlines() if each.strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class ContactForm(VersionedForm):
    """`by` decides which teams stand to choose and whether numbers are whole; the actions ask again."""

    # The same form sent twice is one contact.
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    first_name = forms.CharField(required=False, max_length=80, label=gettext_lazy("First names"))
    last_name = forms.CharField(required=False, max_length=80, label=gettext_lazy("Surnames"))
    is_vip = forms.BooleanField(required=False, label=gettext_lazy("VIP contact"), widget=SwitchInput)
    points = PointsField(required=False, max_length=8000, label=gettext_lazy("Ways to reach them"))
    document_type = forms.ChoiceField(required=False, label=gettext_lazy("Kind of document"))
    document_number = forms.CharField(required=False, max_length=60, label=gettext_lazy("Document number"))
    company_name = forms.CharField(required=False, max_length=160, label=gettext_lazy("Company"))
    company_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    company_new = forms.BooleanField(required=False, label=gettext_lazy("Register it as a new company"))
    company_document_type = forms.ChoiceField(required=False, label=gettext_lazy("Company's kind of document"))
    company_document_number = forms.CharField(
        required=False, max_length=60, label=gettext_lazy("Company's document number")
    )
    company_industry = forms.CharField(required=False, max_length=80, label=gettext_lazy("Industry"))
    teams = forms.MultipleChoiceField(required=False, label=gettext_lazy("Teams"), widget=PickerSelectMultiple)
    with_address = forms.BooleanField(required=False, label=gettext_lazy("Add an address"))
    address_line = forms.CharField(required=False, max_length=200, label=gettext_lazy("Street and number"))
    address_district = forms.CharField(required=False, max_length=80, label=gettext_lazy("District"))
    address_province = forms.CharField(required=False, max_length=80, label=gettext_lazy("Province"))
    address_department = forms.CharField(required=False, max_length=80, label=gettext_lazy("Department"))
    address_postal_code = forms.CharField(required=False, max_length=20, label=gettext_lazy("Postal code"))
    address_reference = forms.CharField(required=False, max_length=200, label=gettext_lazy("Reference"))
    address_latitude = forms.DecimalField(
        required=False, min_value=-90, max_value=90, decimal_places=6, label=gettext_lazy("Latitude")
    )
    address_longitude = forms.DecimalField(
        required=False, min_value=-180, max_value=180, decimal_places=6, label=gettext_lazy("Longitude")
    )

    def __init__(self, *args: Any, by: User, contact: Contact | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.contact = by, contact
        # Whom a number or document belongs to already, for a link: {"id", "name"}.
        self.duplicate: dict[str, Any] | None = None
        self.sees_numbers = by.has_perm("accounts.see_numbers")
        self.known = list(known_points(contact, sees_numbers=self.sees_numbers)) if contact is not None else []
        types = list(DocumentType.objects.filter(archived_at__isnull=True))
        own_type = contact.document_type if contact is not None else None
        if own_type is not None and own_type not in types:
            types.append(own_type)
        self.document_types = types
        nothing = [("", _("Choose"))]
        self.choose(
            "document_type",
            nothing + [(str(each.pk), each.name) for each in types if each.is_for_people or each == own_type],
        )
        self.choose(
            "company_document_type",
            nothing + [(str(each.pk), each.name) for each in types if each.is_for_companies],
        )
        self.choose("teams", [(str(team.pk), team.name) for team in givable_teams(by)])
        self.definitions = live_fields()
        for definition in self.definitions:
            self.fields[CUSTOM + definition.control_id] = custom_field(definition)

    def choose(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def custom(self) -> list[forms.BoundField]:
        return [self[CUSTOM + each.control_id] for each in self.definitions]

    # ── What was typed

    def clean_points(self) -> list[PointEntry]:
        """Raises ValidationError with a sentence for every line that is none."""
        entries, wrong = read_lines(self.cleaned_data["points"], known=self.known)
        if wrong:
            raise forms.ValidationError(wrong)
        return entries

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("document_number") and not cleaned.get("document_type"):
            self.add_error("document_type", _("Say which kind of document it is."))
        if cleaned.get("company_new") and not cleaned.get("company_name"):
            self.add_error("company_name", _("Write the company's name."))
        said = [name for name in ADDRESS if cleaned.get(f"address_{name}") not in (None, "")]
        if (
            (cleaned.get("with_address") or said)
            and not cleaned.get("address_line")
            and "address_line" not in self.errors
        ):
            self.add_error("address_line", _("Write the street and number."))
        if (cleaned.get("address_latitude") is None) != (cleaned.get("address_longitude") is None):
            self.add_error("address_longitude", _("Latitude and longitude go together."))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What create_contact and edit_contact take. Raises nothing: the form is valid."""
        cleaned = self.cleaned_data
        said: dict[str, Any] = {
            "first_name": cleaned["first_name"],
            "last_name": cleaned["last_name"],
            "is_vip": cleaned["is_vip"],
            "points": cleaned["points"],
            "teams": list(Team.objects.visible_to(self.by).filter(pk__in=cleaned["teams"])),
            "custom": {each.control_id: cleaned[CUSTOM + each.control_id] for each in self.definitions},
        }
        if not self.is_document_masked:
            said |= {
                "document_type": self.chosen_type("document_type"),
                "document_number": cleaned["document_number"],
            }
        return said

    @property
    def is_document_masked(self) -> bool:
        """They may not see the number and left it as it is shown."""
        if self.contact is None or self.sees_numbers or not self.contact.document_number:
            return False
        typed = (self.cleaned_data["document_type"], self.cleaned_data["document_number"])
        return typed == (str(self.contact.document_type_id), shown_document(self.contact, sees_numbers=False))

    def chosen_type(self, name: str) -> DocumentType | None:
        said = self.cleaned_data[name]
        return next((each for each in self.document_types if str(each.pk) == said), None)

    def address(self) -> AddressEntry | None:
        """The address of the block, or None where nothing is written in it."""
        cleaned = self.cleaned_data
        if not cleaned["address_line"]:
            return None
        return AddressEntry(**{name: cleaned[f"address_{name}"] for name in ADDRESS})

    # ── What is stored

    @staticmethod
    def stored(contact: Contact, *, by: User) -> dict[str, Any]:
        """Initial values of the form, with the version that was read."""
        sees_numbers = by.has_perm("accounts.see_numbers")
        address = main_address(contact)
        values: dict[str, Any] = {
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "is_vip": contact.is_vip,
            "points": "\n".join(line for line, _point in known_points(contact, sees_numbers=sees_numbers)),
            "document_type": str(contact.document_type_id or ""),
            "document_number": shown_document(contact, sees_numbers=sees_numbers),
            "company_name": contact.company.name if contact.company is not None else "",
            "company_id": contact.company_id,
            "teams": [
                str(pk)
                for pk in contact.teams.filter(pk__in=[t.pk for t in givable_teams(by)]).values_list("pk", flat=True)
            ],
            "with_address": address is not None,
            "version": form_version(contact),
        }
        if address is not None:
            values |= {f"address_{name}": getattr(address, name) for name in ADDRESS}
        own = {each.control_id: "" for each in live_fields()} | contact.custom
        return values | {CUSTOM + name: as_typed(value) for name, value in own.items()}


# ── Contact points as lines


def known_points(contact: Contact, *, sees_numbers: bool) -> Iterable[tuple[str, ContactPoint]]:
    """Each stored point and the line that shows it."""
    for point in contact.points.order_by("-is_primary", "id"):
        shown = rows.shown_value(point.kind, point.scope, point.value, sees_numbers=sees_numbers)
        yield line_of(point.kind, shown, is_primary=point.is_primary), point


def line_of(kind: str, value: str, *, is_primary: bool) -> str:
    return f"{'* ' if is_primary else ''}{Kind(kind).label}: {value}"


def read_lines(text: str, *, known: Sequence[tuple[str, ContactPoint]]) -> tuple[list[PointEntry], list[str]]:
    """The entries that lines mean, and a sentence for every line that means none."""
    waiting = [(key_of(*parts_of(line)[1:]), point) for line, point in known]
    entries: list[PointEntry] = []
    wrong: list[str] = []
    for line in split_pasted(text):
        is_primary, kind, value = parts_of(line)
        if not value:
            continue
        same = next((pair for pair in waiting if pair[0] == key_of(kind, value)), None)
        if same is not None:
            # Two masked numbers may look the same: each line means one of them.
            waiting.remove(same)
            entries.append(PointEntry(id=same[1].pk, kind=same[1].kind, is_primary=is_primary))
            continue
        try:
            reading = read_point(value, kind)
        except ValueError as error:
            wrong.append(str(error))
            continue
        entries.append(PointEntry(value=value, kind=reading.kind, is_primary=is_primary))
    return entries, wrong


def parts_of(line: str) -> tuple[bool, str, str]:
    """Whether it is the main one, its kind as far as the line says, and the value."""
    is_primary = line.startswith("*")
    line = line.removeprefix("*").strip()
    head, colon, rest = line.partition(":")
    kind = kind_named(head) if colon and rest.strip() else ""
    return is_primary, kind, rest.strip() if kind else line


def kind_named(words: str) -> str:
    folded = fold(words)
    return next((str(each) for each in Kind if folded in (fold(str(each.label)), str(each))), "")


def key_of(kind: str, value: str) -> tuple[str, str]:
    return kind, "".join(value.split()).casefold()


def kinds_for_script() -> str:
    """What ui/points.js knows of kinds."""
    return json.dumps([{"code": str(each), "label": str(each.label), "icon": ICONS[each]} for each in Kind])


# ── Parts


def givable_teams(by: User) -> list[Team]:
    """One's own teams, or every team for who sees them all."""
    return sorted(Team.objects.visible_to(by).live(), key=lambda team: fold(team.name))


def shown_document(contact: Contact, *, sees_numbers: bool) -> str:
    if not contact.document_number:
        return ""
    rule = contact.document_type.check_digit if contact.document_type is not None else ""
    number = documents.shown(rule, contact.document_number)
    return number if sees_numbers else documents.mask(number)


def custom_field(definition: FieldDefinition) -> forms.Field:
    """The right input for a field of one's own. What it takes is checked by contacts.fields alone: text comes through as typed."""
    kinds = FieldDefinition.Kind
    common: dict[str, Any] = {"required": False, "label": definition.label, "help_text": definition.hint}
    field: Any
    if definition.kind == kinds.LONG_TEXT:
        field = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000, **common)
    elif definition.kind == kinds.NUMBER:
        field = forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=60, **common)
    elif definition.kind == kinds.DATE:
        field = forms.CharField(widget=forms.TextInput(attrs={"type": "date"}), max_length=40, **common)
    elif definition.kind == kinds.CHOICE:
        field = forms.ChoiceField(choices=[("", _("Choose")), *((each, each) for each in definition.options)], **common)
    elif definition.kind == kinds.CHOICES:
        choices = [(each, each) for each in definition.options]
        field = forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    elif definition.kind == kinds.YES_NO:
        answers = [("", _("No answer")), ("1", _("Yes")), ("0", _("No"))]
        field = forms.ChoiceField(choices=answers, widget=forms.RadioSelect, **common)
    else:
        field = forms.CharField(max_length=1000, **common)
    field.is_wide = definition.kind in (kinds.LONG_TEXT, kinds.CHOICES)
    # Both read by contacts/form.html. Drawn without «(optional)»; whether it is missing is said by contacts.fields.
    field.is_asked = definition.is_required
    return field


def as_typed(value: Any) -> Any:
    """A kept value as its input shows it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, list) else str(value)


def company_found(name: str, company_id: int | None, *, own: Company | None) -> Company | None:
    """The company that was chosen, or the one that is called so.

    Raises:
        ValueError: with a sentence, where there is none, or several and none was chosen.
    """
    if not name:
        return None
    if own is not None and fold(own.name) == fold(name) and company_id in (None, own.pk):
        # Archived or one of several of that name: it stays theirs.
        return own
    live = Company.objects.filter(archived_at__isnull=True)
    chosen: Company | None = Company.objects.filter(pk=company_id).first() if company_id is not None else None
    # The id came with the name it was chosen by; a name typed over it counts more.
    if chosen is not None and fold(chosen.name) == fold(name):
        return chosen
    called = list(live.filter(sort_name=fold(name)[:160]).order_by("id")[:2])
    if not called:
        called = list(live.filter(document_number=documents.compact(name)).exclude(document_number="")[:2])
    if not called:
        raise ValueError(
            _("There is no company «{name}». Choose one of the list, or tick «Register it as a new company».").format(
                name=name
            )
        )
    if len(called) > 1:
        raise ValueError(
            _("Several companies are called «{name}». Write the document number of the right one.").format(name=name)
        )
    return called[0]

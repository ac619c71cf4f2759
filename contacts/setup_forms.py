"""Forms of the configuration of contacts. They read and say what was typed; what is allowed is decided by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from contacts import documents
from contacts.actions.catalogue import DocumentTypeSheet, TagSheet
from contacts.actions.companies import CompanySheet
from contacts.actions.field_definitions import WITH_BOUNDS, WITH_OPTIONS, FieldSheet
from contacts.models import Company, DocumentType, FieldDefinition, Hue, Tag
from core.forms import SwitchInput, VersionedForm


class LinesField(forms.CharField):
    """A list of distinct words, one on each line, in the order typed. Commas are part of a word."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return [each.strip() for each in text.splitlines() if each.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class DocumentTypeForm(VersionedForm):
    name = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    country = forms.CharField(required=False, max_length=2, label=gettext_lazy("Country"))
    check_digit = forms.ChoiceField(required=False, label=gettext_lazy("Check digit"))
    pattern = forms.CharField(required=False, max_length=200, label=gettext_lazy("Pattern"))
    example = forms.CharField(required=False, max_length=40, label=gettext_lazy("Example"))
    is_for_people = forms.BooleanField(required=False, label=gettext_lazy("For people"), widget=SwitchInput)
    is_for_companies = forms.BooleanField(required=False, label=gettext_lazy("For companies"), widget=SwitchInput)

    def __init__(self, *args: Any, rules: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["check_digit"].choices = [("", gettext_lazy("None: only the pattern")), *rules]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def sheet(self) -> DocumentTypeSheet:
        return DocumentTypeSheet(**{name: self.cleaned_data[name] for name in DocumentTypeSheet.__dataclass_fields__})

    @staticmethod
    def stored(row: DocumentType) -> dict[str, Any]:
        sheet = DocumentTypeSheet.of(row)
        return sheet.as_values() | {"version": sheet.version}


class FieldForm(VersionedForm):
    label = forms.CharField(max_length=80, label=gettext_lazy("Name"))
    control_id = forms.CharField(required=False, max_length=60, label=gettext_lazy("Control id"))
    kind = forms.ChoiceField(choices=FieldDefinition.Kind.choices, label=gettext_lazy("Kind"))
    hint = forms.CharField(required=False, max_length=200, label=gettext_lazy("Hint"))
    is_required = forms.BooleanField(required=False, label=gettext_lazy("Required"), widget=SwitchInput)
    minimum = forms.DecimalField(
        required=False, max_digits=20, decimal_places=4, label=gettext_lazy("Minimum"), localize=False
    )
    maximum = forms.DecimalField(
        required=False, max_digits=20, decimal_places=4, label=gettext_lazy("Maximum"), localize=False
    )
    options = LinesField(required=False, max_length=8000, label=gettext_lazy("Options"))

    def sheet(self) -> FieldSheet:
        said = {name: self.cleaned_data[name] for name in FieldSheet.__dataclass_fields__}
        # What the kind does not have is hidden on the page; it may still come along.
        if said["kind"] not in WITH_BOUNDS:
            said["minimum"] = said["maximum"] = None
        if said["kind"] not in WITH_OPTIONS:
            said["options"] = []
        return FieldSheet(**said)

    @staticmethod
    def stored(row: FieldDefinition) -> dict[str, Any]:
        sheet = FieldSheet.of(row)
        bounds = {name: plain(getattr(row, name)) for name in ("minimum", "maximum")}
        return sheet.as_values() | bounds | {"control_id": row.control_id, "version": sheet.version}


class TagForm(VersionedForm):
    name = forms.CharField(max_length=40, label=gettext_lazy("Name"))
    hue = forms.ChoiceField(choices=Hue.choices, label=gettext_lazy("Colour"), widget=forms.RadioSelect)

    def sheet(self) -> TagSheet:
        return TagSheet(name=self.cleaned_data["name"], hue=self.cleaned_data["hue"])

    @staticmethod
    def stored(row: Tag) -> dict[str, Any]:
        sheet = TagSheet.of(row)
        return sheet.as_values() | {"version": sheet.version}


def plain(number: Any) -> Any:
    """2.0000 as people write it: 2."""
    if number is None:
        return None
    whole = number.to_integral_value()
    return int(whole) if number == whole else number.normalize()


class CompanyForm(VersionedForm):
    name = forms.CharField(max_length=160, label=gettext_lazy("Name"))
    document_type = forms.ChoiceField(required=False, label=gettext_lazy("Kind of document"))
    document_number = forms.CharField(required=False, max_length=60, label=gettext_lazy("Document number"))
    industry = forms.CharField(required=False, max_length=80, label=gettext_lazy("Industry"))
    website = forms.CharField(required=False, max_length=200, label=gettext_lazy("Website"))

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.types = list(DocumentType.objects.filter(archived_at__isnull=True, is_for_companies=True))
        own = company.document_type if company is not None else None
        if own is not None and own not in self.types:
            self.types.append(own)
        choices = [("", gettext_lazy("Choose")), *((str(each.pk), each.name) for each in self.types)]
        self.fields["document_type"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def sheet(self) -> CompanySheet:
        said = self.cleaned_data
        kind = next((each for each in self.types if str(each.pk) == said["document_type"]), None)
        return CompanySheet(
            name=said["name"],
            document_type=kind,
            document_number=said["document_number"],
            industry=said["industry"],
            website=said["website"],
        )

    @staticmethod
    def stored(company: Company) -> dict[str, Any]:
        sheet = CompanySheet.of(company)
        kind = sheet.document_type
        return sheet.as_values() | {
            "document_type": str(kind.pk) if kind is not None else "",
            "document_number": documents.shown(kind.check_digit, sheet.document_number) if kind is not None else "",
            "version": sheet.version,
        }

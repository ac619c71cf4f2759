"""What is typed into the parts of a contact's section."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from contacts.models import ContactPoint


class AddressForm(forms.Form):
    line = forms.CharField(label=gettext_lazy("Street and number"), max_length=200)
    district = forms.CharField(label=gettext_lazy("District"), max_length=80, required=False)
    province = forms.CharField(label=gettext_lazy("Province"), max_length=80, required=False)
    department = forms.CharField(label=gettext_lazy("Department"), max_length=80, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=20, required=False)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=200, required=False)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Note"), max_length=4000, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ConsentForm(forms.Form):
    medium = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        required=False,
        choices=[("", gettext_lazy("Every channel")), *ContactPoint.Kind.choices],
    )
    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"), choices=[("yes", gettext_lazy("Allowed")), ("no", gettext_lazy("Withdrawn"))]
    )
    source = forms.CharField(label=gettext_lazy("How it was told"), max_length=200)

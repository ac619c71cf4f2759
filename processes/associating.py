"""Asociar por lote and Desasociar (003-18 … 003-21): a lot's contacts become members of a base; members leave it by lot, by outcome or both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from contacts import detaching, recycling
from contacts.actions.associating import associate_chosen
from contacts.actions.detaching import detach_chosen
from contacts.actions.recycling import restore_members
from contacts.actions.slices import counts_of
from contacts.detaching import DetachingFilter
from contacts.member_filters import MOST
from contacts.models import BaseMember, Contact, ContactBase, Lot, LotContact
from core.forms import PickerSelect, PickerSelectMultiple
from core.sections import Words
from processes.models import Run
from processes.process import Process, ProcessForm, Reason, Sample
from processes.promises import cancel_promises, take_promises_up
from processes.recycling import base_words, outcome_words
from typification.models import Typification

ALREADY, BASE_CLOSED = "already", "base_closed"


class AssociatingForm(ProcessForm):
    base = forms.ModelChoiceField(
        ContactBase.objects.none(), label=gettext_lazy("Base"), empty_label=gettext_lazy("Choose a base")
    )
    lot = forms.ModelChoiceField(
        Lot.objects.none(), label=gettext_lazy("Lot"), empty_label=gettext_lazy("Choose a lot"), widget=PickerSelect
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        offer_bases(self.fields["base"], by=by)
        offer_lots(self.fields["lot"], by=by)

    def parameters(self) -> dict[str, Any]:
        return {"base": self.cleaned_data["base"].pk, "lot": self.cleaned_data["lot"].pk}


class DetachingForm(ProcessForm):
    base = forms.ModelChoiceField(
        ContactBase.objects.none(), label=gettext_lazy("Base"), empty_label=gettext_lazy("Choose a base")
    )
    lots = forms.ModelMultipleChoiceField(
        Lot.objects.none(), required=False, label=gettext_lazy("Lots"), widget=PickerSelectMultiple
    )
    from_every_lot = forms.BooleanField(
        required=False, label=gettext_lazy("Also whoever is in the base by another lot")
    )
    outcomes = forms.ModelMultipleChoiceField(
        Typification.objects.none(), required=False, label=gettext_lazy("Sub-categories"), widget=PickerSelectMultiple
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        offer_bases(self.fields["base"], by=by)
        offer_lots(self.fields["lots"], by=by)
        fields: Any = self.fields
        leaves = Typification.objects.filter(children__isnull=True).select_related("parent")
        fields["outcomes"].queryset = leaves.order_by("parent__name", "name")
        fields["outcomes"].label_from_instance = outcome_words

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not said["lots"] and not said["outcomes"]:
            # 003-21: without any, everybody would leave.
            self.add_error("lots", _("Choose at least one lot or one sub-category."))
        for name in ("lots", "outcomes"):
            if said.get(name) is not None and len(said[name]) > MOST:
                self.add_error(name, _("Choose up to {most}.").format(most=MOST))
        return said

    def parameters(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "base": said["base"].pk,
            "lots": sorted(each.pk for each in said["lots"]),
            "outcomes": sorted(each.pk for each in said["outcomes"]),
            "from_every_lot": said["from_every_lot"],
        }


def offer_bases(field: Any, *, by: User) -> None:
    field.queryset = ContactBase.objects.visible_to(by).exclude(state=ContactBase.State.CLOSED)
    counts = counts_of(field.queryset.values_list("pk", flat=True))
    field.label_from_instance = lambda base: base_words(base, counts.get(base.pk, {}))


def offer_lots(field: Any, *, by: User) -> None:
    field.queryset = Lot.objects.visible_to(by).live()
    field.label_from_instance = lambda lot: lot.name


class Associating(Process):
    """All contacts of a lot become members of a base."""

    kind = "associating"
    title = gettext_lazy("Associate by lot")
    hint = gettext_lazy("All contacts of a lot become records of a base.")
    group = gettext_lazy("Association of contacts")
    icon = "user-round-plus"
    verb = gettext_lazy("Associate")
    will = gettext_lazy("Will be associated")
    will_do = gettext_lazy("Become records of the base")
    becomes = gettext_lazy("Not worked yet; who must not be contacted joins out of reach")
    done = gettext_lazy("Associated")
    form_class: ClassVar[type[ProcessForm]] = AssociatingForm
    reasons: ClassVar[Mapping[str, Reason]] = {
        ALREADY: Reason(title=gettext_lazy("In the base already"), hint=gettext_lazy("They are not doubled")),
        BASE_CLOSED: Reason(title=gettext_lazy("The base was closed")),
    }

    def base_id(self, parameters: Mapping[str, Any]) -> int:
        return int(parameters["base"])

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"base:{parameters['base']}"]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Contact]:
        listed = LotContact.objects.filter(lot=parameters["lot"])
        standing = listed.annotate(person=Coalesce("contact__merged_into", "contact")).values("person")
        # One identity is one member: also under a contact that was joined into this one.
        members = BaseMember.objects.live().filter(base=parameters["base"])
        known = Exists(members.filter(contact=OuterRef("pk"))) | Exists(
            members.filter(contact__merged_into=OuterRef("pk"))
        )
        chosen: QuerySet[Contact] = Contact.objects.visible_to(by).filter(pk__in=standing, erased_at__isnull=True)
        reason = Case(When(Q(known), then=Value(ALREADY)), default=Value(""), output_field=CharField())
        return chosen.annotate(reason=reason)

    def apply(self, run: Run, targets: list[int]) -> None:
        associate_chosen(run.parameters["base"], targets, lot_id=run.parameters["lot"])

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        people = Contact.objects.visible_to(by).filter(pk__in=targets).select_related("company").order_by("pk")
        columns: list[Words] = [_("Contact"), _("Company"), _("Joins as")]
        rows = [
            [
                each.name or _("No name"),
                each.company.name if each.company else "–",
                _("Do not contact") if each.do_not_contact or each.blocked else _("Not worked yet"),
            ]
            for each in people
        ]
        return Sample(columns=columns, rows=rows)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        lot = Lot.objects.visible_to(by).filter(pk=run.parameters["lot"]).first()
        return [(_("Base"), run.base.name if run.base else "–"), (_("Lot"), lot.name if lot else "–")]


class Detaching(Process):
    """Members leave a base by the lot that brought them, by their last outcome, or both."""

    kind = "detaching"
    title = gettext_lazy("Disassociate")
    hint = gettext_lazy("Records leave a base by lot, by sub-category or both; their history stays.")
    group = gettext_lazy("Disassociation of contacts")
    icon = "user-x"
    verb = gettext_lazy("Disassociate")
    will = gettext_lazy("Will be disassociated")
    will_do = gettext_lazy("Leave the base")
    becomes = gettext_lazy("They are not offered any more")
    done = gettext_lazy("Disassociated")
    form_class: ClassVar[type[ProcessForm]] = DetachingForm
    form_template = "processes/_detaching_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        detaching.IN_ANOTHER_LOT: Reason(
            title=gettext_lazy("In another lot too"), hint=gettext_lazy("Another lot of this base holds them as well")
        ),
        recycling.IN_HANDS: Reason(
            title=gettext_lazy("Being worked now"),
            hint=gettext_lazy("Reserved or in progress with an agent"),
            then=(gettext_lazy("An agent took it"), gettext_lazy("Taken after the preview")),
        ),
        recycling.DO_NOT_CONTACT: Reason(
            title=gettext_lazy("Do not contact"), hint=gettext_lazy("Suppressed records stay as they are")
        ),
        recycling.CHANGED: Reason(
            title=gettext_lazy("Worked in between"), hint=gettext_lazy("It does not meet the filters any more")
        ),
        recycling.LEFT: Reason(title=gettext_lazy("Taken out of the base")),
    }

    def base_id(self, parameters: Mapping[str, Any]) -> int:
        return int(parameters["base"])

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"base:{parameters['base']}"]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[BaseMember]:
        return leaving(parameters).chosen(by)

    def apply(self, run: Run, targets: list[int]) -> None:
        detach_chosen(targets, among=leaving(run.parameters))
        cancel_promises()

    def undo(self, run: Run, targets: list[int]) -> None:
        restore_members(targets, removal=run.uuid)
        take_promises_up()

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        members = BaseMember.objects.visible_to(by).filter(pk__in=targets).order_by("pk")
        columns: list[Words] = [_("Contact"), _("State"), _("Last outcome"), _("Lot")]
        rows = [
            [
                each.contact.name or _("No name"),
                each.get_state_display(),
                outcome_words(each.last_typification) if each.last_typification else "–",
                each.lot.name if each.lot else "–",
            ]
            for each in members.select_related("contact", "lot", "last_typification__parent")
        ]
        return Sample(columns=columns, rows=rows)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        said = run.parameters
        lots = Lot.objects.visible_to(by).filter(pk__in=said["lots"])
        leaves = Typification.objects.filter(pk__in=said["outcomes"]).select_related("parent")
        lines: list[tuple[Words, object]] = [
            (_("Base"), run.base.name if run.base else "–"),
            (_("Lots"), ", ".join(sorted(each.name for each in lots))),
            (_("Sub-categories"), ", ".join(sorted(outcome_words(each) for each in leaves))),
            (_("By another lot too"), _("yes") if said["from_every_lot"] else ""),
        ]
        return [(label, value) for label, value in lines if value]


def leaving(parameters: Mapping[str, Any]) -> DetachingFilter:
    return DetachingFilter(
        base_id=parameters["base"],
        lots=tuple(parameters["lots"]),
        outcomes=tuple(parameters["outcomes"]),
        from_every_lot=parameters["from_every_lot"],
    )

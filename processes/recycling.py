"""Reciclado and Reprocesamiento (003-02 … 003-09): members of a base begin anew, without their history or with it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, QuerySet
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from contacts import recycling
from contacts.actions.recycling import forget_removed, recycle_members, renew_members, restore_members
from contacts.actions.slices import counts_of
from contacts.member_filters import LARGEST, MOST, MemberFilter
from contacts.models import BaseMember, ContactBase
from contacts.recycling import RecyclingFilter
from core.forms import PickerSelectMultiple
from core.sections import Words
from inbox.actions.clearing import bring_calls_back, forget_calls, put_calls_away
from processes.models import Run
from processes.process import Process, ProcessForm, Reason, Sample
from processes.promises import cancel_promises, take_promises_up
from typification.models import Typification


class RecyclingForm(ProcessForm):
    base = forms.ModelChoiceField(
        ContactBase.objects.none(), label=gettext_lazy("Base"), empty_label=gettext_lazy("Choose a base")
    )
    attempts_above = forms.IntegerField(
        required=False, min_value=0, max_value=LARGEST, label=gettext_lazy("Attempts greater than")
    )
    attempts_below = forms.IntegerField(
        required=False, min_value=0, max_value=LARGEST, label=gettext_lazy("Attempts less than")
    )
    contacted_from = forms.DateField(
        required=False,
        label=gettext_lazy("Last contact from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    contacted_until = forms.DateField(
        required=False,
        label=gettext_lazy("Last contact until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    users = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, label=gettext_lazy("Last user"), widget=PickerSelectMultiple
    )
    by_anyone = forms.BooleanField(
        required=False, label=gettext_lazy("Include whoever handled the record in this cycle")
    )
    outcomes = forms.ModelMultipleChoiceField(
        Typification.objects.none(), required=False, label=gettext_lazy("Sub-categories"), widget=PickerSelectMultiple
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        fields["base"].queryset = ContactBase.objects.visible_to(by).exclude(state=ContactBase.State.CLOSED)
        counts = counts_of(fields["base"].queryset.values_list("pk", flat=True))
        fields["base"].label_from_instance = lambda base: base_words(base, counts.get(base.pk, {}))
        fields["users"].queryset = User.objects.visible_to(by).order_by("first_name", "last_name", "username")
        fields["users"].label_from_instance = lambda user: user.name
        leaves = Typification.objects.filter(children__isnull=True).select_related("parent")
        fields["outcomes"].queryset = leaves.order_by("parent__name", "name")
        fields["outcomes"].label_from_instance = outcome_words

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        above, below = said.get("attempts_above"), said.get("attempts_below")
        if below is not None and below <= (above + 1 if above is not None else 0):
            self.add_error("attempts_below", _("No number of attempts lies between the two."))
        first, last = said.get("contacted_from"), said.get("contacted_until")
        if first and last and last < first:
            self.add_error("contacted_until", _("This day is before the first one."))
        for name in ("contacted_from", "contacted_until"):
            if said.get(name) and said[name] > datetime.date(9999, 12, 30):
                self.add_error(name, _("Choose an earlier day."))
        for name in ("users", "outcomes"):
            if said.get(name) is not None and len(said[name]) > MOST:
                self.add_error(name, _("Choose up to {most}.").format(most=MOST))
        return said

    def parameters(self) -> dict[str, Any]:
        said = self.cleaned_data
        days = {name: said[name] and said[name].isoformat() for name in ("contacted_from", "contacted_until")}
        return days | {
            "base": said["base"].pk,
            "attempts_above": said["attempts_above"],
            "attempts_below": said["attempts_below"],
            "users": sorted(each.pk for each in said["users"]),
            "by_anyone": said["by_anyone"],
            "outcomes": sorted(each.pk for each in said["outcomes"]),
        }


def base_words(base: ContactBase, counts: Mapping[str, int]) -> str:
    live = sum(many for state, many in counts.items() if state != BaseMember.State.DETACHED)
    return f"{base.name} · " + ngettext("{n} record", "{n} records", live).format(n=live)


def outcome_words(outcome: Typification) -> str:
    return f"{outcome.parent.name} › {outcome.name}" if outcome.parent else outcome.name


class Reprocessing(Process):
    """They begin anew and keep their history."""

    kind: ClassVar[str] = "reprocessing"
    title = gettext_lazy("Reprocessing")
    hint = gettext_lazy("Records of a base begin anew and keep their history.")
    group = gettext_lazy("Recycling and reprocessing")
    icon = "rotate-cw"
    verb = gettext_lazy("Reprocess")
    will = gettext_lazy("Will be reprocessed")
    will_do = gettext_lazy("Begin anew")
    done = gettext_lazy("Reprocessed")
    becomes = gettext_lazy("Back to «Not worked yet», one cycle on")
    form_class: ClassVar[type[ProcessForm]] = RecyclingForm
    form_template = "processes/_recycling_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        recycling.NOT_RECYCLABLE: Reason(
            title=gettext_lazy("Outcome not recyclable"),
            hint=gettext_lazy("Their last outcome says that they do not begin anew"),
        ),
        recycling.IN_HANDS: Reason(
            title=gettext_lazy("Being worked now"),
            hint=gettext_lazy("Reserved or in progress with an agent"),
            then=(gettext_lazy("An agent took it"), gettext_lazy("Taken after the preview")),
        ),
        recycling.DO_NOT_CONTACT: Reason(
            title=gettext_lazy("Do not contact"), hint=gettext_lazy("Suppressed, blocked, or they asked for it")
        ),
        recycling.TOO_MANY_CYCLES: Reason(title=gettext_lazy("Too many cycles")),
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
        return asked(parameters).chosen(by)

    def apply(self, run: Run, targets: list[int]) -> None:
        renew_members(targets, among=asked(run.parameters))
        cancel_promises()

    def undo(self, run: Run, targets: list[int]) -> None:
        restore_members(targets, removal=run.uuid)
        take_promises_up()

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        members = BaseMember.objects.visible_to(by).filter(pk__in=targets).order_by("pk")
        members = members.select_related("contact", "last_user", "last_typification__parent")
        columns: list[Words] = [_("Contact"), _("Last outcome"), _("Last user"), _("Attempts"), _("History")]
        rows = [
            [
                each.contact.name or _("No name"),
                outcome_words(each.last_typification) if each.last_typification else "–",
                each.last_user.name if each.last_user else "–",
                f"{each.attempts} → 0",
                self.history_words(each.made),
            ]
            for each in members.annotate(made=Count("attempts_made"))
        ]
        return Sample(columns=columns, rows=rows)

    def history_words(self, made: int) -> str:
        return ngettext("{n} attempt stays", "{n} attempts stay", made).format(n=made)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        said = run.parameters
        base = ContactBase.objects.visible_to(by).filter(pk=said["base"]).first()
        users = User.objects.filter(pk__in=said["users"])
        leaves = Typification.objects.filter(pk__in=said["outcomes"]).select_related("parent")
        lines: list[tuple[Words, object]] = [
            (_("Base"), base.name if base else "–"),
            (_("Attempts greater than"), said["attempts_above"]),
            (_("Attempts less than"), said["attempts_below"]),
            (_("Last contact from"), day_words(said["contacted_from"])),
            (_("Last contact until"), day_words(said["contacted_until"])),
            (_("Any user") if said["by_anyone"] else _("Last user"), ", ".join(sorted(each.name for each in users))),
            (_("Sub-categories"), ", ".join(sorted(outcome_words(each) for each in leaves))),
        ]
        return [(label, value) for label, value in lines if value not in (None, "")]


class Recycling(Reprocessing):
    """They begin anew without a history: it is kept apart for the undo window, then purged (DOMAIN.md decision 2)."""

    kind = "recycling"
    title = gettext_lazy("Recycling")
    hint = gettext_lazy("Records of a base begin anew; their history is deleted.")
    icon = "recycle"
    verb = gettext_lazy("Recycle")
    will = gettext_lazy("Will be recycled")
    done = gettext_lazy("Recycled")
    word = gettext_lazy("RECYCLE")
    warning = gettext_lazy("Recycling deletes the history of attempts of the chosen records in this base.")

    def apply(self, run: Run, targets: list[int]) -> None:
        recycle_members(targets, among=asked(run.parameters), removal=run.uuid)
        put_calls_away(targets, removal=run.uuid)
        cancel_promises()

    def undo(self, run: Run, targets: list[int]) -> None:
        super().undo(run, targets)
        bring_calls_back(targets, removal=run.uuid)

    def purge(self, run: Run, *, most: int) -> int:
        # Calls first: what they belong to says which they are only for people.
        return forget_calls(run.uuid, most=most) or forget_removed(run.uuid, most=most)

    def history_words(self, made: int) -> str:
        return ngettext("{n} attempt is deleted", "{n} attempts are deleted", made).format(n=made)


def asked(parameters: Mapping[str, Any]) -> RecyclingFilter:
    said = MemberFilter(
        users=tuple(parameters["users"]),
        outcomes=tuple(parameters["outcomes"]),
        attempts_above=parameters["attempts_above"],
        attempts_below=parameters["attempts_below"],
        contacted_from=parameters["contacted_from"] and parse_date(parameters["contacted_from"]),
        contacted_until=parameters["contacted_until"] and parse_date(parameters["contacted_until"]),
    )
    return RecyclingFilter(base_id=parameters["base"], members=said, by_anyone=parameters["by_anyone"])


def day_words(day: str | None) -> str:
    read = parse_date(day) if day else None
    return date_format(read) if read else ""

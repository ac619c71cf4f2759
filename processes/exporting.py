"""Exports: contacts, records of a base and conversations as a file, in the background. They change nothing: a «done» row is one that
stands in the file (docs/decisions/026).

Scope and masks are those of the screens for who asked, asked anew for every chunk; what they may not see any more stays out and is counted.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import CharField, QuerySet, Value
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from campaigns.models import Campaign
from contacts.exporting import Shape, contact_cells, contact_heads, member_cells, member_heads
from contacts.filters import ContactFilter
from contacts.listing import ContactList
from contacts.member_filters import MemberFilter
from contacts.models import BaseMember, Contact, ContactBase
from contacts.views.list_filters import ListFilters, read_filter
from core import outcomes
from core.refusals import Crowded, Invalid, Refusal
from core.sections import Words
from core.workbooks import Kind, fragment
from inbox.exporting import conversation_cells, conversation_heads
from inbox.filters import InboxFilter
from inbox.models import Conversation
from processes.associating import offer_bases
from processes.models import Run, RunFile
from processes.pieces import keep_piece, pieces_of
from processes.process import FilePlan, Process, ProcessForm, Reason, Sample

NOT_PERMITTED = "not_permitted"
# Whoever is being erased, or was, stands in no file any more (S62).
NOT_ERASED = {"erased_at__isnull": True, "erasure_asked_at__isnull": True}
OF_NOT_ERASED = {f"contact__{name}": value for name, value in NOT_ERASED.items()}
# So many a person asks for in an hour; more is a mistake, or somebody carrying the house away (S53).
MOST_AN_HOUR = 20
HOUR = datetime.timedelta(hours=1)
LONGEST_QUERY = 4_000
FORMATS = [(Kind.XLSX.value, gettext_lazy("Excel (.xlsx)")), (Kind.CSV.value, gettext_lazy("CSV (.csv)"))]


class ExportForm(ProcessForm):
    """What the file is, and the filter of the list that it was asked from (its address, read as the list reads it)."""

    format = forms.ChoiceField(
        choices=FORMATS, initial=Kind.XLSX.value, label=gettext_lazy("Format"), widget=forms.RadioSelect
    )
    asked = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = self.initial.get("asked")
        if isinstance(said, dict):
            # A run's, asked for again.
            self.initial["asked"] = urlencode(said, doseq=True)

    def query(self) -> dict[str, list[str]]:
        """The address that came along, as lists of values."""
        return {name: list(values) for name, values in QueryDict(self.cleaned_data.get("asked", "")).lists()}

    def parameters(self) -> dict[str, Any]:
        return {
            "format": self.cleaned_data["format"],
            "asked": self.cleaned_data["filter"],
            # As they are now: a file has one head, and is masked throughout or not at all.
            "numbers": self.by.has_perm("accounts.see_numbers"),
            **asdict(Shape.now()),
        }


class ContactExportForm(ExportForm):
    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        # As the list does: what is not understood, or not theirs to see, was not said.
        said["filter"] = read_filter(QueryDict(said.get("asked", "")), user=self.by)[0].as_query()
        return said

    @property
    def narrowed(self) -> list[str]:
        """What is asked, in words: shown with the form."""
        return contact_words(dict(QueryDict(str(self["asked"].value() or "")).lists()), by=self.by)


class MemberExportForm(ExportForm):
    base = forms.ModelChoiceField(
        ContactBase.objects.none(), label=gettext_lazy("Base"), empty_label=gettext_lazy("Choose a base")
    )
    field_order = ("base", "format", "asked")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        offer_bases(self.fields["base"], by=by)
        fields: Any = self.fields
        # One that is over is looked at too.
        fields["base"].queryset = ContactBase.objects.visible_to(by)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["filter"] = {name: values for name, values in self.query().items() if name in MEMBER_WORDS}
        try:
            MemberFilter.from_query(said["filter"])
        except Invalid:
            # As the list: what is not understood was not said.
            said["filter"] = {}
        return said

    def parameters(self) -> dict[str, Any]:
        return super().parameters() | {"base": self.cleaned_data["base"].pk}

    @property
    def narrowed(self) -> list[str]:
        return member_words(dict(QueryDict(str(self["asked"].value() or "")).lists()))


TRAY_CHOICES = [
    ("", gettext_lazy("All")),
    ("pending", gettext_lazy("Pending")),
    ("in_progress", gettext_lazy("In progress")),
    ("attended", gettext_lazy("Attended")),
]


class ConversationExportForm(ExportForm):
    tray = forms.ChoiceField(required=False, choices=TRAY_CHOICES, label=gettext_lazy("Tray"))
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), required=False, label=gettext_lazy("Campaign"), empty_label=gettext_lazy("All")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team"), empty_label=gettext_lazy("All")
    )
    since = forms.DateField(
        required=False,
        label=gettext_lazy("Active since"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        required=False, label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("tray", "campaign", "team", "since", "until", "format", "asked")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        fields["campaign"].queryset = Campaign.objects.visible_to(by).order_by("name")
        fields["team"].queryset = Team.objects.visible_to(by).order_by("name")
        said = QueryDict(str(self["asked"].value() or ""))
        for name in CHOSEN:
            if len(values := said.getlist(name)) > 1:
                # Several, as the desk can ask: they stay as they came.
                del fields[name]
            elif values:
                self.initial.setdefault(name, values[0])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        asked = {name: values for name, values in self.query().items() if name not in self.fields}
        for name in CHOSEN:
            if said.get(name):
                asked[name] = [str(said[name].pk if hasattr(said[name], "pk") else said[name])]
        try:
            InboxFilter.read(asked, user_id=self.by.pk, time_zone=self.by.time_zone)
        except Invalid as refusal:
            for reasons in refusal.fields.values():
                for reason in reasons:
                    self.add_error(None, reason)
        said["filter"] = asked
        return said

    @property
    def narrowed(self) -> list[str]:
        """What is asked beside what the form has fields for."""
        said = dict(QueryDict(str(self["asked"].value() or "")).lists())
        return conversation_words(
            {name: values for name, values in said.items() if name not in self.fields}, by=self.by
        )


# What the form has a field for.
CHOSEN = ("tray", "campaign", "team", "since", "until")


class Export(Process):
    """What every export has in common."""

    group = gettext_lazy("Exports")
    icon = "download"
    verb = gettext_lazy("Export")
    will = gettext_lazy("Will be exported")
    will_do = gettext_lazy("Stand in the file")
    becomes = gettext_lazy("Nothing changes in them")
    done = gettext_lazy("Exported")
    form_template = "processes/_export_form.html"
    makes_files = True
    kept = datetime.timedelta(hours=24)
    # A search may be a name.
    personal_parameters = frozenset({"asked"})
    reasons: ClassVar[Mapping[str, Reason]] = {
        "gone": Reason(
            title=gettext_lazy("Not there any more"), hint=gettext_lazy("Removed since, or not yours to see any more")
        ),
        NOT_PERMITTED: Reason(title=gettext_lazy("Whoever asked may not export any more")),
    }
    # Of whom or what, in the file's name.
    subject: ClassVar[Words]

    def permits(self, user: User) -> bool:
        return user.is_active and user.may_export

    def why_not(self, user: User) -> Words:
        return _("You may not export. Ask whoever manages the users.")

    def refusal(self, by: User) -> Refusal | None:
        lately = Run.objects.filter(requested_by=by, requested_at__gt=timezone.now() - HOUR, kind__in=KINDS)
        if lately.count() < MOST_AN_HOUR:
            return None
        return Crowded(_("You asked for {n} exports in an hour. Wait a while and try again.").format(n=MOST_AN_HOUR))

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        # It changes nothing, so nobody is in its way.
        return ()

    def heads(self, run: Run) -> list[str]:
        raise NotImplementedError

    def cells(self, run: Run, targets: Sequence[int], *, by: User) -> dict[int, list[str]]:
        """The row of each target that `by` sees now."""
        raise NotImplementedError

    def apply(self, run: Run, targets: list[int]) -> None:
        by = run.requested_by
        if not self.permits(by):
            outcomes.write((target, NOT_PERMITTED, None, None) for target in targets)
            return
        with eyes_of(by):
            cells = self.cells(run, targets, by=by)
        present = [target for target in targets if target in cells]
        if present:
            rows = [cells[target] for target in present]
            keep_piece(run, number=targets[0], piece=fragment(Kind(run.parameters["format"]), rows))
        outcomes.write_done(present)

    def files(self, run: Run) -> Sequence[FilePlan]:
        if not run.applied:
            return ()
        kind = Kind(run.parameters["format"])
        day = timezone.localdate(timezone=ZoneInfo(run.requested_by.time_zone))
        plan = FilePlan(
            role=RunFile.Role.EXPORT,
            kind=kind,
            name=f"{slugify(str(self.subject))}-{day:%Y-%m-%d}.{kind}",
            head=self.heads(run),
            title=str(self.subject),
            fragments=pieces_of(run),
            # What was written before the right was taken away has them.
            has_numbers=bool(run.parameters.get("numbers")),
        )
        return [plan]

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        heads, cells = self.heads(run), self.cells(run, targets, by=by)
        # What nobody of them has is left out: there are many columns.
        shown = [place for place in range(len(heads)) if any(row[place] for row in cells.values())][:MOST_SHOWN]
        rows = [[cells[target][place] for place in shown] for target in targets if target in cells]
        return Sample(columns=[heads[place] for place in shown], rows=rows)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        return [
            (_("Filter"), ", ".join(self.narrowed(run, by=by)) or _("None: all that you see")),
            (_("Format"), dict(FORMATS)[run.parameters["format"]]),
            (_("Numbers"), _("Whole") if run.parameters.get("numbers") else _("Hidden in part")),
        ]

    def narrowed(self, run: Run, *, by: User) -> list[str]:
        """What was asked for, in words."""
        return []


MOST_SHOWN = 6


def sees_numbers(run: Run, by: User) -> bool:
    """Whether numbers stand whole: as it was when it was asked for, and is still."""
    return bool(run.parameters.get("numbers")) and by.has_perm("accounts.see_numbers")


def shape_of(run: Run) -> Shape:
    return Shape(tuple(run.parameters["documents"]), tuple(run.parameters["fields"]))


@contextmanager
def eyes_of(user: User) -> Iterator[None]:
    """Words in their language, moments in their time zone."""
    with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
        yield


class ContactExport(Export):
    """The contacts of a list."""

    kind = "export-contacts"
    title = gettext_lazy("Export contacts")
    hint = gettext_lazy("The contacts of a list, as a file that can be imported again.")
    subject = gettext_lazy("Contacts")
    form_class: ClassVar[type[ProcessForm]] = ContactExportForm

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Contact]:
        asked = ContactFilter.from_query(parameters["asked"])
        return ContactList(by, asked).all_rows().annotate(reason=Value("", output_field=CharField()))

    def heads(self, run: Run) -> list[str]:
        return contact_heads(shape_of(run))

    def cells(self, run: Run, targets: Sequence[int], *, by: User) -> dict[int, list[str]]:
        people = Contact.objects.visible_to(by).standing().filter(pk__in=targets, **NOT_ERASED)
        return contact_cells(people, by=by, sees_numbers=sees_numbers(run, by), shape=shape_of(run))

    def targets_about(self, contact_ids: Sequence[int]) -> QuerySet[Any]:
        return Contact.objects.filter(pk__in=contact_ids).values("pk")

    def narrowed(self, run: Run, *, by: User) -> list[str]:
        return contact_words(run.parameters.get("asked", {}), by=by)


class MemberExport(Export):
    """The records of a base."""

    kind = "export-members"
    title = gettext_lazy("Export the records of a base")
    hint = gettext_lazy("Each record with its contact: state, attempts, outcome and dates.")
    subject = gettext_lazy("Records")
    form_class: ClassVar[type[ProcessForm]] = MemberExportForm

    def base_id(self, parameters: Mapping[str, Any]) -> int:
        return int(parameters["base"])

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[BaseMember]:
        members = BaseMember.objects.visible_to(by).filter(base=parameters["base"])
        asked = MemberFilter.from_query(parameters["asked"]).apply(members)
        return asked.annotate(reason=Value("", output_field=CharField()))

    def heads(self, run: Run) -> list[str]:
        return member_heads(shape_of(run))

    def cells(self, run: Run, targets: Sequence[int], *, by: User) -> dict[int, list[str]]:
        members = BaseMember.objects.visible_to(by).filter(pk__in=targets, **OF_NOT_ERASED)
        return member_cells(members, by=by, sees_numbers=sees_numbers(run, by), shape=shape_of(run))

    def targets_about(self, contact_ids: Sequence[int]) -> QuerySet[Any]:
        return BaseMember.objects.filter(contact__in=contact_ids).values("pk")

    def narrowed(self, run: Run, *, by: User) -> list[str]:
        return member_words(run.parameters.get("asked", {}))


class ConversationExport(Export):
    """Conversations, one row each."""

    kind = "export-conversations"
    title = gettext_lazy("Export conversations")
    hint = gettext_lazy("One row for each conversation: who, where, when and how it ended.")
    subject = gettext_lazy("Conversations")
    form_class: ClassVar[type[ProcessForm]] = ConversationExportForm

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Conversation]:
        asked = InboxFilter.read(parameters["asked"], user_id=by.pk, time_zone=by.time_zone)
        found = asked.apply(Conversation.objects.visible_to(by))
        return found.annotate(reason=Value("", output_field=CharField()))

    def heads(self, run: Run) -> list[str]:
        return conversation_heads()

    def cells(self, run: Run, targets: Sequence[int], *, by: User) -> dict[int, list[str]]:
        seen = Conversation.objects.visible_to(by).filter(pk__in=targets, **OF_NOT_ERASED)
        return conversation_cells(seen, sees_numbers=sees_numbers(run, by))

    def targets_about(self, contact_ids: Sequence[int]) -> QuerySet[Any]:
        return Conversation.objects.filter(contact__in=contact_ids).values("pk")

    def narrowed(self, run: Run, *, by: User) -> list[str]:
        return conversation_words(run.parameters.get("asked", {}), by=by)


KINDS = (ContactExport.kind, MemberExport.kind, ConversationExport.kind)


# ── What was asked, in words


def contact_words(asked: Mapping[str, Sequence[str]], *, by: User) -> list[str]:
    query = QueryDict(mutable=True)
    for name, values in asked.items():
        query.setlist(name, list(values))
    said = read_filter(query, user=by)[0]
    words = [f"«{said.search}»"] if said.search else []
    return [*words, *(": ".join(filter(None, (each.label, each.value))) for each in ListFilters(by, said).applied)]


MEMBER_WORDS: Mapping[str, Words] = {
    "state": gettext_lazy("State"),
    "user": gettext_lazy("User"),
    "outcome": gettext_lazy("Outcome"),
    "lot": gettext_lazy("Lot"),
    "attempts_above": gettext_lazy("Attempts more than"),
    "attempts_below": gettext_lazy("Attempts fewer than"),
    "contacted_from": gettext_lazy("Contacted from"),
    "contacted_until": gettext_lazy("Until"),
}


def member_words(asked: Mapping[str, Sequence[str]]) -> list[str]:
    """Numbers of people, outcomes and lots are not names: only that they were asked is said."""
    said = []
    for name, label in MEMBER_WORDS.items():
        values = [each for each in asked.get(name, ()) if each]
        if not values:
            continue
        if name in ("user", "outcome", "lot"):
            said.append(str(label))
        elif name == "state":
            states = dict(BaseMember.State.choices)
            said.append(f"{label}: {', '.join(str(states[each]) for each in values if each in states)}")
        else:
            said.append(f"{label} {values[0]}")
    return said


def conversation_words(asked: Mapping[str, Sequence[str]], *, by: User) -> list[str]:
    trays = dict(TRAY_CHOICES)
    said = [str(trays[each]) for each in asked.get("tray", ()) if each in trays]
    for name, rows in (("campaign", Campaign.objects.visible_to(by)), ("team", Team.objects.visible_to(by))):
        ids = [each for each in asked.get(name, ()) if each.isascii() and each.isdigit()]
        said += rows.filter(pk__in=ids).order_by("name").values_list("name", flat=True) if ids else []
    for name, label in (("since", _("Active since")), ("until", _("Until"))):
        said += [f"{label} {each}" for each in asked.get(name, ())]
    said += [f"«{each}»" for each in asked.get("search", ()) if each]
    others = set(asked) - {"tray", "campaign", "team", "since", "until", "search", "order"}
    return [*said, _("and more filters")] if others else said

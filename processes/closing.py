"""Cierre masivo (003-22 … 003-24): the conversations of a file, all closed with one outcome, each by the one closing rule (B-03)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import Campaign
from campaigns.outcomes import Purpose, offered_outcomes
from core import outcomes
from core.sections import Words
from core.tables import NotATable, read_table
from core.text import without_nul
from inbox.actions.closing import NOTE_LIMIT
from inbox.actions.closing_many import UNKNOWN, Closing, close_many
from inbox.actions.reopening_many import reopen_many
from inbox.errors import AlreadyClosed, BaseRequired, NotAnswered, NotAssigned, NotYours, TypificationNotOffered
from inbox.models import Conversation
from inbox.models.conversation import Status
from inbox.permits import supervises
from inbox.public_ids import read_public_id
from processes.left_out import errors_file, said_by_lines
from processes.models import Run, RunLine
from processes.process import FilePlan, Line, Process, ProcessForm, Reason, Sample
from processes.recycling import outcome_words
from typification.models import Typification

COLUMN = "conversationid"
LARGEST_FILE = 20 * 1024 * 1024
NOT_AN_ID, REPEATED = "not_an_id", "repeated"
NOT_ASSIGNED, NOT_YOURS, NOT_ANSWERED = NotAssigned.code, NotYours.code, NotAnswered.code
ALREADY_CLOSED, NOT_OFFERED, BASE_REQUIRED = AlreadyClosed.code, TypificationNotOffered.code, BaseRequired.code


class ClosingForm(ProcessForm):
    """With what many are closed."""

    outcome = forms.ModelChoiceField(
        Typification.objects.none(), label=gettext_lazy("Sub-category"), empty_label=gettext_lazy("Choose one")
    )
    note = forms.CharField(
        required=False, label=gettext_lazy("Note"), max_length=NOTE_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        leaves = Typification.objects.live().filter(children__isnull=True, system_code__isnull=True)
        fields: Any = self.fields
        fields["outcome"].queryset = (
            leaves.filter(applies_to__in=["all", "chat"]).select_related("parent").order_by("parent__name", "name")
        )
        fields["outcome"].label_from_instance = outcome_words

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        outcome = said.get("outcome")
        if outcome is not None and outcome.requires_note and not said.get("note", "").strip():
            self.add_error("note", _("«%(name)s» needs a note.") % {"name": outcome.name})
        if outcome is not None and outcome.asks_callback != Typification.AsksCallback.NO:
            self.add_error("outcome", _("This outcome asks when they are contacted again: not for many at once."))
        return said

    def closing_said(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"outcome": said["outcome"].pk, "note": without_nul(said["note"]).strip()}


class MassClosingForm(ClosingForm):
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}), allow_empty_file=True
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        self.found: list[Line] = []

    def clean_file(self) -> Any:
        """The rows are read here, in the limited process: a file that is another one is refused before any of them."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large: up to {n} MB.").format(n=LARGEST_FILE // 1024**2))
        try:
            with read_table(file) as rows:
                self.found = list(lines_of(rows))
        except NotATable as refusal:
            raise forms.ValidationError(refusal.message) from None
        if not self.found:
            raise forms.ValidationError(_("The file has no rows below «ConversationId»."))
        return file

    def parameters(self) -> dict[str, Any]:
        # Another file of the same name is another submission.
        digest = hashlib.sha256(repr(self.found).encode()).hexdigest()[:16]
        return self.closing_said() | {
            "file": self.cleaned_data["file"].name[:100],
            "rows": len(self.found),
            "digest": digest,
        }

    def lines(self) -> Iterable[Line]:
        return self.found


def lines_of(rows: Iterable[list[str]]) -> Iterable[Line]:
    """The rows below the head, numbered as the file shows them; blank ones are passed over.

    Raises:
        ValidationError: the only column is not ConversationId (003-22).
    """
    head_read, seen = False, set()
    for number, row in enumerate(rows, start=1):
        cells = [each.strip(" \t\r\n\u00a0\u200b\ufeff") for each in row]
        if not any(cells):
            continue
        if not head_read:
            named = [each for each in cells if each]
            if [each.casefold().replace(" ", "") for each in named] != [COLUMN]:
                raise forms.ValidationError(
                    _("The file must have only one column, «ConversationId». It has: {columns}").format(
                        columns=", ".join(f"«{each[:40]}»" for each in named[:5])
                    )
                )
            head_read, place = True, cells.index(named[0])
            continue
        known = read_public_id(cells[place] if place < len(cells) else "")
        if known is None or sum(map(bool, cells)) > 1:
            yield Line(number, "", NOT_AN_ID)
        elif known in seen:
            yield Line(number, known, REPEATED)
        else:
            seen.add(known)
            yield Line(number, known)


class MassClosing(Process):
    """All conversations of a file are closed with one outcome."""

    kind = "mass-closing"
    title = gettext_lazy("Mass close")
    hint = gettext_lazy("The conversations of a file are closed, all with the same sub-category.")
    group = gettext_lazy("Mass close")
    icon = "check-check"
    first_chunk = 100
    verb = gettext_lazy("Close")
    will = gettext_lazy("Will be closed")
    will_do = gettext_lazy("Are closed")
    becomes = gettext_lazy("With the chosen sub-category, by the same rule as at the desk")
    done = gettext_lazy("Closed now")
    word = gettext_lazy("CLOSE")
    warning = gettext_lazy(
        "Customers who write again begin a new conversation. Those that do so meanwhile stay closed, should you take this back."
    )
    is_undoable = True
    undo_hint = gettext_lazy(
        "The conversations go on as they were, with whoever had them. Those that changed since, or whose contact wrote again, stay closed."
    )
    form_class: ClassVar[type[ProcessForm]] = MassClosingForm
    form_template = "processes/_closing_form.html"
    reasons: ClassVar[Mapping[str, Reason]] = {
        ALREADY_CLOSED: Reason(
            title=gettext_lazy("Closed already"), then=(gettext_lazy("Closed in between"), gettext_lazy("By somebody else"))
        ),
        UNKNOWN: Reason(
            title=gettext_lazy("Unknown"), hint=gettext_lazy("There is no such conversation, or you do not see it")
        ),
        NOT_AN_ID: Reason(title=gettext_lazy("Not a ConversationId"), hint=gettext_lazy("Mistyped, or changed by Excel")),
        REPEATED: Reason(title=gettext_lazy("Repeated in the file"), hint=gettext_lazy("Closed once")),
        NOT_ASSIGNED: Reason(title=gettext_lazy("Nobody has it"), hint=gettext_lazy("Only who supervises closes it")),
        NOT_YOURS: Reason(title=gettext_lazy("Somebody else has it"), hint=gettext_lazy("Only who supervises closes it")),
        NOT_ANSWERED: Reason(
            title=gettext_lazy("Not answered yet"), hint=gettext_lazy("Its campaign does not close unanswered ones")
        ),
        NOT_OFFERED: Reason(
            title=gettext_lazy("Not with this sub-category"), hint=gettext_lazy("Its campaign does not close with it")
        ),
        BASE_REQUIRED: Reason(
            title=gettext_lazy("Without a base"), hint=gettext_lazy("The sub-category is for records of a base")
        ),
    }  # fmt: skip

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return ["conversations"]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[RunLine]:
        outcome = Typification.objects.get(pk=parameters["outcome"])
        seen = Conversation.objects.visible_to(by).filter(public_id=OuterRef("value"))
        offering = offering_of(outcome)
        whens = [
            When(~Q(flaw=""), then=F("flaw")),
            When(~Exists(seen), then=Value(UNKNOWN)),
            When(Exists(seen.filter(status=Status.CLOSED)), then=Value(ALREADY_CLOSED)),
            *[When(Exists(seen.filter(met)), then=Value(code)) for code, met in kept_from(by)],
            When(~Exists(seen.filter(offering)), then=Value(NOT_OFFERED)),
        ]
        if outcome.requires_base:
            whens.append(When(Exists(seen.filter(base_member__isnull=True)), then=Value(BASE_REQUIRED)))
        reason = Case(*whens, default=Value(""), output_field=CharField())
        return RunLine.objects.filter(run=run).annotate(target=F("number"), reason=reason)

    def apply(self, run: Run, targets: list[int]) -> None:
        by = run.started_by or run.requested_by
        found = conversations_of(run, targets)
        ends = close_many(
            sorted(found.values()),
            by=by,
            typification_id=run.parameters["outcome"],
            note=run.parameters.get("note", ""),
        )
        outcomes.write((number, *ends.get(found.get(number, 0), Closing(UNKNOWN))) for number in targets)

    def undo(self, run: Run, targets: list[int]) -> None:
        by = run.undo_asked_by or run.requested_by
        found = conversations_of(run, targets)
        closings = {
            found[number]: (before or {}, after or {}) for number, before, after in outcomes.given() if number in found
        }
        ends = reopen_many(closings, by=by)
        outcomes.write((number, ends.get(found.get(number, 0), "gone"), None, None) for number in targets)

    def files(self, run: Run) -> Sequence[FilePlan]:
        return errors_file(run, self, head=["ConversationId", _("Row")], said=said_by_lines)

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        values = RunLine.objects.filter(run=run, number__in=targets).values_list("value", flat=True)
        seen = Conversation.objects.visible_to(by).filter(public_id__in=list(values))
        columns: list[Words] = ["ConversationId", _("Contact"), _("Campaign"), _("State")]
        rows = [
            [each.public_id, each.contact_name or _("No name"), each.campaign.name if each.campaign else "–", each.get_status_display()]
            for each in seen.select_related("campaign").order_by("pk")
        ]  # fmt: skip
        return Sample(columns=columns, rows=rows)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        outcome = Typification.objects.select_related("parent").filter(pk=run.parameters["outcome"]).first()
        lines: list[tuple[Words, object]] = [
            (_("File"), run.parameters["file"]),
            (_("Rows"), run.parameters["rows"]),
            (_("Sub-category"), outcome_words(outcome) if outcome else "–"),
            (_("Note"), run.parameters.get("note", "")),
        ]
        return [(label, value) for label, value in lines if value]


def offering_of(outcome: Typification) -> Q:
    """Conversations whose campaign closes with it."""
    offering = Q(campaign__in=campaigns_offering(outcome))
    return offering | Q(campaign__isnull=True) if is_offered(None, outcome) else offering


def kept_from(by: User) -> list[tuple[str, Q]]:
    """What somebody who does not supervise may not end, in the order in which the rule says it (inbox.permits.may_end)."""
    if supervises(by):
        return []
    unanswered = Q(needs_first_reply=True) & ~Q(campaign__allow_close_unanswered=True)
    return [
        (NOT_ASSIGNED, Q(assignee__isnull=True)),
        (NOT_YOURS, ~Q(assignee=by)),
        (NOT_ANSWERED, unanswered),
    ]


def conversations_of(run: Run, numbers: list[int]) -> dict[int, int]:
    """Number of a row -> its conversation, where there is one still."""
    lines = dict(RunLine.objects.filter(run=run, number__in=numbers).values_list("value", "number"))
    found = Conversation.objects.filter(public_id__in=list(lines))
    return {lines[public_id]: pk for public_id, pk in found.values_list("public_id", "pk")}


def public_ids(run: Run, conversation_ids: Sequence[int]) -> dict[int, list[str]]:
    """What conversations are called, of those that whoever asked sees still."""
    seen = Conversation.objects.visible_to(run.requested_by).filter(pk__in=conversation_ids)
    return {pk: [public_id] for pk, public_id in seen.values_list("pk", "public_id")}


def campaigns_offering(outcome: Typification) -> list[int]:
    """Campaigns that close with it: each is asked as the closing rule asks."""
    return [pk for pk in Campaign.objects.order_by("pk").values_list("pk", flat=True) if is_offered(pk, outcome)]


def is_offered(campaign_id: int | None, outcome: Typification) -> bool:
    offered = offered_outcomes(campaign_id, Purpose.FINISH, medium=Typification.AppliesTo.CHAT)
    return any(each.pk == outcome.pk for each in offered)

"""Reasignación de agendas (003-10, 003-11): pending promises of some users go to others, as equally as may be.

How they are dealt: in the order of their time, each to whoever of the chosen has the fewest by then, of those who work for its campaign and
see its contact; among equals to whoever was registered first. What they have already counts, so whoever has many gets few. Those that
fewest may take are dealt first. The same question is always answered the same.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, CharField, Count, F, Func, Q, QuerySet, Value, When, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject, RowNumber
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import Campaign
from contacts.member_filters import MOST
from core.forms import PickerSelectMultiple
from core.sections import Words
from inbox.actions import reassigning
from inbox.models import Callback
from inbox.takers import UNREACHABLE, in_campaigns_of, with_contacts_of
from processes.models import Run, RunItem
from processes.process import Effect, Process, ProcessForm, Reason, Sample

NOBODY_OF_CAMPAIGN, NOBODY_SEES = "nobody_of_campaign", "nobody_sees"
# Each is a bit of a number.
MOST_TARGETS = 50


class ReassigningForm(ProcessForm):
    sources = forms.ModelMultipleChoiceField(
        User.objects.none(), label=gettext_lazy("From whom"), widget=PickerSelectMultiple
    )
    targets = forms.ModelMultipleChoiceField(
        User.objects.none(), label=gettext_lazy("To whom"), widget=PickerSelectMultiple
    )
    campaigns = forms.ModelMultipleChoiceField(
        Campaign.objects.none(), required=False, label=gettext_lazy("Campaigns"), widget=PickerSelectMultiple
    )
    due = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Time"),
        choices=[("", gettext_lazy("All")), ("overdue", gettext_lazy("Overdue")), ("coming", gettext_lazy("To come"))],
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        pending = Callback.objects.visible_to(by).filter(state=Callback.State.PENDING, owner__isnull=False).order_by()
        having = dict(pending.values_list("owner").annotate(many=Count("pk")))
        # Whoever left has theirs still: that is when they are handed over.
        people = User.objects.order_by("first_name", "last_name", "username")
        fields["sources"].queryset = people.filter(pk__in=having)
        fields["sources"].label_from_instance = lambda user: f"{user.name} · {having.get(user.pk, 0)}"
        fields["targets"].queryset = people.visible_to(by).filter(is_active=True)
        fields["targets"].label_from_instance = lambda user: user.name
        fields["campaigns"].queryset = Campaign.objects.visible_to(by).order_by("name")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        both = set(said.get("sources") or ()) & set(said.get("targets") or ())
        if both:
            names = ", ".join(sorted(each.name for each in both))
            self.add_error("targets", _("Choose others than those they are taken from: {names}.").format(names=names))
        for name, most in (("sources", MOST), ("targets", MOST_TARGETS), ("campaigns", MOST)):
            if said.get(name) is not None and len(said[name]) > most:
                self.add_error(name, _("Choose up to {most}.").format(most=most))
        return said

    def parameters(self) -> dict[str, Any]:
        said = self.cleaned_data
        ids = {name: sorted(each.pk for each in said[name]) for name in ("sources", "targets", "campaigns")}
        return {**ids, "due": said["due"]}


class Reassigning(Process):
    """Pending promises of some users go to others."""

    kind = "reassigning"
    title = gettext_lazy("Reassign callbacks")
    hint = gettext_lazy("Pending callbacks of some users are dealt out to others, as equally as may be.")
    group = gettext_lazy("Other")
    icon = "calendar-clock"
    verb = gettext_lazy("Reassign")
    will = gettext_lazy("Will be reassigned")
    will_do = gettext_lazy("Go to somebody else")
    becomes = gettext_lazy("Their time stays; whoever gets them is reminded")
    done = gettext_lazy("Reassigned")
    form_class: ClassVar[type[ProcessForm]] = ReassigningForm
    form_template = "processes/_reassigning_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        NOBODY_OF_CAMPAIGN: Reason(
            title=gettext_lazy("Of another campaign"), hint=gettext_lazy("None of those chosen works for it")
        ),
        NOBODY_SEES: Reason(
            title=gettext_lazy("Contact out of sight"),
            hint=gettext_lazy("Those of its campaign do not see the contact"),
        ),
        reassigning.DO_NOT_CONTACT: Reason(
            title=gettext_lazy("Do not contact"), hint=gettext_lazy("Nobody else is to call them")
        ),
        reassigning.LOCKED: Reason(title=gettext_lazy("Being worked now"), hint=gettext_lazy("An agent is on it")),
        reassigning.KEPT: Reason(title=gettext_lazy("Kept in between")),
        reassigning.CANCELLED: Reason(title=gettext_lazy("Cancelled in between")),
        reassigning.HANDED_ON: Reason(title=gettext_lazy("Somebody else's in between")),
        reassigning.NOT_FOR_THEM: Reason(
            title=gettext_lazy("Not for them any more"),
            hint=gettext_lazy("Whoever was to get it left, or left the campaign"),
        ),
    }

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"callbacks:{pk}" for pk in parameters["sources"]]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Callback]:
        targets = list(targets_of(parameters, by=by))
        judged = chosen(parameters, by=by).annotate(
            of_campaign=bits(in_campaigns_of(each) for each in targets),
            taking=bits(in_campaigns_of(each) & with_contacts_of(each) for each in targets),
        )
        reason = Case(
            When(UNREACHABLE, then=Value(reassigning.DO_NOT_CONTACT)),
            When(of_campaign=0, then=Value(NOBODY_OF_CAMPAIGN)),
            When(taking=0, then=Value(NOBODY_SEES)),
            default=Value(""),
            output_field=CharField(),
        )
        judged = judged.annotate(reason=reason)
        # Who may take them: of those that are left out, nobody.
        judged = judged.annotate(hands=Case(When(reason="", then=F("taking")), default=Value(0)))
        many = dict(judged.filter(hands__gt=0).order_by().values_list("hands").annotate(many=Count("pk")))
        dealt = deal(many, targets, loads=loads_of(each.pk for each in targets))
        place = Window(RowNumber(), partition_by=[F("hands")], order_by=[F("due_at").asc(), F("pk").asc()])
        whens = [When(hands=hands, then=Nth(Value(owners, output_field=IDS), F("place"))) for hands, owners in dealt]
        owner = Case(*whens, default=None, output_field=BigIntegerField())
        return judged.annotate(place=place).annotate(plan=JSONObject(owner=owner))

    def apply(self, run: Run, targets: list[int]) -> None:
        planned = RunItem.objects.filter(run=run, target__in=targets, after__owner__isnull=False)
        plan = {target: int(owner) for target, owner in planned.values_list("target", "after__owner")}
        reassigning.hand_callbacks_over(plan, sources=run.parameters["sources"], by=run.started_by or run.requested_by)

    def undo(self, run: Run, targets: list[int]) -> None:
        reassigning.take_callbacks_back(by=run.undo_asked_by)

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        plan = dict(RunItem.objects.filter(run=run, target__in=targets).values_list("target", "after__owner"))
        names = names_of(plan.values())
        callbacks = Callback.objects.visible_to(by).filter(pk__in=targets).order_by("due_at", "pk")
        columns: list[Words] = [_("Contact"), _("When"), _("Campaign"), _("From whom"), _("To whom")]
        rows = [
            [
                each.contact.standing.name or _("No name"),
                date_format(timezone.localtime(each.due_at), "SHORT_DATETIME_FORMAT"),
                each.campaign.name,
                each.owner.name if each.owner else "–",
                names.get(plan.get(each.pk), "–"),
            ]
            for each in callbacks.select_related("contact__merged_into", "campaign", "owner")
        ]
        return Sample(columns=columns, rows=rows)

    def effect(self, run: Run, *, by: User) -> Effect:
        """How many each of those chosen will have (003-11): said before anybody confirms."""
        given = loads_given(run)
        loads = loads_of(run.parameters["targets"])
        people = User.objects.filter(pk__in=run.parameters["targets"]).order_by("first_name", "last_name", "username")
        rows = []
        for each in people:
            has, gets = loads.get(each.pk, 0), given.get(each.pk, 0)
            why = "" if gets else why_nothing(each, chosen(run.parameters, by=by))
            rows.append([f"{each.name} ({why})" if why else each.name, has, gets, has + gets])
        columns: list[Words] = [_("Agent"), _("Has now"), _("Gets"), _("Will have")]
        return Effect(title=_("Load of each"), columns=columns, rows=rows)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        said = run.parameters
        campaigns = Campaign.objects.visible_to(by).filter(pk__in=said["campaigns"]).order_by("name")
        due: dict[str, Words] = {"overdue": _("Overdue"), "coming": _("To come")}
        lines: list[tuple[Words, object]] = [
            (_("From whom"), ", ".join(sorted(names_of(said["sources"]).values()))),
            (_("To whom"), ", ".join(sorted(names_of(said["targets"]).values()))),
            (_("Campaigns"), ", ".join(campaigns.values_list("name", flat=True))),
            (_("Time"), due.get(said["due"], "")),
        ]
        return [(label, value) for label, value in lines if value]


IDS: Any = ArrayField(BigIntegerField())


class Nth(Func):
    """One of an array, counted from 1."""

    template = "((%(expressions)s])"
    arg_joiner = ")["
    output_field = BigIntegerField()


def chosen(parameters: Mapping[str, Any], *, by: User) -> QuerySet[Callback]:
    """Pending ones with one of the sources as their owner (003-10), of those that are for `by` to see."""
    callbacks: QuerySet[Callback] = Callback.objects.visible_to(by)
    callbacks = callbacks.filter(state=Callback.State.PENDING, owner__in=parameters["sources"])
    if parameters["campaigns"]:
        callbacks = callbacks.filter(campaign__in=parameters["campaigns"])
    if parameters["due"]:
        is_due = Q(due_at__lte=timezone.now())
        callbacks = callbacks.filter(is_due if parameters["due"] == "overdue" else ~is_due)
    return callbacks


def why_nothing(user: User, callbacks: QuerySet[Callback]) -> str:
    """Why somebody gets none of these; empty: others had fewer."""
    if not user.is_active:
        return _("not active")
    theirs = callbacks.filter(in_campaigns_of(user))
    if not theirs.exists():
        return _("works for none of their campaigns")
    return "" if theirs.filter(with_contacts_of(user)).exists() else _("does not see their contacts")


def targets_of(parameters: Mapping[str, Any], *, by: User) -> QuerySet[User]:
    """Whoever left since they were chosen gets nothing (003-11)."""
    seen: QuerySet[User] = User.objects.visible_to(by)
    return seen.filter(pk__in=parameters["targets"], is_active=True).order_by("pk")[:MOST_TARGETS]


def bits(conditions: Iterable[Q]) -> Any:
    """A number with a bit for each condition that is met."""
    ones = [
        Case(When(condition, then=Value(1 << n)), default=Value(0), output_field=BigIntegerField())
        for n, condition in enumerate(conditions)
    ]
    return reduce(add, ones, Value(0, output_field=BigIntegerField()))


def deal(many: Mapping[int, int], targets: Sequence[User], *, loads: Mapping[int, int]) -> list[tuple[int, list[int]]]:
    """To whom the callbacks go that the same people may take, in their order. `many`: the bits of who may take them -> how many."""
    has = {user.pk: loads.get(user.pk, 0) for user in targets}
    dealt = []
    for hands in sorted(many, key=lambda each: (each.bit_count(), each)):
        heap = [(has[user.pk], user.pk) for n, user in enumerate(targets) if hands >> n & 1]
        heapq.heapify(heap)
        owners = []
        for _callback in range(many[hands]):
            load, owner_id = heap[0]
            heapq.heapreplace(heap, (load + 1, owner_id))
            owners.append(owner_id)
        has |= {owner_id: load for load, owner_id in heap}
        dealt.append((hands, owners))
    return dealt


def loads_of(user_ids: Iterable[int]) -> dict[int, int]:
    """How many each of them has promised and not kept yet."""
    pending = Callback.objects.filter(owner__in=list(user_ids), state=Callback.State.PENDING).order_by()
    return dict(pending.values_list("owner").annotate(many=Count("pk")))


def loads_given(run: Run) -> Counter[int]:
    """How many of those that wait still go to whom."""
    waiting = RunItem.objects.filter(run=run, result=RunItem.Result.PENDING).order_by()
    owner = Cast(KeyTextTransform("owner", "after"), BigIntegerField())
    counted = waiting.annotate(owner=owner).values_list("owner").annotate(many=Count("target"))
    return Counter({owner_id: many for owner_id, many in counted if owner_id is not None})


def names_of(user_ids: Iterable[Any]) -> dict[Any, str]:
    return {each.pk: each.name for each in User.objects.filter(pk__in=[pk for pk in user_ids if pk is not None])}

"""What is done to all that match (B-04): given to an agent or left to the campaign, closed, tagged, put into a base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import CampaignAgent
from contacts.actions import tagging_many
from contacts.actions.associating import associate_reachable
from contacts.actions.detaching import leave_again
from contacts.actions.tagging import MOST_TAGS
from contacts.models import BaseMember, Contact, ContactBase, ContactTag, Tag
from core import outcomes
from core.forms import PickerSelect
from core.sections import Words
from inbox.actions import assigning_many
from inbox.actions.closing_many import close_many
from inbox.actions.reopening_many import reopen_many
from inbox.models import Conversation
from inbox.models.conversation import LIVE
from processes.associating import ALREADY, BASE_CLOSED, offer_bases
from processes.closing import (
    ALREADY_CLOSED,
    BASE_REQUIRED,
    NOT_OFFERED,
    ClosingForm,
    MassClosing,
    kept_from,
    offering_of,
    public_ids,
)
from processes.left_out import errors_file
from processes.models import Run
from processes.process import FilePlan, Process, ProcessForm, Reason, Sample
from processes.recycling import outcome_words
from processes.selected import CONTACTS, DESK, Selected, SelectedForm
from typification.models import Typification

GROUP = gettext_lazy("All that match")
SUPERVISE = "accounts.supervise_teams"
EDIT, MANAGE_BASES = "contacts.edit_contacts", "contacts.manage_bases"
DO_NOT_CONTACT = "do_not_contact"
UNREACHABLE = Q(do_not_contact=True) | Q(blocked=True)


def judged(*whens: When) -> Case:
    return Case(*whens, default=Value(""), output_field=CharField())


class Conversations(Process):
    """What processes over the desk's list have in common."""

    group = GROUP
    is_listed = False
    first_chunk = 20

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return ["conversations"]

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        return conversations_sample(targets, by=by)


def conversations_sample(targets: list[int], *, by: User) -> Sample:
    seen = Conversation.objects.visible_to(by).filter(pk__in=targets)
    columns: list[Words] = [_("Contact"), _("Campaign"), _("Agent in charge"), _("State")]
    rows = [
        [
            each.contact_name or _("No name"),
            each.campaign.name if each.campaign else "–",
            each.assignee.name if each.assignee else "–",
            each.get_status_display(),
        ]
        for each in seen.select_related("campaign", "assignee").order_by("pk")
    ]
    return Sample(columns=columns, rows=rows)


# ── Assign


class AssigningForm(SelectedForm):
    screens = (DESK,)
    agent = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=gettext_lazy("Agent"),
        empty_label=gettext_lazy("Nobody: they wait in their campaign"),
        widget=PickerSelect,
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        agents = User.objects.visible_to(by).filter(
            Exists(CampaignAgent.objects.filter(user=OuterRef("pk"))), is_active=True
        )
        fields["agent"].queryset = agents.order_by("first_name", "last_name", "username")
        fields["agent"].label_from_instance = lambda user: user.name

    def parameters(self) -> dict[str, Any]:
        agent = self.cleaned_data["agent"]
        return self.list_said() | {"agent": agent.pk if agent is not None else None}


class Assigning(Conversations):
    """All that match go to one agent, or wait in their campaigns again."""

    kind = "assigning"
    title = gettext_lazy("Assign all that match")
    hint = gettext_lazy("The conversations of a list go to an agent, or wait in their campaign.")
    icon = "user-round-plus"
    verb = gettext_lazy("Assign")
    will = gettext_lazy("Will be assigned")
    will_do = gettext_lazy("Change hands")
    becomes = gettext_lazy("For whoever gets them they are new")
    done = gettext_lazy("Assigned")
    needs = (SUPERVISE,)
    form_class: ClassVar[type[ProcessForm]] = AssigningForm
    form_template = "processes/_assigning_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        assigning_many.CLOSED: Reason(title=gettext_lazy("Closed already")),
        assigning_many.THEIRS: Reason(title=gettext_lazy("Theirs already")),
        assigning_many.WAITING: Reason(title=gettext_lazy("Waiting already"), hint=gettext_lazy("Nobody has them")),
        assigning_many.DO_NOT_CONTACT: Reason(
            title=gettext_lazy("Do not contact"), hint=gettext_lazy("Or blocked: give them one by one")
        ),
        assigning_many.NOT_AGENT: Reason(
            title=gettext_lazy("Of another campaign"),
            hint=gettext_lazy("They are not an agent of it for this channel"),
        ),
        assigning_many.OFFLINE: Reason(
            title=gettext_lazy("The agent is not online"), hint=gettext_lazy("Or their auxiliary takes nothing new")
        ),
        assigning_many.NOT_ALLOWED: Reason(title=gettext_lazy("Not allowed any more")),
    }

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Conversation]:
        chosen = Selected.of(parameters).conversations(by)
        closed = When(~Q(status__in=LIVE), then=Value(assigning_many.CLOSED))
        if parameters["agent"] is None:
            waits = When(assignee__isnull=True, then=Value(assigning_many.WAITING))
            return chosen.annotate(reason=judged(closed, waits))
        user = User.objects.filter(pk=parameters["agent"], is_active=True).first()
        unreachable = Contact.objects.filter(
            UNREACHABLE, pk=Coalesce(OuterRef("contact__merged_into"), OuterRef("contact"))
        )
        whens = [
            closed,
            When(assignee=parameters["agent"], then=Value(assigning_many.THEIRS)),
            When(Exists(unreachable), then=Value(assigning_many.DO_NOT_CONTACT)),
            When(~handling(user), then=Value(assigning_many.NOT_AGENT)),
        ]
        if user is None or not assigning_many.is_online(user):
            return chosen.annotate(reason=Case(*whens, default=Value(assigning_many.OFFLINE), output_field=CharField()))
        return chosen.annotate(reason=judged(*whens))

    def apply(self, run: Run, targets: list[int]) -> None:
        by = run.started_by or run.requested_by
        assigning_many.assign_many(targets, user_id=run.parameters["agent"], by=by)

    def undo(self, run: Run, targets: list[int]) -> None:
        assigning_many.give_back_many(by=run.undo_asked_by)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        agent = User.objects.filter(pk=run.parameters["agent"] or 0).first()
        whom = agent.name if agent else _("Nobody: they wait in their campaign")
        return [*list_words(run, by), (_("Agent"), whom)]


def handling(user: User | None) -> Q:
    """Conversations of campaigns and channels that an agent attends."""
    condition = Q(pk=0)
    for campaign_id, member in (assigning_many.handled_by(user) if user is not None else {}).items():
        own = Q(campaign=campaign_id)
        condition |= own & Q(channel_account__kind__in=member.channels) if member.channels else own
    return condition


def list_words(run: Run, by: User) -> list[tuple[Words, object]]:
    """What narrowed the list; nothing once it was let go."""
    return Selected.of(run.parameters).words(by) if "filter" in run.parameters else []


# ── Close


class ClosingSelectedForm(SelectedForm, ClosingForm):
    screens = (DESK,)

    def parameters(self) -> dict[str, Any]:
        return self.list_said() | self.closing_said()


class ClosingSelected(MassClosing):
    """All that match are closed with one outcome, by the one closing rule (B-03)."""

    kind = "closing"
    title = gettext_lazy("Close all that match")
    hint = gettext_lazy("The conversations of a list are closed, all with the same sub-category.")
    group = GROUP
    is_listed = False
    form_class: ClassVar[type[ProcessForm]] = ClosingSelectedForm
    form_template = "processes/_closing_selected_form.html"

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Any]:
        outcome = Typification.objects.get(pk=parameters["outcome"])
        whens = [
            When(~Q(status__in=LIVE), then=Value(ALREADY_CLOSED)),
            *[When(met, then=Value(code)) for code, met in kept_from(by)],
            When(~offering_of(outcome), then=Value(NOT_OFFERED)),
        ]
        if outcome.requires_base:
            whens.append(When(base_member__isnull=True, then=Value(BASE_REQUIRED)))
        return Selected.of(parameters).conversations(by).annotate(reason=judged(*whens))

    def apply(self, run: Run, targets: list[int]) -> None:
        by = run.started_by or run.requested_by
        note = run.parameters.get("note", "")
        ends = close_many(targets, by=by, typification_id=run.parameters["outcome"], note=note)
        outcomes.write((pk, *ends[pk]) for pk in sorted(targets))

    def undo(self, run: Run, targets: list[int]) -> None:
        closings = {pk: (before or {}, after or {}) for pk, before, after in outcomes.given()}
        ends = reopen_many(closings, by=run.undo_asked_by or run.requested_by)
        outcomes.write((pk, reason, None, None) for pk, reason in sorted(ends.items()))

    def files(self, run: Run) -> Sequence[FilePlan]:
        return errors_file(run, self, head=["ConversationId"], said=public_ids)

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        return conversations_sample(targets, by=by)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        outcome = Typification.objects.select_related("parent").filter(pk=run.parameters["outcome"]).first()
        lines = [*list_words(run, by), (_("Sub-category"), outcome_words(outcome) if outcome else "–")]
        return lines + ([(_("Note"), run.parameters["note"])] if run.parameters.get("note") else [])


# ── Tag


class TaggingForm(SelectedForm):
    change = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[("add", gettext_lazy("Put it on")), ("remove", gettext_lazy("Take it off"))],
        initial="add",
    )
    tag = forms.ModelChoiceField(
        Tag.objects.none(), label=gettext_lazy("Tag"), empty_label=gettext_lazy("Choose a tag"), widget=PickerSelect
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        fields: Any = self.fields
        fields["tag"].queryset = Tag.objects.filter(archived_at__isnull=True).order_by("name")
        fields["tag"].label_from_instance = lambda tag: tag.name

    def parameters(self) -> dict[str, Any]:
        return self.list_said() | {"change": self.cleaned_data["change"], "tag": self.cleaned_data["tag"].pk}


class Tagging(Process):
    """A tag is put on the contacts of all that match, or taken off them."""

    kind = "tagging"
    title = gettext_lazy("Tag all that match")
    hint = gettext_lazy("The contacts of a list get a tag, or lose it.")
    group = GROUP
    icon = "tag"
    is_listed = False
    verb = gettext_lazy("Change")
    will = gettext_lazy("Will be changed")
    will_do = gettext_lazy("Their tags change")
    done = gettext_lazy("Changed")
    needs = (EDIT,)
    form_class: ClassVar[type[ProcessForm]] = TaggingForm
    form_template = "processes/_tagging_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        tagging_many.ALREADY: Reason(title=gettext_lazy("Have it already")),
        tagging_many.NOT_THERE: Reason(title=gettext_lazy("Do not have it")),
        tagging_many.MERGED: Reason(title=gettext_lazy("Became another contact")),
        tagging_many.TOO_MANY: Reason(
            title=gettext_lazy("Too many tags"), hint=gettext_lazy("They have as many as a contact may have")
        ),
        tagging_many.ARCHIVED: Reason(title=gettext_lazy("The tag was archived")),
    }

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"tag:{parameters['tag']}"]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Contact]:
        people = Selected.of(parameters).contacts(by)
        own = ContactTag.objects.filter(contact=OuterRef("pk"))
        having = Exists(own.filter(tag=parameters["tag"]))
        if parameters["change"] == "remove":
            return people.annotate(reason=judged(When(~having, then=Value(tagging_many.NOT_THERE))))
        many = Subquery(own.order_by().values("contact").annotate(many=Count("pk")).values("many"))
        people = people.annotate(tags_had=Coalesce(many, Value(0)))
        whens = [When(having, then=Value(ALREADY)), When(tags_had__gte=MOST_TAGS, then=Value(tagging_many.TOO_MANY))]
        if Tag.objects.filter(pk=parameters["tag"], archived_at__isnull=False).exists():
            whens.insert(1, When(pk__isnull=False, then=Value(tagging_many.ARCHIVED)))
        return people.annotate(reason=judged(*whens))

    def apply(self, run: Run, targets: list[int]) -> None:
        act = tagging_many.tag_many if run.parameters["change"] == "add" else tagging_many.untag_many
        act(targets, run.parameters["tag"], by=run.started_by or run.requested_by)

    def undo(self, run: Run, targets: list[int]) -> None:
        is_added = run.parameters["change"] == "add"
        back = tagging_many.take_tags_off_again if is_added else tagging_many.put_tags_on_again
        back(run.parameters["tag"], by=run.undo_asked_by)

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        return people_sample(targets, by=by)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        tag = Tag.objects.filter(pk=run.parameters["tag"]).first()
        what = _("Put it on") if run.parameters["change"] == "add" else _("Take it off")
        return [*list_words(run, by), (_("What to do"), what), (_("Tag"), tag.name if tag else "–")]


def people_sample(targets: list[int], *, by: User) -> Sample:
    people = Contact.objects.visible_to(by).filter(pk__in=targets).select_related("company").order_by("pk")
    columns: list[Words] = [_("Contact"), _("Company")]
    return Sample(
        columns=columns,
        rows=[[each.name or _("No name"), each.company.name if each.company else "–"] for each in people],
    )


# ── Add to a base


class AddingForm(SelectedForm):
    base = forms.ModelChoiceField(
        ContactBase.objects.none(), label=gettext_lazy("Base"), empty_label=gettext_lazy("Choose a base")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        offer_bases(self.fields["base"], by=by)

    def parameters(self) -> dict[str, Any]:
        return self.list_said() | {"base": self.cleaned_data["base"].pk}


class Adding(Process):
    """The contacts of all that match become records of a base."""

    kind = "adding"
    title = gettext_lazy("Add all that match to a base")
    hint = gettext_lazy("The contacts of a list become records of a base.")
    group = GROUP
    icon = "list-checks"
    is_listed = False
    verb = gettext_lazy("Add")
    will = gettext_lazy("Will be added")
    will_do = gettext_lazy("Become records of the base")
    becomes = gettext_lazy("Not worked yet")
    done = gettext_lazy("Added")
    needs = (MANAGE_BASES,)
    form_class: ClassVar[type[ProcessForm]] = AddingForm
    form_template = "processes/_adding_form.html"
    is_undoable = True
    reasons: ClassVar[Mapping[str, Reason]] = {
        ALREADY: Reason(title=gettext_lazy("In the base already"), hint=gettext_lazy("They are not doubled")),
        DO_NOT_CONTACT: Reason(title=gettext_lazy("Do not contact"), hint=gettext_lazy("Or blocked")),
        tagging_many.MERGED: Reason(title=gettext_lazy("Became another contact")),
        BASE_CLOSED: Reason(title=gettext_lazy("The base was closed")),
    }

    def base_id(self, parameters: Mapping[str, Any]) -> int:
        return int(parameters["base"])

    def scopes(self, parameters: Mapping[str, Any]) -> Iterable[str]:
        return [f"base:{parameters['base']}"]

    def selection(self, parameters: Mapping[str, Any], *, by: User, run: Run) -> QuerySet[Contact]:
        members = BaseMember.objects.live().filter(base=parameters["base"])
        known = Exists(members.filter(contact=OuterRef("pk"))) | Exists(
            members.filter(contact__merged_into=OuterRef("pk"))
        )
        people = Selected.of(parameters).contacts(by)
        return people.annotate(
            reason=judged(
                When(UNREACHABLE, then=Value(DO_NOT_CONTACT)),
                When(Q(known), then=Value(ALREADY)),
            )
        )

    def apply(self, run: Run, targets: list[int]) -> None:
        associate_reachable(run.parameters["base"], targets, by=run.started_by or run.requested_by)

    def undo(self, run: Run, targets: list[int]) -> None:
        leave_again(by=run.undo_asked_by)

    def sample(self, run: Run, targets: list[int], *, by: User) -> Sample:
        return people_sample(targets, by=by)

    def about(self, run: Run, *, by: User) -> list[tuple[Words, object]]:
        return [*list_words(run, by), (_("Base"), run.base.name if run.base else "–")]


OF_LISTS: Mapping[str, tuple[type[Process], ...]] = {
    DESK: (Assigning, Tagging, ClosingSelected),
    CONTACTS: (Tagging, Adding),
}

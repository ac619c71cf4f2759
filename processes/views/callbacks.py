"""The supervisors' screen of callbacks [Agendas]: all they may see, narrowed and sorted, and the way to hand them over (003-10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from campaigns.models import Campaign
from core.lists import Column, FilterForm, ListPage, matching
from inbox.models import Callback
from inbox.rows import shown_number
from processes.views.doors import RUN

NOBODYS = "none"
COLUMNS = (
    Column(name="due", title=gettext_lazy("When"), sort="due_at"),
    Column(name="contact", title=gettext_lazy("Contact"), sort="person"),
    Column(name="owner", title=gettext_lazy("Whose"), sort="owned_by"),
    Column(name="campaign", title=gettext_lazy("Campaign"), sort="campaign_name"),
    Column(name="kind", title=gettext_lazy("Kind")),
)
AROUND = ("contact__merged_into", "contact_point", "campaign", "member__base", "owner")


class CallbackFilters(FilterForm):
    search_hint = gettext_lazy("Name of the contact")
    due = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Time"),
        choices=[
            ("", gettext_lazy("All")),
            ("overdue", gettext_lazy("Overdue")),
            ("today", gettext_lazy("Until tonight")),
            ("coming", gettext_lazy("To come")),
        ],
    )
    owner = forms.ChoiceField(required=False, label=gettext_lazy("Whose"))
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), required=False, label=gettext_lazy("Campaign"), empty_label=gettext_lazy("All")
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", Callback.State.PENDING.label), *Callback.State.choices[1:]],
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["campaign"].queryset = Campaign.objects.visible_to(by).order_by("name")
        owners = User.objects.filter(pk__in=Callback.objects.visible_to(by).order_by().values("owner"))
        named = [(str(each.pk), each.name) for each in owners.order_by("first_name", "last_name", "username")]
        fields["owner"].choices = [("", _("All")), (NOBODYS, _("Anybody's")), *named]
        fields["campaign"].label_from_instance = lambda campaign: campaign.name

    def narrow(self, rows: Any) -> Any:
        rows = rows.filter(state=self.said("state") or Callback.State.PENDING)
        if owner := self.said("owner"):
            rows = rows.filter(owner__isnull=True) if owner == NOBODYS else rows.filter(owner=int(owner))
        if campaign := self.said("campaign"):
            rows = rows.filter(campaign=campaign)
        return rows.filter(due_condition(self.said("due"))).filter(matching(self.said("q") or "", "person"))


def due_condition(due: str | None) -> Q:
    now = timezone.now()
    if due == "overdue":
        return Q(due_at__lte=now)
    if due == "today":
        tonight = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=999_999)
        return Q(due_at__lte=tonight)
    return Q(due_at__gt=now) if due == "coming" else Q()


@require_GET
@permitted(RUN)
def callback_list(request: HttpRequest) -> HttpResponse:
    """What is promised in the campaigns one supervises: the soonest first."""
    by = signed_in_user(request)
    filters = CallbackFilters(request.GET, by=by)
    page = ListPage(seen_callbacks(by), params=request.GET, columns=COLUMNS, order="due", filters=filters)
    now, sees_numbers = timezone.now(), by.has_perm("accounts.see_numbers")
    for row in page.rows:
        row.standing = row.contact.standing
        row.is_overdue = row.state == Callback.State.PENDING and row.due_at <= now
        point = row.contact_point
        number = point.shown if point is not None and point.is_number else ""
        row.number = shown_number(number, sees_numbers=sees_numbers)
    context = {"page": page, "heading": _("Callbacks"), "hand_over_url": hand_over_url(filters)}
    return render(request, "processes/callbacks.html", context)


def seen_callbacks(by: User) -> QuerySet[Callback]:
    callbacks: QuerySet[Callback] = Callback.objects.visible_to(by).select_related(*AROUND)
    return callbacks.annotate(
        person=Coalesce("contact__merged_into__sort_name", "contact__sort_name"),
        owned_by=Coalesce(Lower("owner__first_name"), Value("")),
        campaign_name=F("campaign__name"),
    )


def hand_over_url(filters: CallbackFilters) -> str:
    """The process that hands them over, with what narrows the list filled in."""
    query = QueryDict(mutable=True)
    owner, campaign, due = filters.said("owner"), filters.said("campaign"), filters.said("due")
    if owner and owner != NOBODYS:
        query["sources"] = owner
    if campaign:
        query["campaigns"] = str(campaign.pk)
    if due in ("overdue", "coming"):
        query["due"] = due
    page = reverse("process", args=["reassigning"])
    return f"{page}?{query.urlencode()}" if query else page

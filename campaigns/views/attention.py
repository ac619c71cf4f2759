"""How one campaign attends: its week and holidays, what it says by itself, the bases it works; and another one like it."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import permitted, signed_in_user
from campaigns import variables
from campaigns.actions.duplicating import copy_campaign
from campaigns.actions.schedules import WEEKDAYS, add_holiday, remove_holiday, set_schedule
from campaigns.actions.wording import set_messages
from campaigns.actions.working_bases import set_bases
from campaigns.attention_forms import WORKDAYS, BasesForm, HolidayForm, MessagesForm, ScheduleForm
from campaigns.campaign_forms import CopyForm
from campaigns.models import Campaign
from campaigns.views.campaigns import MANAGE, part, seen_campaign
from contacts.models import ContactBase
from core.forms import submit, submit_edit, tell
from core.refusals import NotFound


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def copy(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Another one like it, as a draft."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    form = CopyForm(request.POST or None, initial={"name": _("{name} (copy)").format(name=campaign.name)[:80]})
    if request.method == "POST" and form.is_valid():
        made = submit(form, lambda: copy_campaign(campaign_id, name=form.cleaned_data["name"], by=by))
        if made is not None:
            tell(request, _("The campaign was copied as a draft. Look it over, and start it."))
            return redirect("campaign", campaign_id=made.pk)
    context = {
        "form": form,
        "about": campaign,
        "heading": _("Duplicate {name}").format(name=campaign.name),
        "cancel_url": reverse("campaign", args=[campaign_id]),
    }
    return render(request, "campaigns/campaign_copy.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def schedule(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Its hours and holidays, and what becomes of who writes outside of them."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    form = ScheduleForm(request.POST or None, initial=ScheduleForm.stored(campaign))
    if submit_edit(
        request,
        form,
        lambda version: set_schedule(campaign_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: ScheduleForm.stored(seen_campaign(campaign_id, by=by)),
    ):
        return redirect("campaign-schedule", campaign_id=campaign_id)
    return schedule_shown(request, campaign, form=form, holiday=HolidayForm(prefix="holiday"))


def schedule_shown(
    request: HttpRequest, campaign: Campaign, *, form: ScheduleForm, holiday: HolidayForm
) -> HttpResponse:
    return part(
        request,
        "campaigns/campaign_schedule.html",
        campaign,
        "schedule",
        form=form,
        workdays=[form[name] for name in WORKDAYS],
        weekend=[form[name] for name in WEEKDAYS[len(WORKDAYS) :]],
        holidays=campaign.holidays.all(),
        new_holiday=holiday,
        status=400 if form.errors or holiday.errors else 200,
    )


@require_POST
@permitted(MANAGE)
def new_holiday(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """One more day on which it does not attend."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    holiday = HolidayForm(request.POST, prefix="holiday")
    if holiday.is_valid():
        said = holiday.cleaned_data
        made = submit(holiday, lambda: add_holiday(campaign_id, by=by, **said))
        if made is not None:
            tell(request, _("The holiday was added."))
            return redirect("campaign-schedule", campaign_id=campaign_id)
    return schedule_shown(request, campaign, form=ScheduleForm(initial=ScheduleForm.stored(campaign)), holiday=holiday)


@require_POST
@permitted(MANAGE)
def drop_holiday(request: HttpRequest, campaign_id: int, holiday_id: int) -> HttpResponse:
    """Attend on that day after all."""
    try:
        remove_holiday(campaign_id, holiday_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    tell(request, _("The holiday was removed."))
    return redirect("campaign-schedule", campaign_id=campaign_id)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def messages(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What it says by itself."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    form = MessagesForm(request.POST or None, initial=MessagesForm.stored(campaign))
    if submit_edit(
        request,
        form,
        lambda version: set_messages(campaign_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: MessagesForm.stored(seen_campaign(campaign_id, by=by)),
    ):
        return redirect("campaign-messages", campaign_id=campaign_id)
    # Nobody attends yet when it is said: the agent has no name.
    filled = {name: meaning for name, meaning in variables.VARIABLES.items() if name != "agente"}
    return part(request, "campaigns/campaign_messages.html", campaign, "messages", form=form, variables=filled)


@require_http_methods(["GET", "POST"])
@permitted(MANAGE)
def bases(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The bases its agents may use."""
    by = signed_in_user(request)
    campaign = seen_campaign(campaign_id, by=by)
    offered = list(
        ContactBase.objects.visible_to(by)
        .filter(~Q(state=ContactBase.State.CLOSED) | Q(pk__in=campaign.worked_bases.values("base")))
        .order_by("folded_name")
    )
    form = BasesForm(request.POST or None, bases=offered, initial=BasesForm.stored(campaign))
    if submit_edit(
        request,
        form,
        lambda version: set_bases(campaign_id, sheet=form.sheet(), by=by, version=version),
        again=lambda: BasesForm.stored(seen_campaign(campaign_id, by=by)),
    ):
        return redirect("campaign-bases", campaign_id=campaign_id)
    held = set(campaign.worked_bases.values_list("base_id", flat=True))
    rows = [each for each in offered if each.pk in held]
    return part(
        request, "campaigns/campaign_bases.html", campaign, "bases", form=form, rows=rows, has_bases=bool(offered)
    )

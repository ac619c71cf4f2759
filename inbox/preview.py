"""The page where agents work the records of bases, one open at a time (000-02)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import signed_in_user
from accounts.models import User
from contacts.actions.slices import counts_of
from contacts.member_rows import AROUND, member_rows
from contacts.models import Attempt, BaseMember, ContactBase
from contacts.open_records import open_record_of
from core.forms import tell
from core.fragments import answer_fragment
from core.refusals import NotFound, Refusal
from inbox.actions.previewing import outcome_due_at, release_record, take_record, workable_bases
from inbox.permits import works_active

ATTEMPTS_SHOWN = 10
OFFERED = ("unprocessed", "retry", "auto_callback", "scheduled")


@require_GET
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """What there is to work, or the record that is open."""
    user = signed_in_user(request)
    return render(request, "inbox/preview.html", record_context(user) | {"works": works_of(user)})


@require_GET
@login_required
def preview_record(request: HttpRequest) -> HttpResponse:
    """The open record's own part: read again when something was done with it."""
    user = signed_in_user(request)
    return answer_fragment(request, "inbox/_preview_record.html", record_context(user), title=_("Preview"))


@require_POST
@login_required
def preview_take(request: HttpRequest, base_id: int) -> HttpResponse:
    """Open the next record of a base."""
    try:
        record = take_record(base_id, by=signed_in_user(request))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("preview")
    if record is None:
        tell(request, _("Nobody waits in this base now."))
    return redirect("preview")


@require_POST
@login_required
def preview_release(request: HttpRequest) -> HttpResponse:
    """Give the open record back."""
    try:
        record = release_record(by=signed_in_user(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        if record is not None:
            tell(request, _("The record went back to its base."))
    return redirect("preview")


def record_context(user: User) -> dict[str, Any]:
    record = open_record_of(user)
    if record is None:
        return {"record": None}
    (member,) = BaseMember.objects.filter(pk=record.pk).select_related(*AROUND)
    (row,) = member_rows([member], user)
    attempts = (
        Attempt.objects.filter(member=record).select_related("user", "typification__parent").order_by("-at", "-pk")
    )
    return {
        "record": record,
        "row": row,
        "is_called": record.state == BaseMember.State.IN_PROGRESS,
        "outcome_due_at": outcome_due_at(record),
        "attempts": list(attempts[:ATTEMPTS_SHOWN]),
        "base": record.base,
    }


def works_of(user: User) -> list[dict[str, Any]]:
    """Each base that may be worked: how many wait in it, and why nothing is given out by it now."""
    bases = list(workable_bases(user).order_by("folded_name"))
    counts = counts_of([each.pk for each in bases])
    permit = works_active(user)
    return [
        {
            "base": base,
            "waiting": sum(counts.get(base.pk, {}).get(state, 0) for state in OFFERED),
            "reason": reason_of(base, permit.refusal.message if permit.refusal is not None else ""),
        }
        for base in bases
    ]


def reason_of(base: ContactBase, why: str) -> str:
    return why or (_("This base is paused.") if base.state != ContactBase.State.ACTIVE else "")

"""One run: its preview, its progress, its end; and the buttons that steer it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import recently_signed_in, signed_in_user
from accounts.models import User
from core.forms import tell
from core.fragments import answer_fragment
from core.refusals import NotFound, Refusal
from processes.actions.asking import ask_again
from processes.actions.steering import cancel_run, pause_run, resume_run, start_run, undo_run
from processes.catalogue import process_of
from processes.errors import ScopeHeld
from processes.models import Run, RunHold, State
from processes.rows import file_rows, others_lately, run_row, sample_of
from processes.views.doors import for_who_may_run, seen_run, steerable_run

OTHERS = 5


@require_GET
@for_who_may_run
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """What it would do, is doing, or did."""
    by = signed_in_user(request)
    run = seen_run(run_id, by=by)
    row = run_row(run, by=by)
    context: dict[str, Any] = {"heading": row["title"], "process": row["process"], "step": step_of(run), **row}
    # Of a process that is not installed any more there is nothing to confirm.
    if run.state == State.PREVIEWED and row["process"] is not None:
        context |= {"sample": sample_of(run, by=by), "holder": holder_of(run, by=by)}
        context["effect"] = row["process"].effect(run, by=by)
        return render(request, "processes/preview.html", context)
    others = Run.objects.visible_to(by).exclude(pk=run.pk).exclude(state__in=[State.DRAFT, State.PREVIEWED])
    context |= {"files": file_rows(run, by=by)}
    context["others"] = others_lately(others.select_related("base", "requested_by", "started_by")[:OTHERS])
    return render(request, "processes/run.html", context)


@require_GET
@for_who_may_run
def run_progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far it has come: a part of its page, asked for again while it goes on. It survives a reload: it is read from the row.

    `seen` is where the run stands by the page around it: its head and its buttons.
    """
    by = signed_in_user(request)
    row = run_row(seen_run(run_id, by=by), by=by)
    has_moved = request.GET.get("seen", row["stands"]) != row["stands"]
    return answer_fragment(request, "processes/_progress.html", row | {"has_moved": has_moved}, title=row["title"])


def step_of(run: Run) -> int:
    return 3 if run.state in (State.DRAFT, State.PREVIEWED) else 4


def holder_of(run: Run, *, by: User) -> Run | None:
    """Another run that has the rows now, as far as the reader sees it: said before anybody types the word."""
    scopes = list(process_of(run.kind).scopes(run.parameters))
    held = RunHold.objects.filter(scope__in=scopes).exclude(run=run).values("run_id")
    found: Run | None = Run.objects.visible_to(by).filter(pk__in=held).first()
    return found


@require_POST
@for_who_may_run
def start(request: HttpRequest, run_id: int) -> HttpResponse:
    """Confirm what was previewed; what deletes history, in a session that is not old (S47)."""
    by = signed_in_user(request)
    run = steerable_run(run_id, by=by)
    try:
        if process_of(run.kind).word:
            recently_signed_in(request)
        start_run(run_id, by=by, word=request.POST.get("word", ""))
    except ScopeHeld as refusal:
        messages.error(request, refused_words(refusal))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("run", run_id=run_id)


def refused_words(refusal: ScopeHeld) -> str:
    """With the way to the run that is in the way (R40)."""
    if not refusal.extra.get("run_id"):
        return refusal.message
    return format_html(
        '{} <a href="{}">{}</a>', refusal.message, reverse("run", args=[refusal.extra["run_id"]]), _("See that run")
    )


def steered(act: Callable[..., object], words: Any, *, is_destructive: bool = False) -> Callable[..., HttpResponse]:
    """A button that calls `act(run_id, by=…)` and leads back to the run."""

    def view(request: HttpRequest, run_id: int) -> HttpResponse:
        by = signed_in_user(request)
        steerable_run(run_id, by=by)
        if is_destructive:
            recently_signed_in(request)
        try:
            act(run_id, by=by)
        except NotFound:
            raise Http404 from None
        except ScopeHeld as refusal:
            messages.error(request, refused_words(refusal))
        except Refusal as refusal:
            messages.error(request, " ".join([refusal.message, *chain.from_iterable(refusal.fields.values())]).strip())
        else:
            if words:
                tell(request, str(words))
        return redirect("run", run_id=run_id)

    return require_POST(for_who_may_run(view))


again = steered(ask_again, "")
pause = steered(pause_run, gettext_lazy("It stops after the records it has in hand."))
resume = steered(resume_run, gettext_lazy("It goes on."))
cancel = steered(cancel_run, gettext_lazy("It stops after the records it has in hand, for good."))
undo = steered(undo_run, gettext_lazy("What it did is being taken back."), is_destructive=True)

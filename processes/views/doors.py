"""Who may enter the pages of processes: whoever runs them, and whoever may export, for their exports. Each process says whom it permits."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.actions import note_refused_entry
from accounts.guards import View, signed_in_user
from accounts.models import User
from core.refusals import NotFound
from processes.catalogue import catalogue, process_of
from processes.models import Run
from processes.process import Process

RUN = "processes.run_processes"


def for_who_may_run(view: View) -> View:
    """Let in who may run any process. Others: 403 and a line in the journal (S07); nobody signed in: the login page."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        by = signed_in_user(request)
        try:
            if not by.has_perm(RUN) and not any(each.permits(by) for each in catalogue().values()):
                raise PermissionDenied
            return view(request, *args, **kwargs)
        except PermissionDenied:
            note_refused_entry(by, path=request.path, method=request.method or "")
            raise

    return guarded  # type: ignore[return-value]  # login_required keeps the shape of what it wraps


def permitted_process(kind: str, *, by: User) -> Process:
    """A process that `by` may run. Raises Http404, PermissionDenied."""
    try:
        process = process_of(kind)
    except NotFound:
        raise Http404 from None
    if not process.permits(by):
        raise PermissionDenied
    return process


def seen_run(run_id: int, *, by: User) -> Run:
    """A run that `by` may look at; who runs no processes sees those of what they may run alone. Raises Http404."""
    found: Run | None = (
        Run.objects.visible_to(by)
        .select_related("base", "requested_by", "started_by", "undo_asked_by")
        .filter(pk=run_id)
        .first()
    )
    if found is None:
        raise Http404
    process = catalogue().get(found.kind)
    if not by.has_perm(RUN) and (process is None or not process.permits(by)):
        raise Http404
    return found


def steerable_run(run_id: int, *, by: User) -> Run:
    """A run that `by` may steer: that they may run its process is asked again. Raises Http404, PermissionDenied."""
    run = seen_run(run_id, by=by)
    process = catalogue().get(run.kind)
    if process is None:
        # Its package is gone: whoever runs processes may still stop it.
        if not by.has_perm(RUN):
            raise PermissionDenied
    elif not process.permits(by):
        raise PermissionDenied
    return run

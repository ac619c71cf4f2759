"""Processes: what may be run, in groups; the form of each; and what was run (B-01, P0-55, P0-58)."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import signed_in_user
from accounts.models import User
from core.lists import Column, FilterForm, ListPage
from core.sections import Words
from core.tables import NotATable
from processes.actions.asking import ask_for_run
from processes.actions.sheets import bring_sheet
from processes.catalogue import catalogue
from processes.models import Run, Sheet, State
from processes.process import Process, ProcessForm
from processes.rows import duration_s, is_theirs, may_have, others_lately
from processes.views.doors import RUN, for_who_may_run, permitted_process

LATELY = 6
# For whoever asked too much lately.
RETRY_SECONDS = 600

COLUMNS = (
    Column(name="asked", title=gettext_lazy("When"), sort="requested_at"),
    Column(name="process", title=gettext_lazy("Process")),
    Column(name="state", title=gettext_lazy("State")),
    Column(name="applied", title=gettext_lazy("Done"), is_numeric=True),
    Column(name="skipped", title=gettext_lazy("Left out"), is_numeric=True),
    Column(name="took", title=gettext_lazy("Took"), is_numeric=True),
    Column(name="who", title=gettext_lazy("Who")),
)


class RunFilters(FilterForm):
    has_search = False
    kind = forms.ChoiceField(required=False, label=gettext_lazy("Process"))
    state = forms.ChoiceField(
        required=False, label=gettext_lazy("State"), choices=[("", gettext_lazy("All")), *State.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["kind"].choices = [
            ("", gettext_lazy("All")),
            *((kind, each.title) for kind, each in catalogue().items()),
        ]

    def narrow(self, rows: Any) -> Any:
        said = {name: self.said(name) for name in ("kind", "state")}
        return rows.filter(**{name: value for name, value in said.items() if value})


@require_GET
@for_who_may_run
def process_list(request: HttpRequest) -> HttpResponse:
    """What may be run, by group, and what was run lately."""
    by = signed_in_user(request)
    groups: dict[str, list[tuple[Process, Words]]] = {}
    for process in (each for each in catalogue().values() if each.is_listed):
        why_not = "" if process.permits(by) else process.why_not(by)
        if process.permits(by) or (why_not and by.has_perm(RUN)):
            groups.setdefault(str(process.group), []).append((process, why_not))
    lately = runs_seen(by).exclude(state__in=[State.DRAFT, State.PREVIEWED])
    context = {
        "heading": _("Processes"),
        "groups": groups.items(),
        "lately": others_lately(lately.select_related("base", "requested_by", "started_by")[:LATELY]),
    }
    return render(request, "processes/list.html", context)


@require_http_methods(["GET", "POST"])
@for_who_may_run
def process_page(request: HttpRequest, kind: str) -> HttpResponse:
    """The parameters of a process. Nothing changes here: what they choose is counted first."""
    by = signed_in_user(request)
    process = permitted_process(kind, by=by)
    again = Run.objects.visible_to(by).filter(kind=kind, pk=number_said(request, "again")).first()
    form = process.form_class(
        request.POST or None,
        request.FILES or None,
        by=by,
        initial=initial_of(again.parameters) if again else initial_of(request.GET.dict()),
    )
    refusal = process.refusal(by) if request.method == "POST" else None
    if refusal is not None:
        messages.error(request, refusal.message)
    elif request.method == "POST" and form.is_valid():
        try:
            run = asked_by(form, process, submission=submission_said(request), by=by)
        except NotATable as refusal_of_file:
            form.add_error(None, refusal_of_file.message)
        else:
            return redirect("run", run_id=run.pk)
    context = {
        "heading": process.title,
        "process": process,
        "form": form,
        # A form that was refused is still the same submission.
        "submission": submission_said(request) if request.method == "POST" else uuid.uuid4(),
        "step": 2,
    }
    status = refusal.status if refusal is not None else 400 if form.errors else 200
    answer = render(request, "processes/parameters.html", context, status=status)
    if refusal is not None:
        answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def asked_by(form: ProcessForm, process: Process, *, submission: uuid.UUID, by: User) -> Run:
    sheet = sheet_of(form, process, submission=submission, by=by)
    return ask_for_run(process, form.parameters(), submission=submission, by=by, lines=form.lines(), sheet=sheet)


def sheet_of(form: ProcessForm, process: Process, *, submission: uuid.UUID, by: User) -> Sheet | None:
    """The file that came with a valid form, kept; None: it asks for none. Raises NotATable."""
    file = form.brought_file()
    if file is None:
        return None
    name = str(getattr(file, "name", ""))
    return bring_sheet(file, name=name, kind=process.kind, submission=submission, by=by)


def initial_of(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def submission_said(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return uuid.uuid4()


def number_said(request: HttpRequest, name: str) -> int:
    said = request.GET.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


@require_GET
@for_who_may_run
def run_list(request: HttpRequest) -> HttpResponse:
    """What was run: who, when, what came of it."""
    by = signed_in_user(request)
    rows = runs_seen(by).select_related("base", "requested_by", "started_by").prefetch_related("files")
    page = ListPage(rows, params=request.GET, columns=COLUMNS, order="-asked", filters=RunFilters(request.GET))
    for line, run in zip(others_lately(page.rows), page.rows, strict=True):
        run.line, run.took = line, duration_s(run)
        run.fetchable = [
            each for each in run.files.all() if each.is_fetchable and may_have(each, by) and is_theirs(run, by)
        ]
    return render(request, "processes/runs.html", {"page": page, "heading": _("History of processes")})


def runs_seen(by: User) -> Any:
    """All that `by` sees; who runs no processes, those of what they may run."""
    seen = Run.objects.visible_to(by)
    if by.has_perm(RUN):
        return seen
    return seen.filter(kind__in=[kind for kind, each in catalogue().items() if each.permits(by)])

"""Contacts of a file: it is brought, its columns are told, its first rows are looked at cell by cell; then it is a run like any other (P0-55)."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.guards import signed_in_user
from accounts.models import Team, User
from contacts.base_forms import LotForm
from contacts.columns import DOCUMENT, WAYS, PersonReader, Target, guess, targets
from core.tables import NotATable
from processes.actions.asking import ask_for_run
from processes.actions.sheets import bring_sheet, remember
from processes.importing import ImportingContacts, column_name
from processes.models import Sheet
from processes.sheets import first_rows, remembered
from processes.views.catalogue import submission_said
from processes.views.doors import for_who_may_run, permitted_process

LARGEST_FILE = 100 * 1024 * 1024
PREVIEWED = 50
SHOWN = 80


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}), allow_empty_file=True
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large: up to {n} MB.").format(n=LARGEST_FILE // 1024**2))
        return file


class ColumnsForm(LotForm):
    """What each column is, and the lot they go to."""

    def __init__(self, *args: Any, by: User, head: list[str], known: list[Target], **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        choices = [("", _("Leave it out")), *((each.code, each.title) for each in known)]
        for place in range(len(head)):
            widget = forms.Select(attrs={"class": "input", "data-size": "sm"})
            label = column_name(head, place)
            self.fields[f"column-{place}"] = forms.ChoiceField(
                choices=choices, required=False, label=label, widget=widget
            )
        self.width = len(head)
        self.titles = {each.code: str(each.title) for each in known}

    def codes(self) -> list[str]:
        return [self.cleaned_data.get(f"column-{place}", "") for place in range(self.width)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        codes = [code for code in self.codes() if code]
        twice = [code for code, many in Counter(codes).items() if many > 1 and code not in WAYS]
        if twice:
            self.add_error(None, _("Two columns cannot both be «{name}».").format(name=self.titles[twice[0]]))
        if "first_name" not in codes and "last_name" not in codes:
            self.add_error(None, _("Say which column has the names."))
        if not any(code in WAYS or code.startswith(DOCUMENT) for code in codes):
            self.add_error(None, _("Say which column has a number, an address or a document: by it people are known."))
        return said


@require_http_methods(["GET", "POST"])
@for_who_may_run
def bring(request: HttpRequest) -> HttpResponse:
    """The file. It is read here, in the limited process: what is no table is refused before anything is kept."""
    by = signed_in_user(request)
    process = permitted_process(ImportingContacts.kind, by=by)
    submission = submission_said(request) if request.method == "POST" else uuid.uuid4()
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            sheet = bring_sheet(file, name=file.name, kind=process.kind, submission=submission, by=by)
        except NotATable as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect("import-columns", sheet=sheet.uuid)
    context = {"heading": process.title, "process": process, "form": form, "submission": submission, "step": 2}
    return render(request, "processes/bring.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_who_may_run
def columns(request: HttpRequest, sheet: uuid.UUID) -> HttpResponse:
    """What the columns are, guessed or remembered, and the first rows as they would be read."""
    by = signed_in_user(request)
    process = permitted_process(ImportingContacts.kind, by=by)
    brought = Sheet.objects.filter(uuid=sheet, brought_by=by, kind=process.kind).first()
    if brought is None:
        raise Http404
    head, known = list(brought.head or []), targets()
    form = ColumnsForm(
        request.POST or None, by=by, head=head, known=known, initial=initial_of(brought, head, known, by=by)
    )
    is_asked = request.method == "POST" and "look" not in request.POST
    if is_asked and form.is_valid():
        remember(head, form.codes(), kind=process.kind, by=by)
        parameters = {
            "sheet": str(brought.uuid),
            "columns": form.codes(),
            "name": form.cleaned_data["name"].strip(),
            "teams": [int(each) for each in form.cleaned_data["teams"]],
            "file": brought.name,
            "rows": brought.rows,
        }
        run = ask_for_run(process, parameters, submission=submission_said(request), by=by, sheet=brought)
        return redirect("run", run_id=run.pk)
    codes = codes_said(form, len(head), {each.code for each in known})
    rows, flawed = looked_at(brought, codes)
    context = {
        "heading": process.title,
        "process": process,
        "form": form,
        "sheet": brought,
        "submission": submission_said(request) if request.method == "POST" else uuid.uuid4(),
        "step": 2,
        "columns": [(form[f"column-{place}"], column_name(head, place)) for place in range(len(head))],
        "rows": rows,
        "flawed": flawed,
        "looked_at": ngettext("The first row", "The first {n} rows", len(rows)).format(n=len(rows)),
    }
    return render(request, "processes/columns.html", context, status=400 if is_asked else 200)


def initial_of(sheet: Sheet, head: list[str], known: list[Target], *, by: User) -> dict[str, Any]:
    codes = remembered(head, kind=sheet.kind) or guess(head, known)
    live = {each.code for each in known}
    own = Team.objects.live().filter(memberships__user=by).order_by("pk").values_list("pk", flat=True)
    stem = sheet.name.rpartition(".")[0] or sheet.name
    said: dict[str, Any] = {"name": stem.replace("_", " ")[:80], "teams": [str(pk) for pk in own]}
    return said | {f"column-{place}": code if code in live else "" for place, code in enumerate(codes)}


def codes_said(form: ColumnsForm, width: int, live: set[str]) -> list[str]:
    said = [form[f"column-{place}"].value() or "" for place in range(width)]
    return [code if code in live else "" for code in said]


def looked_at(sheet: Sheet, codes: list[str]) -> tuple[list[dict[str, Any]], int]:
    """The first rows, each cell with what is wrong with it; and how many of them have something wrong."""
    reader, rows, flawed = PersonReader(codes), [], 0
    for number, cells in first_rows(sheet, PREVIEWED):
        wrong: dict[int, list[str]] = {}
        for place, _code, sentence in reader.read(cells).wrong:
            wrong.setdefault(place, []).append(sentence)
        flawed += bool(wrong)
        shown = [
            {
                "text": shortened(cells[place] if place < len(cells) else ""),
                "wrong": " ".join(wrong.get(place, ())),
                "is_read": bool(code),
            }
            for place, code in enumerate(codes)
        ]
        rows.append({"number": number, "cells": shown, "wrong": " ".join(wrong.get(-1, ()))})
    return rows, flawed


def shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

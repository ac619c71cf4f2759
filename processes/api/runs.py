"""Runs of processes for programs: asked for, previewed, started, steered, taken back, by the same rights as on the pages.

What deletes or takes back is done in a session that is not old (S47): a token cannot say once more who it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.guards import recently_signed_in
from accounts.models import ApiToken, User
from accounts.requests import SignedInRequest
from core.refusals import Invalid
from processes.actions.asking import ask_again, ask_for_run, submitted
from processes.actions.steering import cancel_run, pause_run, resume_run, start_run, undo_run
from processes.catalogue import catalogue, process_of
from processes.errors import SignInAgain
from processes.models import Run, State
from processes.process import Process, ProcessForm
from processes.rows import run_row, sample_of
from processes.views.catalogue import runs_seen, sheet_of
from processes.views.doors import RUN, permitted_process, seen_run, steerable_run

LIMIT = 50
OBJECT = {200: OpenApiTypes.OBJECT}
CURSOR = OpenApiParameter("cursor", int, description="The id of the last one of the page before.")


class RunInput(serializers.Serializer[None]):
    kind = serializers.CharField(max_length=60)
    # The same again is the same run.
    submission = serializers.UUIDField(required=False, default=None, allow_null=True)
    parameters = serializers.DictField(required=False, default=dict)


class StartInput(serializers.Serializer[None]):
    word = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class ProcessView(APIView):
    """A door for who runs processes; a write of it costs enough to be counted."""

    throttle_classes = (ScopedRateThrottle,)

    def get_throttles(self) -> list[Any]:
        self.throttle_scope = "runs" if self.request.method == "POST" else None
        return super().get_throttles() if self.throttle_scope else []

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        by = request.user
        if not by.has_perm(RUN) and not any(each.permits(by) for each in catalogue().values()):
            raise PermissionDenied


class Runs(ProcessView):
    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(
        operation_id="runs_list",
        parameters=[CURSOR, OpenApiParameter("kind", str), OpenApiParameter("state", str, enum=State.values)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> Response:
        """The newest first: one's own, and those over bases one sees."""
        runs = runs_seen(request.user)
        last = cursor_said(request) or (runs.aggregate(top=Max("pk"))["top"] or 0) + 1
        known = {"kind": catalogue().keys(), "state": State.values}
        # What there is none of finds nothing, whatever it is.
        if any(request.GET.get(name) and request.GET[name] not in values for name, values in known.items()):
            return Response({"results": [], "next": None})
        said = {name: request.GET[name] for name in known if request.GET.get(name)}
        listed = runs.filter(pk__lt=last, **said).select_related("base", "requested_by", "started_by").order_by("-pk")
        found = list(listed[: LIMIT + 1])
        rows = [shown(each, by=request.user) for each in found[:LIMIT]]
        return Response({"results": rows, "next": str(found[LIMIT - 1].pk) if len(found) > LIMIT else None})

    @extend_schema(
        operation_id="run_make", request=RunInput, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT}
    )
    def post(self, request: SignedInRequest) -> Response:
        """Ask what a process would do: nothing changes. With a file, as multipart: the parameters are fields beside it."""
        serializer = RunInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        process = permitted_process(said["kind"], by=request.user)
        if process.form_class is ProcessForm:
            # Its parameters are told on pages of its own: which column is what.
            raise Invalid(_("Check the marked fields."), fields={"kind": [_("This value is not understood.")]})
        if (refusal := process.refusal(request.user)) is not None:
            raise refusal
        sent: Any = request.data
        given = dict(sent.lists()) if isinstance(sent, MultiValueDict) else said["parameters"]
        form = process.form_class(form_data(given), request.FILES, by=request.user)
        if not form.is_valid():
            fields = {
                name if name != "__all__" else "parameters": [str(each) for each in words]
                for name, words in form.errors.items()
            }
            raise Invalid(_("Check the marked fields."), fields=fields)
        submission, parameters = said["submission"] or uuid.uuid4(), form.parameters()
        sheet = sheet_of(form, process, submission=submission, by=request.user)
        key = submitted(process, parameters, submission=submission, by=request.user, sheet=sheet)
        is_known = Run.objects.filter(submission=key).exists()
        run = ask_for_run(process, parameters, submission=submission, by=request.user, lines=form.lines(), sheet=sheet)
        return Response(whole(seen_run(run.pk, by=request.user), by=request.user), status=200 if is_known else 201)


class OneRun(ProcessView):
    @extend_schema(operation_id="run_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        """Counts by reason, of its preview and of now; while it is previewed also a sample and what it comes to."""
        return Response(whole(seen_run(bulk_run_id, by=request.user), by=request.user))


class Preview(ProcessView):
    @extend_schema(operation_id="run_preview", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        """Count anew what a run that was not started would do."""
        return steered(request, bulk_run_id, ask_again)


class Start(ProcessView):
    @extend_schema(operation_id="run_start", request=StartInput, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        """Confirm what was previewed; `word` where its process asks for one."""
        serializer = StartInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        run = steerable_run(bulk_run_id, by=request.user)
        if process_of(run.kind).word:
            refuse_old_session(request)
        start_run(bulk_run_id, by=request.user, word=serializer.validated_data["word"])
        return Response(whole(seen_run(bulk_run_id, by=request.user), by=request.user))


class Pause(ProcessView):
    @extend_schema(operation_id="run_pause", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        return steered(request, bulk_run_id, pause_run)


class Resume(ProcessView):
    @extend_schema(operation_id="run_resume", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        return steered(request, bulk_run_id, resume_run)


class Cancel(ProcessView):
    @extend_schema(operation_id="run_cancel", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        """Stop for good: what was done stays."""
        return steered(request, bulk_run_id, cancel_run)


class Undo(ProcessView):
    @extend_schema(operation_id="run_undo", request=None, responses=OBJECT)
    def post(self, request: SignedInRequest, bulk_run_id: int) -> Response:
        """Take back what it did, within a day of its end."""
        steerable_run(bulk_run_id, by=request.user)
        refuse_old_session(request)
        return steered(request, bulk_run_id, undo_run)


def steered(request: SignedInRequest, run_id: int, act: Callable[..., object]) -> Response:
    steerable_run(run_id, by=request.user)
    act(run_id, by=request.user)
    return Response(whole(seen_run(run_id, by=request.user), by=request.user))


# ── What the doors share


def refuse_old_session(request: SignedInRequest) -> None:
    """Raises SignInAgain: a token, or a session that began a while ago."""
    words = _("Sign in again on the pages: this deletes or takes back what was done.")
    if isinstance(request.auth, ApiToken):
        raise SignInAgain(words)
    try:
        recently_signed_in(request._request)
    except ReauthenticationRequired:
        raise SignInAgain(words) from None


def cursor_said(request: SignedInRequest) -> int | None:
    said = request.GET.get("cursor", "")
    if not said:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise Invalid(_("Check the marked fields."), fields={"cursor": [_("This value is not understood.")]})
    return int(said)


def form_data(parameters: Mapping[str, Any]) -> MultiValueDict[str, str]:
    """What a page's form would have sent: lists as several values, nothing for what is not so."""
    data: MultiValueDict[str, str] = MultiValueDict()
    for name, value in parameters.items():
        values = value if isinstance(value, list) else [value]
        said = ["on" if each is True else str(each) for each in values if each is not None and each is not False]
        if said:
            data.setlist(name, said)
    return data


def shown(run: Run, *, by: User) -> dict[str, Any]:
    row = run_row(run, by=by)
    names = ("id", "kind", "state", "failure", "total", "applied", "skipped", "failed", "undone", "kept")
    times = ("requested_at", "frozen_at", "started_at", "finished_at", "undo_until", "undone_at")
    return {name: getattr(run, name) for name in names + times} | {
        "title": row["title"],
        "percent": row["percent"],
        "expected": run.expected if run.frozen_at else None,
        "base": {"id": run.base.pk, "name": run.base.name} if run.base else None,
        "who": {"id": row["who"].pk, "name": row["who"].name},
        "may_be_undone": run.may_be_undone_now,
        "is_undoing": run.is_undoing,
    }


def whole(run: Run, *, by: User) -> dict[str, Any]:
    process = process_of(run.kind)
    row = shown(run, by=by) | {
        "word": str(process.word),
        "preview": counted(run.preview, process),
        "reasons": counted(run.reasons, process),
        "about": [{"label": label, "value": value} for label, value in process.about(run, by=by)],
    }
    if run.state == State.PREVIEWED:
        row |= {"sample": table(sample_of(run, by=by)), "effect": table(process.effect(run, by=by))}
    return row


def counted(counts: Mapping[str, int], process: Process) -> list[dict[str, Any]]:
    largest_first: Iterable[tuple[str, int]] = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [
        {"reason": code, "title": process.reason(code).title, "hint": process.reason(code).hint, "count": many}
        for code, many in largest_first
    ]


def table(figures: Any) -> dict[str, Any] | None:
    return {"columns": list(figures.columns), "rows": [list(each) for each in figures.rows]} if figures else None

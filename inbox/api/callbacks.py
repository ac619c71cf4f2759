"""Promises to contact somebody [Agendas] over REST: mine and those of my campaigns, moved and ended."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from core import text
from core.refusals import Invalid, NotFound
from inbox.actions.calling_back import cancel_callback, finish_callback, move_callback
from inbox.api.views import OBJECT, checked, read_limit
from inbox.models import Callback
from inbox.record_permits import may_work_callback
from inbox.rows import shown_number


class MoveInput(serializers.Serializer[None]):
    due_at = serializers.DateTimeField(default_timezone=datetime.UTC)


class EndInput(serializers.Serializer[None]):
    state = serializers.ChoiceField(choices=["done", "cancelled"])


class Callbacks(APIView):
    @extend_schema(
        operation_id="callbacks_list",
        parameters=[
            OpenApiParameter("mine", bool, description="1: one's own only"),
            OpenApiParameter("cursor", int),
            OpenApiParameter("limit", int),
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest) -> Response:
        """What is promised and not kept yet, the soonest first."""
        limit = read_limit([request.GET.get("limit", "50")])
        pending = pending_for(request.user, mine=request.GET.get("mine") == "1")
        if cursor := request.GET.get("cursor", ""):
            pending = beyond(pending, cursor)
        found = list(pending[: limit + 1])
        rows = [callback_row(each, request.user) for each in found[:limit]]
        return Response({"results": rows, "next": str(found[limit - 1].pk) if len(found) > limit else None})


class CallbackDetail(APIView):
    @extend_schema(operation_id="callback_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, callback_id: int) -> Response:
        return Response(callback_row(seen_callback(callback_id, request.user), request.user))

    @extend_schema(request=MoveInput, responses=OBJECT)
    def put(self, request: SignedInRequest, callback_id: int) -> Response:
        """Promise it for another time."""
        seen_callback(callback_id, request.user)
        move_callback(callback_id, due_at=checked(MoveInput, request)["due_at"], by=request.user)
        return Response(callback_row(seen_callback(callback_id, request.user), request.user))


class CallbackEnd(APIView):
    @extend_schema(request=EndInput, responses={200: OpenApiTypes.OBJECT})
    def put(self, request: SignedInRequest, callback_id: int) -> Response:
        """It was kept, or is taken back. Saying the same again changes nothing."""
        seen_callback(callback_id, request.user)
        state = checked(EndInput, request)["state"]
        (finish_callback if state == "done" else cancel_callback)(callback_id, by=request.user)
        return Response(callback_row(seen_callback(callback_id, request.user), request.user))


AROUND = ("contact__merged_into", "contact_point", "campaign", "member__base", "owner")


def pending_for(user: User, *, mine: bool) -> QuerySet[Callback]:
    pending: QuerySet[Callback] = Callback.objects.visible_to(user).filter(state=Callback.State.PENDING)
    if mine:
        pending = pending.filter(owner=user)
    return pending.select_related(*AROUND).order_by("due_at", "pk")


def beyond(pending: QuerySet[Callback], cursor: str) -> QuerySet[Callback]:
    """Raises Invalid: no callback that the reader sees."""
    last = (
        pending.filter(pk=int(cursor)).first() if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    )
    if last is None:
        words = _("This cursor belongs to another list. Start again without it.")
        raise Invalid(_("Check the marked fields."), fields={"cursor": [words]})
    return pending.filter(due_at__gte=last.due_at).exclude(due_at=last.due_at, pk__lte=last.pk)


def seen_callback(callback_id: int, user: User) -> Callback:
    callback: Callback | None = Callback.objects.visible_to(user).select_related(*AROUND).filter(pk=callback_id).first()
    if callback is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return callback


def callback_row(callback: Callback, user: User) -> dict[str, Any]:
    """One promise, for somebody who sees it. Whom it is about is known to who sees the promise, their number to who sees numbers."""
    contact, point = callback.contact.standing, callback.contact_point
    number = point.shown if point is not None and point.is_number else ""
    return {
        "id": callback.pk,
        "kind": callback.kind,
        "kind_name": callback.get_kind_display(),
        "state": callback.state,
        "due_at": callback.due_at,
        "is_reminded": callback.reminded_at is not None,
        "contact": {
            "id": contact.pk,
            "name": contact.name or _("Unknown customer"),
            "initials": text.initials(contact.name),
            "hue": text.hue(contact.pk),
            "is_vip": contact.is_vip,
        },
        "number": shown_number(number, sees_numbers=user.has_perm("accounts.see_numbers")),
        "contact_point": callback.contact_point_id,
        "campaign": {"id": callback.campaign_id, "name": callback.campaign.name},
        "base": callback.member.base.name if callback.member is not None else "",
        "owner": {"id": callback.owner.pk, "name": callback.owner.name} if callback.owner is not None else None,
        "work": may_work_callback(callback, user).as_row(),
    }

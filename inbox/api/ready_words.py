"""Ready words and files at the desk: shortcuts and gallery of a conversation, filled with what is known of it (P0-16, 004-07)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from campaigns import variables
from campaigns.models import Resource, Shortcut
from core.refusals import Invalid
from core.text import fold, without_nul
from inbox.actions.gallery import copy_resource
from inbox.api.details import attachment_row
from inbox.api.views import checked, visible
from inbox.models import Conversation

OBJECT = {200: OpenApiTypes.OBJECT}
# A company's shortcuts are known by heart: a list that nobody could know is cut.
MOST_SHORTCUTS = 500
PAGE = 30
GALLERY_QUESTIONS = [
    OpenApiParameter("search", str, description="a fragment of the name or the words"),
    OpenApiParameter("kind", str, description="text, image, video or document"),
    OpenApiParameter("cursor", int),
]


class CopyInput(serializers.Serializer[None]):
    resource = serializers.IntegerField(min_value=1)


class ShortcutsOf(APIView):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        """Every shortcut an agent finds here, its words filled; a campaign's hides the company's of the same code."""
        conversation = visible(request, conversation_id)
        values = values_for(conversation, request.user)
        offered = Shortcut.objects.live().visible_to(request.user).offered_in(conversation.campaign_id)
        found: dict[str, Shortcut] = {}
        for each in offered.select_related("resource").order_by("position", "code", "pk")[:MOST_SHORTCUTS]:
            if each.code not in found or each.campaign_id is not None:
                found[each.code] = each
        return Response(
            {
                "results": [shortcut_row(each, values) for each in found.values()],
                "variables": list(variables.VARIABLES),
            }
        )


class ResourcesOf(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(
        parameters=GALLERY_QUESTIONS,
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        conversation = visible(request, conversation_id)
        offered = Resource.objects.live().visible_to(request.user).offered_in(conversation.campaign_id)
        page, cursor = gallery_page(offered, request)
        values = values_for(conversation, request.user)
        return Response(
            {
                "results": [resource_row(each, values) for each in page],
                "next": cursor,
                "variables": list(variables.VARIABLES),
            }
        )


class ResourceCopies(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "upload"

    @extend_schema(request=CopyInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest, conversation_id: int) -> Response:
        """A resource's file as an upload of this conversation, to be named by a message (`attachment`)."""
        resource_id = checked(CopyInput, request)["resource"]
        attachment = copy_resource(conversation_id, resource_id, by=request.user)
        return Response(attachment_row(attachment), status=status.HTTP_201_CREATED)


def gallery_page(offered: QuerySet[Resource], request: SignedInRequest) -> tuple[list[Resource], str | None]:
    """One page of a gallery by place and name; the cursor is the id of the last one. Raises Invalid."""
    kind, query = request.GET.get("kind", ""), without_nul(request.GET.get("search", "")).strip()[:80]
    if kind:
        if kind not in Resource.Kind.values:
            raise not_understood("kind")
        offered = offered.filter(kind=kind)
    if query:
        offered = offered.filter(Q(name_folded__contains=fold(query)) | Q(text__icontains=query))
    if cursor := request.GET.get("cursor", ""):
        last = offered.filter(pk=int(cursor)).first() if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None  # fmt: skip
        if last is None:
            raise not_understood("cursor")
        offered = offered.filter(
            Q(position__gt=last.position)
            | Q(position=last.position, name_folded__gt=last.name_folded)
            | Q(position=last.position, name_folded=last.name_folded, pk__gt=last.pk)
        )
    found = list(offered.order_by("position", "name_folded", "pk")[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else None


def values_for(conversation: Conversation, user: User) -> dict[str, str]:
    """What the variables say here. A contact known only by what the provider calls them has no last name: it is not guessed."""
    contact, campaign = conversation.contact.standing, conversation.campaign
    return {
        "nombre": contact.first_name or contact.profile_name,
        "apellido": contact.last_name,
        "agente": user.get_full_name(),
        "empresa": campaign.project.client.name if campaign else "",
        "campaña": campaign.name if campaign else "",
        "proyecto": campaign.project.name if campaign else "",
        "servicio": conversation.channel_account.name,
    }


def shortcut_row(shortcut: Shortcut, values: dict[str, str]) -> dict[str, Any]:
    resource = shortcut.resource
    # Words of its own take the place of the resource's.
    filled = variables.fill(shortcut.text or (resource.text if resource else ""), values)
    return {
        "id": shortcut.pk,
        "code": shortcut.code,
        "name": shortcut.name or (resource.name if resource else ""),
        "kind": shortcut.kind,
        "text": filled.text,
        "missing": list(filled.missing),
        "resource": resource_row(resource, values) if resource is not None and shortcut.kind != "text" else None,
        "is_of_company": shortcut.campaign_id is None,
    }


def resource_row(resource: Resource, values: dict[str, str]) -> dict[str, Any]:
    filled = variables.fill(resource.text, values)
    is_file = resource.kind != Resource.Kind.TEXT
    return {
        "id": resource.pk,
        "kind": resource.kind,
        "name": resource.name,
        "text": filled.text,
        "missing": list(filled.missing),
        "is_of_company": resource.campaign_id is None,
        "file_name": resource.file_name,
        "mime": resource.mime,
        "size": resource.size,
        "width": resource.width,
        "height": resource.height,
        "duration_ms": resource.duration_ms,
        "url": reverse("resource-file", args=[resource.pk]) if is_file else None,
        "thumbnail_url": reverse("resource-thumbnail", args=[resource.pk]) if resource.thumbnail_path else None,
    }


def not_understood(field: str) -> Invalid:
    return Invalid(_("Check the marked fields."), fields={field: [_("This value is not understood.")]})

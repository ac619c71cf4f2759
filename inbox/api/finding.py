"""What is looked up beside lists and threads: words in messages, and what else this person wrote, was told and sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from contacts.models import Contact
from core.refusals import Invalid
from inbox import rows, searching
from inbox.api.views import OBJECT, asks_beyond, read_limit, visible
from inbox.audience import Audience
from inbox.excerpts import excerpt
from inbox.filters import InboxFilter
from inbox.history import bound_of, most_shown, newest_of, without_old
from inbox.listing import page
from inbox.models import Attachment, Conversation, Message

FILE_GROUPS = {"media": ("image", "video"), "documents": ("document",), "sound": ("audio", "voice")}
PEOPLE_SHOWN = 6


class Search(APIView):
    """Everything at once: people by name or number, messages by their words."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(parameters=[OpenApiParameter("search", str), OpenApiParameter("limit", int)], responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        query = request.GET.get("search", "")
        if not query.strip():
            return Response({"conversations": [], "messages": [], "whole": True})
        limit = read_limit([request.GET.get("limit", "20")])
        wanted = searching.Wanted.read(query)
        audience = Audience.of(request.user)
        people = page(
            audience,
            InboxFilter.read({"search": [query]}, user_id=request.user.pk),
            limit=PEOPLE_SHOWN,
            cursor="",
        )
        ids, is_whole = searching.found_messages(audience, query, limit=limit)
        shown = without_old(ids, request.user)
        ids = [pk for pk in ids if pk in shown]
        return Response(
            {
                "conversations": conversation_rows(people.ids, audience),
                "messages": hits(ids, wanted.words, audience),
                "whole": is_whole,
            }
        )


class FoundInConversation(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    @extend_schema(parameters=[OpenApiParameter("search", str)], responses=OBJECT)
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        conversation = visible(request, conversation_id)
        query = request.GET.get("search", "")
        if not query.strip():
            return Response({"results": [], "more": False})
        found = searching.found_in_conversation(conversation, query)
        shown = without_old(found["results"], request.user)
        return Response(found | {"results": [pk for pk in found["results"] if pk in shown]})


class ConversationsOfContact(APIView):
    """This person's other conversations that the user may see, newest first, whatever their campaign and channel (P0-29): as many as the
    client lets the desk show (004-16).
    """

    @extend_schema(
        operation_id="conversations_of_contact",
        parameters=[OpenApiParameter("cursor", int), OpenApiParameter("limit", int)],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        conversation = visible(request, conversation_id)
        most = most_shown(conversation)
        others = newest_of(of_contact(request, conversation).exclude(pk=conversation_id), most)
        return Response(page_of_contact(request, others) | {"most": most})


class EarlierConversations(APIView):
    """Those that began before this one: what stands above its first message."""

    @extend_schema(
        operation_id="conversations_earlier",
        parameters=[
            OpenApiParameter("cursor", int),
            OpenApiParameter("limit", int),
            OpenApiParameter("beyond", bool, description="1: also those from before the campaign's hours of history"),
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        conversation = visible(request, conversation_id)
        earlier = of_contact(request, conversation).filter(pk__lt=conversation_id)
        bound = None if asks_beyond(request) else bound_of(conversation)
        if bound is not None:
            earlier = earlier.filter(last_activity_at__gte=bound.since)
        return Response(page_of_contact(request, earlier))


class FilesOfContact(APIView):
    """Files this person and the house sent each other, newest first (001-33)."""

    @extend_schema(
        parameters=[
            OpenApiParameter("group", str, description="media, documents or sound"),
            OpenApiParameter("cursor", int),
            OpenApiParameter("limit", int),
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, conversation_id: int) -> Response:
        group = request.GET.get("group", "media")
        if group not in FILE_GROUPS:
            raise Invalid(_("Check the marked fields."), fields={"group": [_("This value is not understood.")]})
        mine = of_contact(request, visible(request, conversation_id))
        limit = read_limit([request.GET.get("limit", "30")])
        files = Attachment.objects.filter(
            conversation__in=mine.order_by(),
            kind__in=FILE_GROUPS[group],
            message__deleted_at=None,
            message__revoked_at=None,
        ).order_by("-message_id")
        if (cursor := read_cursor(request)) is not None:
            files = files.filter(message_id__lt=cursor)
        found = list(files.values_list("message_id", flat=True)[: limit + 1])
        shown = rows.message_rows(Message.objects.filter(pk__in=found[:limit]).order_by("-pk"))
        names = ("id", "conversation_id", "happened_at", "direction", "author_name", "text", "attachment")
        return Response(
            {
                "results": [{name: each[name] for name in names} for each in shown],
                "next": str(found[limit - 1]) if len(found) > limit else None,
            }
        )


def of_contact(request: SignedInRequest, conversation: Conversation) -> QuerySet[Conversation]:
    """What the user may see of this person's, whichever of the contacts that were joined it stands under."""
    people = Contact.objects.identity(conversation.contact).values("pk")
    mine: QuerySet[Conversation] = Conversation.objects.visible_to(request.user).filter(contact__in=people)
    return mine.order_by("-pk")


def page_of_contact(request: SignedInRequest, conversations: QuerySet[Conversation]) -> dict[str, Any]:
    limit = read_limit([request.GET.get("limit", "20")])
    if (cursor := read_cursor(request)) is not None:
        conversations = conversations.filter(pk__lt=cursor)
    ids = list(conversations.values_list("pk", flat=True)[: limit + 1])
    return {
        "results": conversation_rows(ids[:limit], Audience.of(request.user)),
        "next": str(ids[limit - 1]) if len(ids) > limit else None,
    }


def conversation_rows(ids: list[int], audience: Audience) -> list[dict[str, Any]]:
    by_id = rows.read_conversations(ids)
    return [rows.show_conversation(by_id[pk], sees_numbers=audience.sees_numbers) for pk in ids if pk in by_id]


def hits(ids: list[int], words: tuple[str, ...], audience: Audience) -> list[dict[str, Any]]:
    """One line a message, in the order of the ids, with the conversation it stands in."""
    found: Iterable[Any] = Message.objects.filter(pk__in=ids).values(
        "id", "conversation_id", "happened_at", "direction", "is_note", "text",
        first=F("author__first_name"), last=F("author__last_name"), username=F("author__username"),
    )  # fmt: skip
    messages = {each["id"]: each for each in found}
    conversations = rows.read_conversations({each["conversation_id"] for each in messages.values()})
    shown = []
    for message in (messages[pk] for pk in ids if pk in messages):
        row = rows.show_conversation(conversations[message["conversation_id"]], sees_numbers=audience.sees_numbers)
        author = rows.person(message.pop("first"), message.pop("last"), message.pop("username"))
        shown.append(
            message
            | {"text": excerpt(message["text"], words), "author_name": author}
            | {
                name: row[name]
                for name in ("name", "initials", "hue", "channel", "account_name", "campaign_name", "tray", "is_vip")
            }
        )
    return shown


def read_cursor(request: SignedInRequest) -> int | None:
    value = request.GET.get("cursor", "")
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Invalid(_("Check the marked fields."), fields={"cursor": [_("This value is not understood.")]})
    return int(value)

"""The record of a base that an agent has open, over REST. A call or a conversation with its contact begins it; their outcome ends it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.requests import SignedInRequest
from contacts.member_rows import AROUND, member_rows
from contacts.models import BaseMember
from contacts.open_records import open_record_of
from inbox.actions.previewing import release_record, take_record
from inbox.api.views import checked


class TakeInput(serializers.Serializer[None]):
    base = serializers.IntegerField(min_value=1)


class OpenRecord(APIView):
    @extend_schema(operation_id="open_record_retrieve", responses={200: OpenApiTypes.OBJECT, 204: None})
    def get(self, request: SignedInRequest) -> Response:
        """The record one has open; 204: none."""
        return answer(open_record_of(request.user), request.user)

    @extend_schema(request=TakeInput, responses={200: OpenApiTypes.OBJECT, 204: None})
    def post(self, request: SignedInRequest) -> Response:
        """Open the next one of a base; 204: nobody waits in it. Asked again, the same one, for longer."""
        return answer(take_record(checked(TakeInput, request)["base"], by=request.user), request.user)

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest) -> Response:
        """Give it back. With none open nothing happens."""
        release_record(by=request.user)
        return Response(status=204)


def answer(record: BaseMember | None, user: User) -> Response:
    if record is None:
        return Response(status=204)
    (member,) = BaseMember.objects.filter(pk=record.pk).select_related(*AROUND)
    (row,) = member_rows([member], user)
    return Response(row | {"base": {"id": member.base_id, "name": member.base.name}})

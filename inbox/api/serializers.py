"""What may be sent to the inbox. Fields are explicit: anything else in a body is ignored (S08)."""

from __future__ import annotations

from rest_framework import serializers

from connectors.kinds import MEDIA_KINDS, MessageKind
from inbox.models import Draft


class MessageInput(serializers.Serializer[None]):
    client_id = serializers.UUIDField()
    # Lengths are the action's to judge, by channel and mode; this only keeps absurd bodies out.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False, default="", max_length=70_000)
    is_note = serializers.BooleanField(required=False, default=False)
    attachment = serializers.UUIDField(required=False, allow_null=True, default=None)
    reply_to = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)


class ClosureInput(serializers.Serializer[None]):
    typification = serializers.IntegerField(min_value=1)
    note = serializers.CharField(allow_blank=True, required=False, default="", max_length=20_000)
    mode = serializers.ChoiceField(choices=["normal", "quick"], required=False, default="normal")


class ReadInput(serializers.Serializer[None]):
    up_to = serializers.IntegerField(min_value=1)


class DraftInput(serializers.Serializer[None]):
    mode = serializers.ChoiceField(choices=Draft.Mode.choices)
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=70_000)
    # One below the column's limit: the next version is one more.
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 2)


class UploadInput(serializers.Serializer[None]):
    file = serializers.FileField()
    conversation = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(choices=sorted(MEDIA_KINDS), required=False, default=MessageKind.IMAGE.value)

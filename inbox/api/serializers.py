"""What may be sent to the inbox. Fields are explicit: anything else in a body is ignored (S08)."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from connectors.kinds import MEDIA_KINDS, MessageKind
from inbox.models import Draft

FILE_KINDS = frozenset(kind.value for kind in MEDIA_KINDS)


# Kinds that may be asked for by name. Without one it is a text, or what the file is.
SENDABLE = [
    "text", "image", "video", "audio", "voice", "document", "sticker",
    "location", "contacts", "interactive", "template", "reaction",
]  # fmt: skip
# Lengths and numbers are the action's to judge, by channel; these only keep absurd bodies out.
LABEL, WORDS, MANY = 2_000, 70_000, 300


def words(*, required: bool = False, longest: int = LABEL) -> serializers.CharField:
    if required:
        return serializers.CharField(max_length=longest, trim_whitespace=False)
    return serializers.CharField(
        allow_blank=True, required=False, default="", max_length=longest, trim_whitespace=False
    )


class LocationInput(serializers.Serializer[None]):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    name = words()
    address = words()


@extend_schema_serializer(component_name="ContactCard")
class ContactInput(serializers.Serializer[None]):
    name = words(required=True)
    phones = serializers.ListField(child=words(required=True), required=False, default=list, max_length=MANY)
    emails = serializers.ListField(child=words(required=True), required=False, default=list, max_length=MANY)
    organization = words()


class ChoiceInput(serializers.Serializer[None]):
    id = words(required=True)
    title = words(required=True)
    description = words()


class SectionInput(serializers.Serializer[None]):
    title = words()
    rows = serializers.ListField(child=ChoiceInput(), max_length=MANY)


class InteractiveInput(serializers.Serializer[None]):
    """`text` of the message is its body. Each type reads its own fields: `buttons`; `button` and `sections`; `title` and `url`."""

    type = serializers.ChoiceField(choices=["buttons", "list", "cta_url", "location_request"])
    header = words()
    footer = words()
    buttons = serializers.ListField(child=ChoiceInput(), required=False, default=list, max_length=MANY)
    button = words()
    sections = serializers.ListField(child=SectionInput(), required=False, default=list, max_length=MANY)
    title = words()
    url = words()


class TemplateInput(serializers.Serializer[None]):
    """Variables by their name in the template (`{{1}}` is "1"), buttons by their index. A header's file is the message's `attachment`."""

    id = serializers.IntegerField(min_value=1)
    header = serializers.DictField(child=words(), required=False, default=dict)
    body = serializers.DictField(child=words(longest=20_000), required=False, default=dict)
    buttons = serializers.DictField(child=words(longest=20_000), required=False, default=dict)
    location = LocationInput(required=False, allow_null=True, default=None)

    def validate_buttons(self, value: dict[str, str]) -> dict[int, str]:
        if not all(index.isascii() and index.isdigit() and len(index) <= 3 for index in value):
            raise serializers.ValidationError(_("This value is not understood."))
        return {int(index): text for index, text in value.items()}


class ReactionInput(serializers.Serializer[None]):
    message = serializers.IntegerField(min_value=1)
    emoji = serializers.CharField(allow_blank=True, max_length=40)


class MessageInput(serializers.Serializer[None]):
    """A message, or a note. `kind` names the body beside it (`location`, `contacts`, `interactive`, `template`, `reaction`)."""

    client_id = serializers.UUIDField()
    # Lengths are the action's to judge, by channel and mode; this only keeps absurd bodies out.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False, default="", max_length=70_000)
    is_note = serializers.BooleanField(required=False, default=False)
    attachment = serializers.UUIDField(required=False, allow_null=True, default=None)
    reply_to = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    # The newest message on the writer's screen when they began: a colleague's answer since then is told before it is sent past.
    written_after = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)
    # A message to send on: what it holds is the new one's, so nothing else stands beside it.
    forward = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    kind = serializers.ChoiceField(choices=SENDABLE, required=False, default="")
    location = LocationInput(required=False, allow_null=True, default=None)
    contacts = serializers.ListField(
        child=ContactInput(), required=False, allow_null=True, default=None, max_length=MANY
    )
    interactive = InteractiveInput(required=False, allow_null=True, default=None)
    template = TemplateInput(required=False, allow_null=True, default=None)
    reaction = ReactionInput(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The body that the kind names is there, and no other: nobody sends a place and learns that it was left out."""
        kind, wrong = attrs["kind"], {}
        for name in ("location", "contacts", "interactive", "template", "reaction"):
            if name == kind and attrs[name] is None:
                wrong[name] = [_("This field is needed.")]
            if name != kind and attrs[name] is not None:
                wrong[name] = [_("This kind of message does not take it.")]
        if attrs["forward"] is not None and (
            kind or attrs["text"] or attrs["is_note"] or attrs["attachment"] or attrs["reply_to"]
        ):
            wrong["forward"] = [_("What is sent on takes nothing beside it.")]
        if attrs["is_note"] and kind not in ("", "text"):
            wrong["kind"] = [_("A note is words only.")]
        if kind in FILE_KINDS and attrs["attachment"] is None:
            wrong["attachment"] = [_("This field is needed.")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class ResolutionInput(serializers.Serializer[None]):
    decision = serializers.ChoiceField(choices=["resend", "discard"])
    may_arrive_twice = serializers.BooleanField(required=False, default=False)


class ClosureInput(serializers.Serializer[None]):
    typification = serializers.IntegerField(min_value=1)
    note = serializers.CharField(allow_blank=True, required=False, default="", max_length=20_000)
    mode = serializers.ChoiceField(choices=["normal", "quick"], required=False, default="normal")
    # For an outcome that asks when they are contacted again.
    callback_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, default_timezone=datetime.UTC
    )


class CorrectionInput(serializers.Serializer[None]):
    typification = serializers.IntegerField(min_value=1)
    note = serializers.CharField(allow_blank=True, required=False, default="", max_length=20_000)


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

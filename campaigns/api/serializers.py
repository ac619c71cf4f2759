"""Bodies of the campaigns' doors. What is allowed is decided by the actions; here stands what can be understood at all."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from campaigns.actions.schedules import LONGEST_MESSAGE, WEEKDAYS
from campaigns.hours import NoPeriod, Period, read_period
from campaigns.models import Campaign, CampaignTypification, RoutingRule

LARGEST = 2**63 - 1


def an_id(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST, **more)


def ids(**more: Any) -> serializers.ListField:
    return serializers.ListField(child=an_id(), max_length=1000, **more)


def version() -> serializers.CharField:
    return serializers.CharField(max_length=64, required=False, allow_null=True, default=None)


def seconds(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=2**31 - 1, **more)


class CampaignInput(serializers.Serializer[None]):
    """The general part; what is not said takes its usual value."""

    name = serializers.CharField(max_length=80)
    project_id = an_id()
    team_id = an_id()
    kind = serializers.ChoiceField(choices=Campaign.Kind.choices, default=Campaign.Kind.INBOUND)
    distribution = serializers.ChoiceField(choices=Campaign.Distribution.choices, default=Campaign.Distribution.MANUAL)
    ring_timeout_s = seconds(default=30)
    return_after_s = seconds(allow_null=True, default=None)
    exclusive_fallback_min = seconds(allow_null=True, default=None)
    blending = serializers.BooleanField(default=False)
    reopen_within_h = seconds(default=0)
    history_hours = seconds(allow_null=True, default=None)
    allow_external_resources = serializers.BooleanField(default=True)
    allow_close_unanswered = serializers.BooleanField(default=False)
    allow_transfer = serializers.BooleanField(default=True)
    only_owner_replies = serializers.BooleanField(default=True)
    version = version()


class StateInput(serializers.Serializer[None]):
    state = serializers.ChoiceField(choices=["active", "paused", "finished"])


class CampaignCopyInput(serializers.Serializer[None]):
    name = serializers.CharField(max_length=80)


class AgentInput(serializers.Serializer[None]):
    user = an_id()
    channels = serializers.ListField(child=serializers.CharField(max_length=12), max_length=20, default=list)


class AgentsInput(serializers.Serializer[None]):
    agents = serializers.ListField(child=AgentInput(), max_length=1000)
    version = version()


class AccountsInput(serializers.Serializer[None]):
    accounts = ids()
    default_for = ids()
    version = version()


class OfferInput(serializers.Serializer[None]):
    offered = ids()
    default_id = an_id(allow_null=True, default=None)


class OutcomesInput(serializers.Serializer[None]):
    version = version()

    def get_fields(self) -> dict[str, Any]:
        offers = {purpose: OfferInput(required=False) for purpose in CampaignTypification.Purpose.values}
        return super().get_fields() | offers


class ScheduleInput(serializers.Serializer[None]):
    """A list of periods for each day («08:00–12:00»), in the language of none."""

    time_zone = serializers.CharField(max_length=40, allow_blank=True, default="")
    out_of_hours_action = serializers.ChoiceField(
        choices=Campaign.OutOfHours.choices, default=Campaign.OutOfHours.QUEUE
    )
    out_of_hours_message = serializers.CharField(max_length=LONGEST_MESSAGE, allow_blank=True, default="")
    version = version()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {
            name: serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, default=list)
            for name in WEEKDAYS
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        periods: list[Period] = []
        for weekday, name in enumerate(WEEKDAYS):
            for text in attrs.pop(name):
                try:
                    periods.extend(read_period(text, weekday))
                except NoPeriod:
                    words = _("«{text}» is no period. Write it like 08:00–12:00.").format(text=text)
                    raise serializers.ValidationError({name: [words]}) from None
        return attrs | {"periods": tuple(periods)}


class HolidayInput(serializers.Serializer[None]):
    on = serializers.DateField()
    name = serializers.CharField(max_length=60, allow_blank=True, default="")
    is_yearly = serializers.BooleanField(default=False)


class MessagesInput(serializers.Serializer[None]):
    welcome_message = serializers.CharField(max_length=LONGEST_MESSAGE, allow_blank=True, default="")
    inactivity_message = serializers.CharField(max_length=LONGEST_MESSAGE, allow_blank=True, default="")
    opt_out_words = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, default=list)
    version = version()


class RoutingRuleInput(serializers.Serializer[None]):
    """Of a rule by hours the words are not read, of one by words the hours."""

    campaign = an_id()
    kind = serializers.ChoiceField(choices=RoutingRule.Kind.choices, default=RoutingRule.Kind.KEYWORD)
    words = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, default=list)
    weekdays = serializers.ListField(child=serializers.ChoiceField(choices=WEEKDAYS), max_length=7, default=list)
    hours = serializers.CharField(max_length=40, allow_blank=True, default="")
    version = version()

    def get_fields(self) -> dict[str, Any]:
        # A serializer has a `label` of its own.
        return super().get_fields() | {"label": serializers.CharField(max_length=200, allow_blank=True, default="")}

    def validate_hours(self, text: str) -> tuple[int, int] | None:
        if not text:
            return None
        try:
            periods = read_period(text, 0)
        except NoPeriod:
            words = _("«{text}» is no period. Write it like 08:00–12:00.").format(text=text)
            raise serializers.ValidationError(words) from None
        return periods[0].from_minute, periods[-1].until_minute


class RoutingRuleOrderInput(serializers.Serializer[None]):
    rules = ids()


class QuestionInput(serializers.Serializer[None]):
    text = serializers.CharField(max_length=2000, allow_blank=True)
    version = version()


class BasesInput(serializers.Serializer[None]):
    bases = ids()
    default_base = an_id(allow_null=True, default=None)
    version = version()

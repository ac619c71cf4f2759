"""What may be sent about contacts. Fields are explicit: anything else in a body is ignored (S08); what they mean is the actions' to judge."""

from __future__ import annotations

from rest_framework import serializers

from contacts.models import ContactPoint

# These only keep absurd bodies out.
WORDS, MANY = 400, 60


def words(*, longest: int = WORDS, required: bool = False) -> serializers.CharField:
    if required:
        return serializers.CharField(max_length=longest, allow_blank=True)
    return serializers.CharField(max_length=longest, allow_blank=True, required=False, default="")


def key(*, many: bool = False) -> serializers.Field:
    one = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    return serializers.ListField(child=one, max_length=MANY, required=False, default=list) if many else one


def optional_key() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True, default=None)


class PointInput(serializers.Serializer[None]):
    """`id`: one that the contact has, which stays; else `value`, whose kind is told from it where none is said."""

    id = optional_key()
    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices, required=False, allow_blank=True, default="")
    value = words()
    is_primary = serializers.BooleanField(required=False, default=False)


class PrimaryInput(serializers.Serializer[None]):
    is_primary = serializers.BooleanField()


class AddressInput(serializers.Serializer[None]):
    line = words(required=True)
    department = words()
    province = words()
    district = words()
    reference = words()
    postal_code = words()
    latitude = serializers.DecimalField(max_digits=12, decimal_places=9, required=False, allow_null=True, default=None)
    longitude = serializers.DecimalField(max_digits=12, decimal_places=9, required=False, allow_null=True, default=None)
    is_primary = serializers.BooleanField(required=False, default=False)


class ContactEdit(serializers.Serializer[None]):
    """What is not named stays as it is. `points` are all of them, `custom` only the fields named."""

    first_name = words()
    last_name = words()
    points = serializers.ListField(child=PointInput(), max_length=MANY, required=False, default=list)
    document_type = optional_key()
    document_number = words()
    company = optional_key()
    is_vip = serializers.BooleanField(required=False, default=False)
    teams = key(many=True)
    custom = serializers.DictField(required=False, default=dict)
    version = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)


class ContactInput(ContactEdit):
    addresses = serializers.ListField(child=AddressInput(), max_length=20, required=False, default=list)
    client_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class NoteInput(serializers.Serializer[None]):
    text = words(longest=20_000, required=True)
    team = optional_key()


class TagsInput(serializers.Serializer[None]):
    tags = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=MANY)


class ConsentInput(serializers.Serializer[None]):
    medium = words()
    is_given = serializers.BooleanField()
    source = words(required=True)  # type: ignore[assignment]  # a field of the body, not where this serializer reads from


class RestrictionInput(serializers.Serializer[None]):
    """What is not named stays as it is."""

    do_not_contact = serializers.BooleanField(required=False, allow_null=True, default=None)
    blocked = serializers.BooleanField(required=False, allow_null=True, default=None)
    reason = words()


class CompanyInput(serializers.Serializer[None]):
    name = words(required=True)
    document_type = optional_key()
    document_number = words()
    industry = words()
    website = words()
    version = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)

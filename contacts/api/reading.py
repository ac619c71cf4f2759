"""What every door of this room reads the same way: a body, a page of a list, and the things that a body names by their ids."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import Team, User
from accounts.requests import SignedInRequest
from contacts.models import Contact, DocumentType
from contacts.sheets import AddressEntry, PointEntry
from core.refusals import Invalid, NotFound

Some = TypeVar("Some", bound=Model)
LIMIT, MOST = 50, 100


class Searching(APIView):
    """Reads are searches; writes may ask whose a number is. Each has its own pace."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "search"

    def get_throttles(self) -> list[Any]:
        self.throttle_scope = "search" if self.request.method in ("GET", "HEAD", "OPTIONS") else "contacts_write"
        return super().get_throttles()


class Writing(APIView):
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "contacts_write"

    def get_throttles(self) -> list[Any]:
        return [] if self.request.method in ("GET", "HEAD", "OPTIONS") else super().get_throttles()


def checked(serializer_class: Any, request: SignedInRequest) -> dict[str, Any]:
    """The body's known fields, those not said by their defaults."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def named(serializer_class: Any, request: SignedInRequest) -> dict[str, Any]:
    """The body's known fields, those that are said only."""
    serializer = serializer_class(data=request.data, partial=True)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def limit_of(request: SignedInRequest) -> int:
    asked = request.GET.getlist("limit")
    if not asked:
        return LIMIT
    if len(asked) != 1 or not (asked[0].isascii() and asked[0].isdigit() and 1 <= int(asked[0][:4]) <= MOST):
        raise Invalid(_("Check the marked fields."), fields={"limit": [_("This value is not understood.")]})
    return int(asked[0][:4])


def cursor_of(request: SignedInRequest) -> int | None:
    """The id after which a page begins. Whether it is one is the list's to say."""
    asked = request.GET.getlist("cursor")
    if not asked or asked == [""]:
        return None
    if len(asked) == 1 and asked[0].isascii() and asked[0].isdigit() and len(asked[0]) < 19:
        return int(asked[0])
    raise unknown_cursor()


def unknown_cursor() -> Invalid:
    return Invalid(
        _("Check the marked fields."),
        fields={"cursor": [_("This cursor belongs to another list. Start again without it.")]},
    )


def visible_contact(contact_id: int, user: User) -> Contact:
    contact: Contact | None = Contact.objects.visible_to(user).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return contact


def chosen(rows: QuerySet[Some], pk: int | None, *, field: str) -> Some | None:
    """What a body names by its id. Raises Invalid at the field where there is none."""
    if pk is None:
        return None
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Invalid(_("Check the marked fields."), fields={field: [_("Choose one of the list.")]})
    return row


def chosen_teams(ids: list[int], user: User) -> list[Team]:
    teams = list(Team.objects.visible_to(user).filter(pk__in=ids))
    if {each.pk for each in teams} != set(ids):
        # Another team's and nobody's are never told apart.
        words = [_("You can only choose teams that you see.")]
        raise Invalid(_("Check the marked fields."), fields={"teams": words})
    return teams


def document_type(pk: int | None) -> DocumentType | None:
    return chosen(DocumentType.objects.all(), pk, field="document_type")


def point_entries(points: list[dict[str, Any]]) -> list[PointEntry]:
    return [
        PointEntry(
            id=each.get("id"),
            kind=each.get("kind", ""),
            value=each.get("value", ""),
            is_primary=each.get("is_primary", False),
        )
        for each in points
    ]


def address_entry(address: dict[str, Any]) -> AddressEntry:
    return AddressEntry(**address)

"""What belongs to one contact: points, addresses, notes, tags, groups, consent. Everything is under the contact's own address."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.models import Team, User
from accounts.requests import SignedInRequest
from contacts import actions
from contacts.api.reading import Writing, address_entry, checked, chosen, visible_contact
from contacts.api.serializers import (
    AddressInput,
    ConsentInput,
    NoteInput,
    PointInput,
    PrimaryInput,
    RestrictionInput,
    TagsInput,
)
from contacts.api.views import detail_or_404
from contacts.models import Address, Contact, ContactNote, Tag
from contacts.rows import address_row, consent_rows, note_rows, seen_identity
from core.refusals import Invalid, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
MADE = {201: OpenApiTypes.OBJECT}
GONE = {204: None}
NOTES = 100


class Points(Writing):
    @extend_schema(request=PointInput, responses=MADE)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        """Add a way to be reached; answers the whole contact."""
        visible_contact(contact_id, request.user)
        body = checked(PointInput, request)
        actions.add_point(
            contact_id, by=request.user, value=body["value"], kind=body["kind"], is_primary=body["is_primary"]
        )
        return Response(detail_or_404(contact_id, request.user), status=status.HTTP_201_CREATED)


class Point(Writing):
    @extend_schema(request=PrimaryInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int, point_id: int) -> Response:
        """Put it first of its kind. To put it behind, put another first."""
        own_point(contact_id, point_id, request.user)
        if checked(PrimaryInput, request)["is_primary"]:
            actions.make_primary(point_id, by=request.user)
        return Response(detail_or_404(contact_id, request.user))

    @extend_schema(responses=GONE)
    def delete(self, request: SignedInRequest, contact_id: int, point_id: int) -> Response:
        own_point(contact_id, point_id, request.user)
        actions.remove_point(point_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Addresses(Writing):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        people = whole_person(contact_id, request.user)
        return Response({"results": [address_row(each) for each in Address.objects.filter(contact__in=people)]})

    @extend_schema(request=AddressInput, responses=MADE)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        visible_contact(contact_id, request.user)
        entry = address_entry(checked(AddressInput, request))
        address = actions.add_address(contact_id, entry, by=request.user)
        return Response(address_row(address), status=status.HTTP_201_CREATED)


class OneAddress(Writing):
    @extend_schema(request=AddressInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int, address_id: int) -> Response:
        own_address(contact_id, address_id, request.user)
        entry = address_entry(checked(AddressInput, request))
        return Response(address_row(actions.edit_address(address_id, entry, by=request.user)))

    @extend_schema(responses=GONE)
    def delete(self, request: SignedInRequest, contact_id: int, address_id: int) -> Response:
        own_address(contact_id, address_id, request.user)
        actions.remove_address(address_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Notes(Writing):
    @extend_schema(parameters=[OpenApiParameter("before", int)], responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        """The newest hundred of the user's teams; `before` the id of the last one goes on."""
        people = whole_person(contact_id, request.user)
        notes = ContactNote.objects.visible_to(request.user).filter(contact__in=people).order_by("-created_at", "-id")
        if before := request.GET.get("before", ""):
            is_id = before.isascii() and before.isdigit() and len(before) < 19
            last = notes.filter(pk=int(before)).first() if is_id else None
            if last is None:
                raise NotFound
            notes = notes.filter(created_at__lte=last.created_at).exclude(created_at=last.created_at, pk__gte=last.pk)
        return Response({"results": note_rows(notes[:NOTES])})

    @extend_schema(request=NoteInput, responses=MADE)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        visible_contact(contact_id, request.user)
        body = checked(NoteInput, request)
        team = chosen(Team.objects.visible_to(request.user), body["team"], field="team")
        note = actions.write_note(contact_id, body["text"], by=request.user, team=team)
        return Response(one_note(note), status=status.HTTP_201_CREATED)


class Note(Writing):
    @extend_schema(request=NoteInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int, note_id: int) -> Response:
        own_note(contact_id, note_id, request.user)
        return Response(one_note(actions.edit_note(note_id, checked(NoteInput, request)["text"], by=request.user)))

    @extend_schema(responses=GONE)
    def delete(self, request: SignedInRequest, contact_id: int, note_id: int) -> Response:
        own_note(contact_id, note_id, request.user)
        actions.delete_note(note_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class NoteRestoration(Writing):
    @extend_schema(operation_id="contact_note_restore", request=None, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int, note_id: int) -> Response:
        """Bring back one's own note, deleted up to ten minutes ago."""
        people = whole_person(contact_id, request.user)
        if not ContactNote.objects.of_teams_of(request.user).filter(contact__in=people, pk=note_id).exists():
            raise NotFound
        return Response(one_note(actions.restore_note(note_id, by=request.user)))


class Tags(Writing):
    @extend_schema(request=TagsInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int) -> Response:
        """Let the contact's tags be these."""
        visible_contact(contact_id, request.user)
        ids = checked(TagsInput, request)["tags"]
        tags = list(Tag.objects.filter(pk__in=ids))
        if {each.pk for each in tags} != set(ids):
            raise Invalid(_("Check the marked fields."), fields={"tags": [_("Choose of the list.")]})
        actions.set_tags(contact_id, tags, by=request.user)
        return Response(detail_or_404(contact_id, request.user))


class Group(Writing):
    @extend_schema(request=None, responses=GONE)
    def put(self, request: SignedInRequest, contact_id: int, group_id: int) -> Response:
        """Put the contact into a group that is kept by hand."""
        actions.join_group(contact_id, group_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=GONE)
    def delete(self, request: SignedInRequest, contact_id: int, group_id: int) -> Response:
        actions.leave_group(contact_id, group_id, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Consents(Writing):
    @extend_schema(responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        """What counts now, by medium (empty: every medium)."""
        return Response({"results": standing_consents(visible_contact(contact_id, request.user), request.user)})

    @extend_schema(request=ConsentInput, responses=MADE)
    def post(self, request: SignedInRequest, contact_id: int) -> Response:
        contact = visible_contact(contact_id, request.user)
        actions.record_consent(contact_id, by=request.user, **checked(ConsentInput, request))
        return Response({"results": standing_consents(contact, request.user)}, status=status.HTTP_201_CREATED)


class Restrictions(Writing):
    @extend_schema(request=RestrictionInput, responses=OBJECT)
    def put(self, request: SignedInRequest, contact_id: int) -> Response:
        """Say that they are not to be contacted, or are blocked; or that this is over."""
        visible_contact(contact_id, request.user)
        body = checked(RestrictionInput, request)
        for value, when_on, when_off in (
            (body["do_not_contact"], actions.forbid_contact, actions.allow_contact),
            (body["blocked"], actions.block_contact, actions.unblock_contact),
        ):
            if value is not None:
                (when_on if value else when_off)(contact_id, by=request.user, reason=body["reason"])
        row = detail_or_404(contact_id, request.user)
        return Response({name: row[name] for name in ("id", "do_not_contact", "blocked")})


# ── An id under another contact's address reaches nothing (S02)


def whole_person(contact_id: int, user: User) -> QuerySet[Any]:
    """Every row of the person that a contact stands for. Raises NotFound: it is not for this user to see."""
    return seen_identity(visible_contact(contact_id, user), user).values("pk")


def own_point(contact_id: int, point_id: int, user: User) -> None:
    if not visible_contact(contact_id, user).points.filter(pk=point_id).exists():
        raise NotFound


def own_address(contact_id: int, address_id: int, user: User) -> None:
    if not Address.objects.filter(contact__in=whole_person(contact_id, user), pk=address_id).exists():
        raise NotFound


def own_note(contact_id: int, note_id: int, user: User) -> None:
    seen = ContactNote.objects.visible_to(user)
    if not seen.filter(contact__in=whole_person(contact_id, user), pk=note_id).exists():
        raise NotFound


def standing_consents(contact: Contact, user: User) -> list[dict[str, object]]:
    """Of a person who is two contacts, what both said."""
    return consent_rows(seen_identity(contact, user).values("pk"), user)


def one_note(note: ContactNote) -> dict[str, object]:
    return note_rows(ContactNote.objects.filter(pk=note.pk))[0]

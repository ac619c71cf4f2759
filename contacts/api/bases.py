"""Bases, their members and lots over JSON. What is another team's does not exist; the same questions as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Team, User
from accounts.requests import SignedInRequest
from contacts.actions.associating import associate_contacts, associate_lot, detach_members, refuse_too_large
from contacts.actions.bases import BaseSheet, change_base_state, create_base, edit_base
from contacts.actions.members import release_member, take_next_member
from contacts.actions.slices import counts_now, counts_of
from contacts.member_filters import MemberFilter
from contacts.member_rows import AROUND, base_row, member_rows
from contacts.models import BaseMember, Contact, ContactBase, Lot
from contacts.rows import seen_identity
from core.refusals import Invalid, NotAllowed, NotFound

OBJECT = {200: OpenApiTypes.OBJECT}
LIMIT = 50
MOST_AT_ONCE = 1_000
CURSOR = OpenApiParameter("cursor", int, description="The id of the last one of the page before.")


class BaseInput(serializers.Serializer[None]):
    name = serializers.CharField(max_length=80)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    max_attempts = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    teams = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, default=list, max_length=200
    )
    version = serializers.CharField(required=False, max_length=64, default=None, allow_null=True)


class BaseStateInput(serializers.Serializer[None]):
    state = serializers.ChoiceField(choices=["active", "paused", "closed"])


class MembersInput(serializers.Serializer[None]):
    """Either contacts, or one lot."""

    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=MOST_AT_ONCE
    )
    lot = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("contacts" in attrs) == ("lot" in attrs):
            raise serializers.ValidationError({"contacts": [_("Name either contacts or one lot.")]})
        return attrs


class Bases(APIView):
    @extend_schema(parameters=[OpenApiParameter("state", str, many=True), CURSOR], responses=OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        """The bases of the user's teams by age, with their members by state as last counted (at most ten seconds ago)."""
        bases = ContactBase.objects.visible_to(request.user).order_by("id")
        states = [each for each in request.GET.getlist("state") if each]
        if set(states) - set(ContactBase.State.values):
            raise Invalid(_("Check the marked fields."), fields={"state": [_("This value is not understood.")]})
        if states:
            bases = bases.filter(state__in=states)
        found = list(bases.filter(pk__gt=cursor(request))[: LIMIT + 1])
        return Response(page(base_rows(found[:LIMIT], request.user), is_last=len(found) <= LIMIT))

    @extend_schema(request=BaseInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: SignedInRequest) -> Response:
        require_managing(request)
        base = create_base(sheet_of(said_of(request)), by=request.user)
        return Response(base_detail(base, request.user), status=201)


class BaseDetail(APIView):
    @extend_schema(operation_id="base_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, base_id: int) -> Response:
        """One base, counted now; `version` goes back with an edit."""
        return Response(base_detail(seen_base(base_id, by=request.user), request.user))

    @extend_schema(request=BaseInput, responses=OBJECT)
    def put(self, request: SignedInRequest, base_id: int) -> Response:
        seen_base(base_id, by=request.user)
        require_managing(request)
        said = said_of(request)
        base = edit_base(base_id, sheet=sheet_of(said), by=request.user, version=said["version"])
        return Response(base_detail(base, request.user))


class BaseState(APIView):
    @extend_schema(request=BaseStateInput, responses=OBJECT)
    def put(self, request: SignedInRequest, base_id: int) -> Response:
        """Start, pause, go on or close."""
        seen_base(base_id, by=request.user)
        require_managing(request)
        serializer = BaseStateInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        base = change_base_state(base_id, state=serializer.validated_data["state"], by=request.user)
        return Response(base_detail(base, request.user))


class BaseMembers(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, many=True, enum=BaseMember.State.values),
            OpenApiParameter("user", int, many=True, description="Who attended them last."),
            OpenApiParameter("outcome", int, many=True, description="The last typification."),
            OpenApiParameter("lot", int, many=True),
            OpenApiParameter("attempts_above", int, description="Strictly more."),
            OpenApiParameter("attempts_below", int, description="Strictly fewer."),
            OpenApiParameter("contacted_from", OpenApiTypes.DATE),
            OpenApiParameter("contacted_until", OpenApiTypes.DATE),
            CURSOR,
        ],
        responses=OBJECT,
    )
    def get(self, request: SignedInRequest, base_id: int) -> Response:
        """Members in the order they joined. Values of one filter OR together, filters AND; without `state`, all but those taken out."""
        base = seen_base(base_id, by=request.user)
        asked = of_those_seen(MemberFilter.from_query(dict(request.GET.lists())), by=request.user)
        members = asked.apply(BaseMember.objects.visible_to(request.user).filter(base=base, pk__gt=cursor(request)))
        found = list(members.select_related(*AROUND).order_by("pk")[: LIMIT + 1])
        return Response(page(member_rows(found[:LIMIT], request.user), is_last=len(found) <= LIMIT))

    @extend_schema(request=MembersInput, responses=OBJECT)
    def post(self, request: SignedInRequest, base_id: int) -> Response:
        """Add contacts or a lot of up to 50,000. Each is counted once: added, already, suppressed (must not be contacted), merged."""
        seen_base(base_id, by=request.user)
        require_managing(request)
        serializer = MembersInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        if "lot" in said:
            lot = seen_lot(said["lot"], by=request.user)
            refuse_too_large(lot)
            done = associate_lot(base_id, lot.pk, by=request.user)
        else:
            done = associate_contacts(base_id, said["contacts"], by=request.user)
        return Response(
            {"added": done.added, "already": done.already, "suppressed": done.suppressed, "merged": done.merged}
        )


class BaseMemberDetail(APIView):
    @extend_schema(operation_id="base_member_retrieve", responses=OBJECT)
    def get(self, request: SignedInRequest, base_id: int, member_id: int) -> Response:
        return Response(member_rows([seen_member(base_id, member_id, by=request.user)], request.user)[0])

    @extend_schema(responses=OBJECT)
    def delete(self, request: SignedInRequest, base_id: int, member_id: int) -> Response:
        """Take it out; one that is being worked or must not be contacted stays, and is counted as kept."""
        seen_member(base_id, member_id, by=request.user)
        require_managing(request)
        done = detach_members(base_id, [member_id], by=request.user)
        return Response({"detached": done.detached, "kept": done.kept})


class BaseReservations(APIView):
    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT, 204: None})
    def post(self, request: SignedInRequest, base_id: int) -> Response:
        """Reserve the next member for the user; 204 when nobody waits. Asked again, the same one, for longer."""
        member = take_next_member(base_id, by=request.user)
        if member is None:
            return Response(status=204)
        (found,) = BaseMember.objects.filter(pk=member.pk).select_related(*AROUND)
        return Response(member_rows([found], request.user)[0])


class BaseReservation(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest, base_id: int, member_id: int) -> Response:
        """Give a reserved member back."""
        seen_member(base_id, member_id, by=request.user)
        release_member(member_id, by=request.user)
        return Response(status=204)


class ContactBases(APIView):
    @extend_schema(operation_id="contact_bases_list", responses=OBJECT)
    def get(self, request: SignedInRequest, contact_id: int) -> Response:
        """The bases a contact is in, of those the user sees, itself or as somebody joined with it: its member of each."""
        contact = Contact.objects.visible_to(request.user).filter(pk=contact_id).first()
        if contact is None:
            raise NotFound(_("It does not exist or is not yours to see."))
        people = seen_identity(contact, request.user).values("pk")
        members = BaseMember.objects.visible_to(request.user).live().filter(contact__in=people)
        listed = list(members.select_related(*AROUND).order_by("base__folded_name", "pk")[:LIMIT])
        rows = member_rows(listed, request.user)
        return Response(
            {
                "results": [
                    row | {"base": {"id": each.base_id, "name": each.base.name, "state": each.base.state}}
                    for row, each in zip(rows, listed, strict=True)
                ]
            }
        )


def said_of(request: SignedInRequest) -> dict[str, Any]:
    serializer = BaseInput(data=request.data)
    serializer.is_valid(raise_exception=True)
    said: dict[str, Any] = serializer.validated_data
    return said


def sheet_of(said: dict[str, Any]) -> BaseSheet:
    return BaseSheet(
        name=said["name"],
        description=said["description"],
        max_attempts=said["max_attempts"],
        team_ids=frozenset(said["teams"]),
    )


def base_rows(bases: list[ContactBase], user: User) -> list[dict[str, Any]]:
    return rows_with(bases, counts_of(each.pk for each in bases), user)


def rows_with(bases: list[ContactBase], counts: Mapping[int, Mapping[str, int]], user: User) -> list[dict[str, Any]]:
    teams = {team.pk: team for team in Team.objects.visible_to(user)}
    links = ContactBase.teams.through.objects.filter(contactbase__in=[each.pk for each in bases], team__in=teams)
    of: dict[int, list[Team]] = {}
    for base_id, team_id in links.order_by("team_id").values_list("contactbase_id", "team_id"):
        of.setdefault(base_id, []).append(teams[team_id])
    return [base_row(each, counts.get(each.pk, {}), teams=of.get(each.pk, [])) for each in bases]


def base_detail(base: ContactBase, user: User) -> dict[str, Any]:
    (row,) = rows_with([base], {base.pk: counts_now(base.pk)}, user)
    return row | {"version": BaseSheet.of(base).version}


def seen_base(base_id: int, *, by: User) -> ContactBase:
    base: ContactBase | None = ContactBase.objects.visible_to(by).filter(pk=base_id).first()
    if base is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return base


def seen_lot(lot_id: int, *, by: User) -> Lot:
    lot: Lot | None = Lot.objects.visible_to(by).select_related("imported_by").filter(pk=lot_id).first()
    if lot is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return lot


def seen_member(base_id: int, member_id: int, *, by: User) -> BaseMember:
    members = BaseMember.objects.visible_to(by).filter(base_id=base_id, pk=member_id).select_related(*AROUND)
    member: BaseMember | None = members.first()
    if member is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return member


def of_those_seen(asked: MemberFilter, *, by: User) -> MemberFilter:
    """The same question about the lots and people that `by` sees: another team's holds as few members here as one that never was (S05)."""
    if asked.lots:
        lots = Lot.objects.visible_to(by).filter(pk__in=asked.lots).values_list("pk", flat=True)
        asked = replace(asked, lots=tuple(lots) or (0,))
    if asked.users:
        people = User.objects.visible_to(by).filter(pk__in=asked.users).values_list("pk", flat=True)
        asked = replace(asked, users=tuple(people) or (0,))
    return asked


def require_managing(request: SignedInRequest) -> None:
    """What is not JSON is refused as such, whoever sends it (S20)."""
    _body = request.data
    if not request.user.has_perm("contacts.manage_bases"):
        raise NotAllowed(_("Your role does not allow this."))


def cursor(request: SignedInRequest) -> int:
    said = request.GET.get("cursor", "")
    if not said:
        return 0
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Invalid(
            _("Check the marked fields."),
            fields={"cursor": [_("This cursor belongs to another list. Start again without it.")]},
        )
    return int(said)


def page(rows: list[dict[str, Any]], *, is_last: bool) -> dict[str, Any]:
    return {"results": rows, "next": None if is_last or not rows else str(rows[-1]["id"])}

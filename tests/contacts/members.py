"""Bases with people in them, as plain functions."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from accounts.models import Team, User
from contacts.actions import create_contact
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import BaseSheet, change_base_state, create_base
from contacts.actions.members import begin_member, finish_member, take_next_member
from contacts.invariants import INVARIANTS
from contacts.models import BaseMember, Contact, ContactBase
from core.text import fold
from tests.factories import Cast
from typification.models import Typification

_names = itertools.count(1)


def people(how_many: int, *, teams: Iterable[Team]) -> list[Contact]:
    teams = list(teams)
    return [create_contact(by=None, first_name=f"Persona {next(_names):04d}", teams=teams) for _ in range(how_many)]


def base_of(
    cast: Cast, how_many: int = 3, *, by: User | None = None, name: str = "", max_attempts: int | None = None
) -> ContactBase:
    """An active base of Ana's team with people of her team in it."""
    by = by or cast.luis
    sheet = BaseSheet(
        name=name or f"Base {next(_names)}", team_ids=frozenset({cast.team.pk}), max_attempts=max_attempts
    )
    base = create_base(sheet, by=by)
    if how_many:
        associate_contacts(base.pk, [each.pk for each in people(how_many, teams=[cast.team])], by=by)
        base = change_base_state(base.pk, state="active", by=by)
    return base


def their_base(cast: Cast) -> ContactBase:
    """Eva's team's."""
    base = create_base(BaseSheet(name="Cobranzas ajenas", team_ids=frozenset({cast.other_team.pk})), by=cast.admin)
    associate_contacts(base.pk, [each.pk for each in people(2, teams=[cast.other_team])], by=cast.admin)
    return base


def outcome(name: str, **changes: Any) -> Typification:
    values = {"closes_member": False, "counts_as_attempt": True} | changes
    return Typification.objects.create(name=name, **values)


def worked(base: ContactBase, *, by: User, typification: Typification, **more: Any) -> BaseMember:
    """The next member, taken, begun and finished with an outcome."""
    member = take_next_member(base.pk, by=by)
    assert member is not None
    begin_member(member.pk, by=by)
    return finish_member(
        member.pk, by=by, typification=typification, medium="call", interaction_id=uuid.uuid4(), **more
    )


def broken() -> dict[str, list[Any]]:
    """The rules of contacts that do not hold now, with the ids that break them."""
    found = {}
    with connection.cursor() as cursor:
        for rule in INVARIANTS:
            cursor.execute(rule.sql)
            if rows := cursor.fetchall():
                found[rule.name] = rows
    return found


def named(contact: Contact, name: str) -> Contact:
    contact.first_name, contact.sort_name, contact.search_text = name, fold(name), fold(name)
    contact.save()
    return contact


def states(base: ContactBase) -> list[str]:
    return list(BaseMember.objects.filter(base=base).order_by("pk").values_list("state", flat=True))

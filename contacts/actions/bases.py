"""Bases: what they are called, who works them, how often somebody is tried, and when they are given out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts.actions.slices import touch_whole_base
from contacts.models import BaseMember, Contact, ContactBase
from core import journal
from core.refusals import Invalid, NotFound, Refusal
from core.text import fold
from core.versions import refuse_stale, version_of

State = ContactBase.State
MOST_ATTEMPTS = 100
# What follows what. A closed base is over: its members and their history stay to be read.
NEXT_STATES: Mapping[str, tuple[str, ...]] = {
    State.DRAFT: (State.ACTIVE, State.CLOSED),
    State.ACTIVE: (State.PAUSED, State.CLOSED),
    State.PAUSED: (State.ACTIVE, State.CLOSED),
    State.CLOSED: (),
}


class NotReady(Refusal):
    """Something is missing before it may change its state."""

    code = "not_ready"


@dataclass(frozen=True, kw_only=True)
class BaseSheet:
    """What is written of a base."""

    name: str
    description: str = ""
    max_attempts: int | None = None
    team_ids: frozenset[int] = frozenset()

    @classmethod
    def of(cls, base: ContactBase) -> BaseSheet:
        return cls(
            name=base.name,
            description=base.description,
            max_attempts=base.max_attempts,
            team_ids=frozenset(base.teams.values_list("pk", flat=True)),
        )

    def as_values(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "max_attempts": self.max_attempts,
            "teams": sorted(self.team_ids),
        }

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_base(sheet: BaseSheet, *, by: User) -> ContactBase:
    """Return a new base, a draft.

    Raises:
        Invalid: the name is missing or taken, the limit is out of bounds, or a team is not for `by` to see, or none is named and
            `by` would lose it out of sight.
    """
    refuse_wrong(sheet, before=None, by=by)
    base = ContactBase(created_by=by)
    write(base, sheet)
    base.teams.set(sheet.team_ids)
    journal.record("base_created", base, by=by, details={"after": sheet.as_values()})
    return base


@transaction.atomic
def edit_base(base_id: int, *, sheet: BaseSheet, by: User, version: str | None = None) -> ContactBase:
    """Write a base. Teams that come to work it see its contacts from then on.

    Raises:
        NotFound, Stale, Invalid as when it is made.
    """
    base = held_base(base_id, by=by)
    before = BaseSheet.of(base)
    refuse_stale(version, before.version)
    # Teams the editor does not see stay as they are.
    unseen = before.team_ids - set(Team.objects.visible_to(by).values_list("pk", flat=True))
    sheet = BaseSheet(
        name=sheet.name,
        description=sheet.description,
        max_attempts=sheet.max_attempts,
        team_ids=sheet.team_ids | unseen,
    )
    if before == sheet:
        return base
    refuse_wrong(sheet, before=base, by=by, team_ids=sheet.team_ids - unseen)
    write(base, sheet)
    base.teams.set(sheet.team_ids)
    if joining := sheet.team_ids - before.team_ids:
        show_members_to(base, joining)
    if before.max_attempts != sheet.max_attempts:
        touch_whole_base(base.pk)
    journal.record("base_edited", base, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    return base


@transaction.atomic
def change_base_state(base_id: int, *, state: str, by: User) -> ContactBase:
    """Let a base be given out, rest, go on or end. The same state again changes nothing.

    Raises:
        NotFound; NotReady: it cannot follow, or there is nobody in it yet.
    """
    base = held_base(base_id, by=by)
    if base.state == state:
        return base
    if reason := why_not(base, state):
        raise NotReady(reason)
    before, base.state = base.state, state
    base.save(update_fields=["state"])
    details = {"before": {"state": before}, "after": {"state": state}}
    journal.record("base_state_changed", base, by=by, details=details)
    return base


def why_not(base: ContactBase, state: str) -> str:
    """Why a base may not go to a state now; empty where it may."""
    if state not in NEXT_STATES[base.state]:
        return _("A base in this state cannot go there.")
    if state == State.ACTIVE and not BaseMember.objects.live().filter(base=base).exists():
        return _("Add contacts first.")
    return ""


def held_base(base_id: int, *, by: User) -> ContactBase:
    """A base that `by` sees, held to the end of the transaction. Raises NotFound."""
    base: ContactBase | None = (
        ContactBase.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=base_id).first()
    )
    if base is None:
        raise NotFound(_("There is no such base."))
    return base


def write(base: ContactBase, sheet: BaseSheet) -> None:
    base.name, base.folded_name = sheet.name.strip(), fold(sheet.name)[:80]
    base.description, base.max_attempts = sheet.description.strip(), sheet.max_attempts
    try:
        with transaction.atomic():
            base.save()
    except IntegrityError:
        raise name_taken(base.name) from None


def name_taken(name: str) -> Invalid:
    # Names are unique among all teams: the words say nothing of whose the other one is.
    return Invalid(fields={"name": [_("The name «{name}» is taken. Choose another.").format(name=name)]})


def refuse_wrong(
    sheet: BaseSheet, *, before: ContactBase | None, by: User, team_ids: frozenset[int] | None = None
) -> None:
    fields: dict[str, list[str]] = {}
    wanted = sheet.team_ids if team_ids is None else team_ids
    if not fold(sheet.name):
        fields["name"] = [_("Write a name.")]
    elif len(sheet.name) > 80:
        fields["name"] = [_("Write up to {most} characters.").format(most=80)]
    elif ContactBase.objects.filter(folded_name=fold(sheet.name)[:80]).exclude(pk=before.pk if before else 0).exists():
        raise name_taken(sheet.name.strip())
    if len(sheet.description) > 300:
        fields["description"] = [_("Write up to {most} characters.").format(most=300)]
    if sheet.max_attempts is not None and not 1 <= sheet.max_attempts <= MOST_ATTEMPTS:
        fields["max_attempts"] = [_("Write a number between 1 and {most}.").format(most=MOST_ATTEMPTS)]
    held = set(before.teams.values_list("pk", flat=True)) if before else set()
    seen = set(Team.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", "archived"))
    if wanted - {pk for pk, archived in seen if not archived or pk in held}:
        fields["teams"] = [_("Choose among your teams.")]
    elif not wanted and not by.has_perm("accounts.see_all_teams"):
        fields["teams"] = [_("Choose at least one of your teams, or you would not see it any more.")]
    if fields:
        raise Invalid(fields=fields)


def show_members_to(base: ContactBase, team_ids: frozenset[int]) -> None:
    """Whoever works a base sees the contacts in it; of one that was joined, whoever stands for them too."""
    through = Contact.teams.through._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {through} (contact_id, team_id)"  # noqa: S608  # the model's own table
            " SELECT DISTINCT person.id, team.id FROM contacts_basemember AS member"
            " JOIN contacts_contact AS contact ON contact.id = member.contact_id"
            " CROSS JOIN LATERAL (VALUES (contact.id), (contact.merged_into_id)) AS person(id)"
            " CROSS JOIN unnest(%s::bigint[]) AS team(id)"
            " WHERE member.base_id = %s AND member.is_live AND person.id IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {through} AS old WHERE old.contact_id = person.id AND old.team_id = team.id)"
            # Each share holds its contact (contacts 0004): in the order in which everybody holds contacts.
            " ORDER BY person.id, team.id ON CONFLICT DO NOTHING",
            [sorted(team_ids), base.pk],
        )

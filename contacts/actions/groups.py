"""Groups of contacts, put together by hand or by a rule; whoever meets a rule is written down as a member (001-28).

A rule is what the list of contacts may be asked (contacts.filters). Its members are rows and not a question, because campaigns, filters
and counts ask for them again and again. Writing them down may be done twice, at once, or stopped half-way: each batch looks at what is
there, under the group's name, and leaves it right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts.actions.catalogue import Sheet, archived, held, hold_catalogue, set_archived
from contacts.events import GroupMembersChanged, GroupRuleChanged
from contacts.filters import ContactFilter
from contacts.models import Company, Contact, ContactBase, ContactGroup, GroupMember, Hue, Tag
from core import journal
from core.events import publish
from core.locks import hold_names
from core.refusals import Invalid
from core.text import fold
from core.versions import refuse_stale

Kind = ContactGroup.Kind
BATCH: Final = 5_000
COUNTED_UP_TO: Final = 100_000
# A rule says who, not in which order.
NOT_OF_A_RULE: Final = ("order",)

Rule = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class GroupSheet(Sheet):
    """What is written of a group. `rule` holds the parameters of a ContactFilter; `teams` ids in order."""

    name: str
    hue: str = Hue.GRAY
    kind: str = Kind.MANUAL
    rule: dict[str, list[str]] = field(default_factory=dict)
    teams: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, group: ContactGroup) -> GroupSheet:
        return cls(
            name=group.name,
            hue=group.hue,
            kind=group.kind,
            rule=group.rule,
            teams=sorted(group.teams.values_list("pk", flat=True)),
        )

    def as_details(self) -> dict[str, Any]:
        """For the journal: what a rule searches by words may be somebody's name."""
        return self.as_values() | {"rule": {name: said for name, said in self.rule.items() if name != "search"}}

    def as_personal(self, when: str) -> dict[str, str]:
        return {f"search_{when}": " ".join(self.rule["search"])} if self.rule.get("search") else {}


@transaction.atomic
def create_group(sheet: GroupSheet, *, by: User) -> ContactGroup:
    """Return a new group; of one by rule the members follow. Raises Invalid."""
    hold_catalogue(ContactGroup)
    sheet = checked(sheet, but=None, by=by)
    group = ContactGroup(name=sheet.name, folded_name=fold(sheet.name), hue=sheet.hue, kind=sheet.kind, rule=sheet.rule)
    group.save()
    group.teams.set(sheet.teams)
    journal.record(
        "group_created", group, by=by, details={"after": sheet.as_details()}, personal=sheet.as_personal("after")
    )
    tell_rule(group)
    return group


@transaction.atomic
def edit_group(group_id: int, *, sheet: GroupSheet, by: User, version: str | None = None) -> ContactGroup:
    """Write a group. Its kind stays: who was put in by hand met no rule. Raises NotFound, Stale, Invalid."""
    hold_catalogue(ContactGroup)
    group = held(ContactGroup, seen_id(group_id, by=by))
    before = GroupSheet.of(group)
    refuse_stale(version, before.version)
    if sheet.kind != before.kind:
        raise Invalid(fields={"kind": [_("A group stays by hand or by rule. Make another one.")]})
    sheet = checked(sheet, but=group, by=by)
    if sheet == before:
        return group
    group.name, group.folded_name = sheet.name, fold(sheet.name)
    group.hue, group.rule = sheet.hue, sheet.rule
    if sheet.rule != before.rule:
        # Should the hint be lost, the sweep finds it.
        group.refreshed_at = None
    group.save()
    hidden = set(before.teams) - set(teams_seen(by, before.teams))
    group.teams.set({*sheet.teams, *hidden})
    journal.record(
        "group_edited",
        group,
        by=by,
        details=journal.changes(before.as_details(), sheet.as_details()),
        personal=before.as_personal("before") | sheet.as_personal("after"),
    )
    if sheet.rule != before.rule:
        tell_rule(group)
    return group


@transaction.atomic
def archive_group(group_id: int, *, by: User) -> ContactGroup:
    """Take it out of the choice; its members stay as they are, and are not written down any more."""
    return archived(ContactGroup, seen_id(group_id, by=by), verb="group_archived", by=by)


@transaction.atomic
def restore_group(group_id: int, *, by: User) -> ContactGroup:
    """Bring it back; of one by rule the members are written down anew."""
    group, is_new = set_archived(ContactGroup, seen_id(group_id, by=by), at=None, verb="group_restored", by=by)
    if is_new:
        tell_rule(group)
    return group


def tell_rule(group: ContactGroup) -> None:
    if group.kind == Kind.RULE:
        publish(GroupRuleChanged(group_id=group.pk))


def seen_id(group_id: int, *, by: User) -> int:
    """The id, or one that is nobody's where it is another team's: `held` tells the two apart no more than anybody."""
    return group_id if ContactGroup.objects.visible_to(by).filter(pk=group_id).exists() else 0


# ── Rules


def checked(sheet: GroupSheet, *, but: ContactGroup | None, by: User) -> GroupSheet:
    """The sheet with its rule in one form. Raises Invalid, by field."""
    fields: dict[str, list[str]] = {}
    others = ContactGroup.objects.exclude(pk=but.pk) if but else ContactGroup.objects.all()
    if not fold(sheet.name):
        fields["name"] = [_("Write a name.")]
    elif others.filter(folded_name=fold(sheet.name)).exists():
        fields["name"] = [_("There is already a group «{name}».").format(name=sheet.name)]
    if sheet.hue not in Hue.values:
        fields["hue"] = [_("Choose one of the colours.")]
    if sheet.kind not in Kind.values:
        fields["kind"] = [_("Choose one of the kinds.")]
    if set(sheet.teams) - set(teams_seen(by, sheet.teams)):
        fields["teams"] = [_("You can only choose teams that you see.")]
    rule: dict[str, list[str]] = {}
    if sheet.kind == Kind.RULE:
        try:
            rule = checked_rule(sheet.rule, by=by, group_id=but.pk if but else None)
        except Invalid as refusal:
            fields |= refusal.fields
    if fields:
        raise Invalid(_("Check the marked fields."), fields=fields)
    values = sheet.as_values() | {"rule": rule, "teams": sorted(set(sheet.teams))}
    return GroupSheet(**values)


def checked_rule(rule: Rule, *, by: User, group_id: int | None = None) -> dict[str, list[str]]:
    """The rule in one form. Raises Invalid: by parameter, or at `rule` where it narrows nothing or would go round in circles."""
    asked = ContactFilter.from_query({name: said for name, said in rule.items() if name not in NOT_OF_A_RULE})
    if not asked.is_narrowing:
        raise Invalid(fields={"rule": [_("Say at least one condition.")]})
    fields: dict[str, list[str]] = {}
    for name, known in (
        ("tag", Tag.objects.all()),
        ("company", Company.objects.all()),
        ("team", Team.objects.visible_to(by)),
        ("base", ContactBase.objects.visible_to(by)),
        ("group", ContactGroup.objects.visible_to(by).filter(kind=Kind.MANUAL).exclude(pk=group_id)),
    ):
        ids = set(getattr(asked, name))
        if ids and known.filter(pk__in=ids).count() != len(ids):
            fields[name] = [
                _("Choose groups put together by hand: a rule does not stand on another rule.")
                if name == "group"
                else _("Choose among those of the list.")
            ]
    if has_number(asked.search) and not by.has_perm("accounts.see_numbers"):
        # Members would tell one digit after the other to who may not see them (B-10).
        fields["search"] = [_("Search by words: your role does not see numbers or addresses.")]
    if fields:
        raise Invalid(_("Check the marked fields."), fields=fields)
    return asked.as_query()


def has_number(search: str) -> bool:
    return "@" in search or any(each.isdigit() for each in search)


def count_rule(rule: Rule, *, by: User) -> int:
    """How many of the contacts that `by` sees meet it now, counted no further than COUNTED_UP_TO + 1. Raises Invalid."""
    asked = ContactFilter.from_query(checked_rule(rule, by=by))
    found = asked.apply(standing().visible_to(by), by)
    return int(found.order_by()[: COUNTED_UP_TO + 1].count())


def teams_seen(by: User, ids: Iterable[int]) -> list[int]:
    return list(Team.objects.visible_to(by).filter(pk__in=list(ids)).values_list("pk", flat=True))


# ── Writing members down


def refresh_group(group_id: int) -> int:
    """Write down who meets a group's rule, batch by batch; return how many came or went. Nothing for a group without a rule."""
    begun, last, changed = timezone.now(), 0, 0
    while True:
        upto = last_of_batch(last)
        if upto is None:
            break
        within = standing().filter(pk__gt=last, pk__lte=upto)
        here = write_batch(group_id, within, GroupMember.objects.filter(contact__gt=last, contact__lte=upto))
        if here is None:
            return changed
        changed, last = changed + here, upto
    ContactGroup.objects.filter(pk=group_id, kind=Kind.RULE).update(refreshed_at=begun)
    return changed


def refresh_contacts(contact_ids: Iterable[int]) -> int:
    """The same for some contacts and every live group by rule: they were changed a moment ago."""
    ids = sorted(set(contact_ids))
    groups = ContactGroup.objects.filter(kind=Kind.RULE, archived_at__isnull=True).order_by("pk")
    changed = 0
    for group_id in groups.values_list("pk", flat=True):
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            changed += (
                write_batch(group_id, standing().filter(pk__in=some), GroupMember.objects.filter(contact__in=some)) or 0
            )
    return changed


def stale_groups(*, before: Any) -> list[int]:
    """Live groups by rule that were not written down since, the longest ago first."""
    live = ContactGroup.objects.filter(kind=Kind.RULE, archived_at__isnull=True)
    waiting = live.filter(refreshed_at__isnull=True) | live.filter(refreshed_at__lt=before)
    return list(waiting.order_by("refreshed_at", "pk").values_list("pk", flat=True))


def standing() -> Any:
    return Contact.objects.standing().filter(erased_at__isnull=True)


def last_of_batch(after: int) -> int | None:
    """Merged and erased ones count too: they may be members still."""
    ids = Contact.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]
    last: int | None = max(ids, default=None)
    return last


@transaction.atomic
def write_batch(group_id: int, within: QuerySet[Contact], members: QuerySet[GroupMember]) -> int | None:
    """Leave the members among some contacts as the group's rule of now says; how many came or went. None: it has no live rule."""
    # Two that write the same group down take turns: neither takes away what the other has just seen right.
    hold_names([f"contacts:group:{group_id}"])
    group = ContactGroup.objects.filter(pk=group_id, kind=Kind.RULE, archived_at__isnull=True).first()
    if group is None:
        return None
    asked = ContactFilter.from_query(group.rule)
    wanted = set(asked.apply(within, None).order_by().values_list("pk", flat=True))
    known = set(members.filter(group=group_id).values_list("contact_id", flat=True))
    added, gone = sorted(wanted - known), sorted(known - wanted)
    if added:
        GroupMember.objects.bulk_create(
            [GroupMember(contact_id=each, group_id=group_id, is_by_rule=True) for each in added], ignore_conflicts=True
        )
    if gone:
        GroupMember.objects.filter(group=group_id, is_by_rule=True, contact__in=gone).delete()
    if added or gone:
        publish(GroupMembersChanged(group_id=group_id, contact_ids=tuple(sorted({*added, *gone}))))
    return len(added) + len(gone)

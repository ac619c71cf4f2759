"""Contacts become members of a base, and leave it: chosen ones or a whole lot, set-wise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.bases import held_base
from contacts.actions.identifying import share_with_teams
from contacts.actions.member_states import MOVES, UNTOUCHABLE, State
from contacts.actions.slices import touch
from contacts.models import BaseMember, Contact, ContactBase, Lot, LotContact
from core import journal, outcomes
from core.bulk import give_keys
from core.refusals import Invalid, NotFound, Refusal

# Each in a transaction of its own: contacts are held while they become members, and nobody who writes to them waits long.
LOT_CHUNK = 5_000
# What one request waits for: larger lots are a bulk process's.
MOST_OF_A_LOT = 50_000


class BaseClosed(Refusal):
    """Nobody joins a base that is over."""

    code = "base_closed"


@dataclass(frozen=True)
class Associated:
    """What became of those who were to join a base: each is counted once."""

    added: int = 0
    already: int = 0
    # Members too, but out of reach: they must not be contacted, or are blocked.
    suppressed: int = 0
    # Were joined into another contact that came along: one member stands for both.
    merged: int = 0

    def __add__(self, other: Associated) -> Associated:
        return Associated(
            self.added + other.added,
            self.already + other.already,
            self.suppressed + other.suppressed,
            self.merged + other.merged,
        )


def associate_contacts(base_id: int, contact_ids: Iterable[int], *, by: User) -> Associated:
    """Make contacts members of a base. Repeating it adds nobody twice.

    Raises:
        NotFound: the base or one of the contacts is not for `by` to see; nothing happened (S09).
        BaseClosed.
    """
    ids = sorted(set(contact_ids))
    with transaction.atomic():
        base = open_base(base_id, by=by)
        if Contact.objects.visible_to(by).filter(pk__in=ids, erased_at__isnull=True).count() != len(ids):
            raise NotFound(_("There is no such contact."))
        done = associate(base, ids, lot=None)
        tell(base, done, by=by, lot=None)
    return done


def associate_lot(base_id: int, lot_id: int, *, by: User) -> Associated:
    """Make a lot's contacts members of a base, those that `by` sees. Chunk by chunk: after a crash it is simply asked for again.

    Raises:
        NotFound: the base or the lot is not for `by` to see; nothing happened (S09).
        BaseClosed.
    """
    lot = Lot.objects.visible_to(by).filter(pk=lot_id).first()
    if lot is None:
        raise NotFound(_("There is no such lot."))
    done, last = Associated(), 0
    while True:
        with transaction.atomic():
            base = open_base(base_id, by=by)
            listed = LotContact.objects.filter(lot=lot, contact_id__gt=last).order_by("contact_id")
            chunk = list(listed.values_list("contact_id", flat=True)[:LOT_CHUNK])
            if chunk:
                seen = Contact.objects.visible_to(by).filter(pk__in=chunk, erased_at__isnull=True)
                done += associate(base, sorted(seen.values_list("pk", flat=True)), lot=lot)
                last = chunk[-1]
            if len(chunk) < LOT_CHUNK:
                tell(base, done, by=by, lot=lot)
                return done


def refuse_too_large(lot: Lot) -> None:
    """For the doors where somebody waits for the answer. Raises Invalid at `lot`; nothing happened."""
    listed = LotContact.objects.filter(lot=lot).order_by().values("pk")
    if listed[: MOST_OF_A_LOT + 1].count() > MOST_OF_A_LOT:
        words = _("This lot is too large to be added from here: up to {most}.").format(most=MOST_OF_A_LOT)
        raise Invalid(_("Check the marked fields."), fields={"lot": [words]})


def open_base(base_id: int, *, by: User) -> ContactBase:
    base = held_base(base_id, by=by)
    if base.state == ContactBase.State.CLOSED:
        raise BaseClosed(_("This base is closed: nobody can be added."))
    return base


def associate(base: ContactBase, contact_ids: list[int], *, lot: Lot | None) -> Associated:
    """The same for contacts that were asked about; the base is held."""
    return put_into(base, contact_ids, lot=lot)[0]


def associate_chosen(base_id: int, contact_ids: list[int], *, lot_id: int) -> None:
    """Make contacts of a lot members of a base as a part of somebody else's transaction, and leave in `bulk_outcome` what became of each
    (core.outcomes). Asked who may is before.
    """
    base = ContactBase.objects.select_for_update(no_key=True).get(pk=base_id)
    standing = dict(Contact.objects.filter(pk__in=contact_ids, erased_at__isnull=True).values_list("pk", "merged_into"))
    if base.state == ContactBase.State.CLOSED:
        outcomes.write((pk, "base_closed", None, None) for pk in sorted(standing))
        return
    made = put_into(base, sorted(standing), lot=Lot.objects.get(pk=lot_id))[1]
    outcomes.write(
        (pk, outcomes.DONE if (into or pk) in made else "already", None, None) for pk, into in sorted(standing.items())
    )


def associate_reachable(base_id: int, contact_ids: list[int], *, by: User) -> None:
    """Make contacts that `by` sees members of a base, but for who must not be contacted (S64): as `associate_chosen`, and each names its
    record, so that it can be taken back.
    """
    base = ContactBase.objects.select_for_update(no_key=True).get(pk=base_id)
    seen = Contact.objects.visible_to(by).filter(pk__in=contact_ids, erased_at__isnull=True).order_by("pk")
    # Held before they are asked: whoever is told not to be contacted in this very moment is not put in.
    held = {each.pk: each for each in seen.select_for_update(of=("self",), no_key=True)}
    why = {}
    for pk, each in held.items():
        if base.state == ContactBase.State.CLOSED:
            why[pk] = "base_closed"
        elif each.merged_into_id is not None:
            why[pk] = "merged"
        elif each.do_not_contact or each.blocked:
            why[pk] = "do_not_contact"
    joining = [pk for pk in held if pk not in why]
    made = put_into(base, joining, lot=None)[1] if joining else set()
    records = dict(BaseMember.objects.live().filter(base=base, contact__in=made).values_list("contact_id", "pk"))
    outcomes.write(
        (pk, why.get(pk) or ("" if pk in made else "already"), None, {"member": records[pk]} if pk in made else None)
        for pk in held
    )
    tell(base, Associated(added=len(made), already=len(joining) - len(made)), by=by, lot=None)


def put_into(base: ContactBase, contact_ids: list[int], *, lot: Lot | None) -> tuple[Associated, set[int]]:
    """Also which contacts became members just now."""
    survivors = sorted(
        {
            survivor or pk
            for pk, survivor in Contact.objects.filter(pk__in=contact_ids).values_list("pk", "merged_into_id")
        }
    )
    with connection.cursor() as cursor:
        # Held: who is told not to be contacted in this very moment is either seen as such here, or finds the member there.
        cursor.execute(
            "SELECT id, do_not_contact OR blocked FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [survivors],
        )
        reach = dict(cursor.fetchall())
        # One identity is one member: whoever is in it under a contact that was joined into this one is in it.
        cursor.execute(
            "SELECT coalesce(contact.merged_into_id, contact.id) FROM contacts_contact contact"
            " JOIN contacts_basemember member ON member.contact_id = contact.id AND member.base_id = %s AND member.is_live"
            " WHERE contact.id = ANY(%s) OR contact.merged_into_id = ANY(%s)",
            [base.pk, survivors, survivors],
        )
        known = {pk for (pk,) in cursor.fetchall()}
    joining = [pk for pk in survivors if pk not in known]
    rows = [BaseMember(base=base, contact_id=pk) for pk in joining]
    give_keys(BaseMember, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_basemember (id, base_id, contact_id, lot_id, state, cycle, attempts, reserved_from)"
            " SELECT id, %s, contact_id, %s, state, 1, 0, ''"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS new(id, contact_id, state)"
            " ON CONFLICT (base_id, contact_id) WHERE is_live DO NOTHING RETURNING id, state, contact_id",
            [
                base.pk,
                lot.pk if lot else None,
                [row.pk for row in rows],
                joining,
                [str(State.SUPPRESSED if reach[pk] else State.UNPROCESSED) for pk in joining],
            ],
        )
        made = cursor.fetchall()
    touch((base.pk, pk) for pk, _state, _contact in made)
    teams = list(base.teams.values_list("pk", flat=True))
    # Whoever works a base sees the contacts in it (as with conversations: DOMAIN.md, "Who sees what").
    share_with_teams((pk, team) for pk in joining for team in teams)
    suppressed = sum(state == State.SUPPRESSED for _pk, state, _contact in made)
    counts = Associated(
        added=len(made) - suppressed,
        already=len(survivors) - len(made),
        suppressed=suppressed,
        merged=len(contact_ids) - len(survivors),
    )
    return counts, {contact_id for _pk, _state, contact_id in made}


def tell(base: ContactBase, done: Associated, *, by: User, lot: Lot | None) -> None:
    if done.added or done.suppressed:
        journal.record("members_added", base, by=by, details=asdict(done) | {"lot_id": lot.pk if lot else None})


@dataclass(frozen=True)
class Detached:
    """What became of members that were to leave."""

    detached: int
    # Reserved, being worked or suppressed: they stay (DOMAIN.md).
    kept: int


@transaction.atomic
def detach_members(base_id: int, member_ids: Iterable[int], *, by: User) -> Detached:
    """Take members out of a base; their history stays. Those that are being worked or must not be contacted stay, and are counted.

    Raises:
        NotFound: the base or one of the members is not for `by` to see; nothing happened.
    """
    base = held_base(base_id, by=by)
    ids = sorted(set(member_ids))
    members = list(
        BaseMember.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .filter(base=base, pk__in=ids)
        .order_by("pk")
    )
    if len(members) != len(ids):
        raise NotFound(_("There is no such record."))
    leaving = [each for each in members if each.state in MOVES["detached"].before]
    BaseMember.objects.filter(pk__in=[each.pk for each in leaving]).update(state=State.DETACHED, due_at=None)
    touch((base.pk, each.pk) for each in leaving)
    done = Detached(detached=len(leaving), kept=sum(each.state in UNTOUCHABLE for each in members))
    if leaving:
        ids = [each.pk for each in leaving]
        journal.record("members_detached", base, by=by, details=asdict(done) | {"member_ids": ids})
    return done

"""Forgetting one person: everything that names them goes, wherever it is, and the journal keeps a number in their place (S62)."""

from __future__ import annotations

import logging
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import contacts.personal
from accounts.models import User
from contacts.actions.forgetting import mark_for_erasure, spare
from contacts.actions.merging import hold_people
from contacts.errors import IsMerged, UnderLegalHold
from contacts.models import Contact
from contacts.personal import refuse_held, whole_person
from core import leases
from core.events import publish
from core.journal import record
from core.personal import StillArriving, holders
from core.refusals import Invalid, NoRoom, Refusal
from privacy.actions.asking import asked_contact
from privacy.actions.exporting import forget_exports
from privacy.events import ErasureWanted
from privacy.models import OPEN, Erasure, State

logger = logging.getLogger(__name__)

LEASE_SECONDS = 900


class AlreadyErased(Refusal):
    code = "already_erased"


@transaction.atomic
def ask_for_erasure(contact_id: int, *, by: User, confirmation: str) -> Erasure:
    """Ask that a person be forgotten. `confirmation` is their contact's number, typed: this cannot be undone.

    A second request while the first is under way is the first.

    Raises:
        NotAllowed, NotFound. Invalid: the confirmation is another. AlreadyErased. UnderLegalHold: with the reason.
        IsMerged: they became one person with another at this very moment; `contact_id` names it.
    """
    contact = asked_contact(contact_id, by=by)
    if confirmation.strip() != str(contact.pk):
        raise Invalid(
            _("Check the marked fields."), fields={"confirmation": [_("Type the contact's number as it is shown.")]}
        )
    hold_people([contact.pk])
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    if contact.merged_into_id is not None:
        # While we waited: whoever they are one person with now was not meant, and nothing would keep that one as it is.
        raise IsMerged(_("This contact became another one."), contact_id=contact.merged_into_id)
    if contact.erased_at is not None:
        raise AlreadyErased(_("This contact was erased already."))
    refuse_held(list(Contact.objects.identity(contact).values_list("pk", flat=True)))
    under_way = Erasure.objects.filter(contact=contact, state__in=OPEN).first()
    if under_way is not None:
        return under_way
    erasure = Erasure.objects.create(contact=contact, asked_by=by)
    mark_for_erasure(contact)
    record("person_erasure_asked", contact, by=by, details={"erasure_id": str(erasure.pk)})
    publish(ErasureWanted(erasure_id=str(erasure.pk)))
    return erasure


def carry_out_erasure(erasure_id: uuid.UUID | str) -> bool:
    """Forget the person of an erasure that waits; return whether it is done.

    In two passes. The first empties what is much, conversation by conversation, each in a transaction of its own, while messages may
    still arrive. The second holds the person, so that nothing of theirs comes in, empties what arrived meanwhile, and takes their
    numbers from them in the same transaction: what comes later is somebody new's. Stopped anywhere, it begins again and finds less.
    """
    with leases.held(f"erasure:{erasure_id}", seconds=LEASE_SECONDS) as lease:
        erasure = Erasure.objects.select_related("asked_by").filter(pk=erasure_id, state__in=OPEN).first()
        if lease is None or erasure is None or not begin(erasure):
            return False
        try:
            person = whole_person(erasure.contact_id)
            refuse_held(list(person.contact_ids))
            counts = dict(erasure.counts)
            for holder in holders():
                if holder.MODELS != contacts.personal.MODELS:
                    add(counts, holder.erase(person, by=erasure.asked_by))
            Erasure.objects.filter(pk=erasure.pk).update(counts=counts)
            finish(erasure, counts)
        except (StillArriving, NoRoom) as wait:
            # The sweeper comes back to it.
            logger.info("erasure %s waits: %s", erasure.pk, type(wait).__name__)
            return False
        except UnderLegalHold as refusal:
            # Nobody can hold them by now, nor be joined with them; asked again all the same, for what goes does not come back.
            refuse(erasure, refusal)
            return False
    return True


@transaction.atomic
def begin(erasure: Erasure) -> bool:
    """Whether it may go on: somebody may have held the person while it waited. From here on nobody can (privacy.actions.holding)."""
    hold_people([erasure.contact_id])
    try:
        refuse_held(list(Contact.objects.identity(erasure.contact).values_list("pk", flat=True)))
    except UnderLegalHold as refusal:
        refuse(erasure, refusal)
        return False
    Erasure.objects.filter(pk=erasure.pk).update(state=State.RUNNING)
    return True


def add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


@transaction.atomic
def finish(erasure: Erasure, counts: dict[str, int]) -> None:
    hold_people([erasure.contact_id])
    person = whole_person(erasure.contact_id)
    # Before anything: bytes of files come back with no transaction.
    refuse_held(list(person.contact_ids))
    for holder in holders():
        add(counts, holder.erase(person, by=erasure.asked_by))
    forget_exports(contact_ids=person.contact_ids)
    erasure.state, erasure.counts, erasure.finished_at = State.DONE, counts, timezone.now()
    erasure.save()
    record(
        "person_erased", erasure.contact, by=erasure.asked_by, details={"erasure_id": str(erasure.pk), "counts": counts}
    )


@transaction.atomic
def refuse(erasure: Erasure, refusal: UnderLegalHold) -> None:
    erasure.state, erasure.finished_at = State.REFUSED, timezone.now()
    erasure.save()
    spare(erasure.contact_id)
    record("person_erasure_refused", erasure.contact, by=None, details={"code": refusal.code})

"""Legal holds: while one stands, nothing of a person is erased or aged out (S62)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.actions.merging import hold_people
from contacts.errors import BeingErased
from contacts.models import Contact, LegalHold
from core.journal import record
from core.refusals import Invalid, NotFound
from core.text import without_nul
from privacy.actions.asking import asked_contact, require_right
from privacy.models import Erasure, State

LONGEST_REASON = 300


@transaction.atomic
def place_hold(contact_id: int, *, by: User, reason: str) -> LegalHold:
    """Hold a person by law, with the reason; one hold a person is enough, and a second is the first.

    Raises:
        NotAllowed, NotFound. Invalid: without a reason. BeingErased: it is too late.
    """
    contact = asked_contact(contact_id, by=by)
    reason = " ".join(without_nul(reason).split())
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Invalid(_("Check the marked fields."), fields={"reason": [_("Write why, in at most 300 characters.")]})
    # Whoever erases them now is done before, or finds the hold.
    hold_people([contact.pk])
    if Erasure.objects.filter(contact=contact, state=State.RUNNING).exists():
        raise BeingErased(_("This contact is being erased now."))
    people = Contact.objects.identity(contact).values("pk")
    known = LegalHold.objects.filter(contact__in=people, lifted_at__isnull=True).order_by("pk").first()
    if known is not None:
        return known
    hold = LegalHold.objects.create(contact=contact, reason=reason, by=by)
    record("legal_hold_placed", contact, by=by, details={"legal_hold_id": hold.pk}, personal={"reason": reason})
    return hold


@transaction.atomic
def lift_hold(hold_id: int, *, by: User) -> LegalHold:
    """Let a hold go. Repeating it changes nothing. Raises NotAllowed, NotFound."""
    require_right(by)
    hold = (
        LegalHold.objects.select_for_update(of=("self",))
        .filter(pk=hold_id, contact__in=Contact.objects.visible_to(by).values("pk"))
        .first()
    )
    if hold is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by = timezone.now(), by
        hold.save(update_fields=["lifted_at", "lifted_by"])
        record("legal_hold_lifted", hold.contact, by=by, details={"legal_hold_id": hold.pk})
    return hold

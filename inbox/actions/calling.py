"""Calls that people make by their own telephone: registered when they begin, given an outcome when they are over (002-17).

The voice channel will make them itself; until then the number is handed to the device (`tel:`) or to the exchange (CALL_ADDRESS).
"""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from campaigns.models import Campaign
from contacts.actions import note_interactions
from contacts.actions.attempts import record_attempt
from contacts.actions.engaging import engage_member, land_outcome
from contacts.models import Attempt, BaseMember, Contact, ContactPoint
from contacts.open_records import open_record_of
from core import journal
from core.events import publish
from core.refusals import Invalid, NotAllowed, NotFound
from core.text import without_nul
from inbox.actions.calling_back import keep_promises, promise
from inbox.actions.closing import NOTE_LIMIT, refuse_untimed
from inbox.errors import CallIsOver, DoNotContact, NoteRequired, NotYours, TypificationNotOffered
from inbox.events import CallEnded, CallRegistered
from inbox.models import Call
from inbox.permits import Permit, person, works_active
from typification.models import Typification


def may_call(contact: Contact, user: User) -> Permit:
    """Whoever sees the contact and their number calls them, unless they asked not to be contacted; not during a break."""
    if contact.do_not_contact or contact.blocked:
        return Permit(DoNotContact(_("This contact asked not to be contacted.")))
    if not user.has_perm("accounts.see_numbers"):
        return Permit(NotAllowed(_("To call, your role has to see whole numbers. Ask your supervisor.")))
    return works_active(user)


def callable_points() -> tuple[str, ...]:
    return (ContactPoint.Kind.PHONE, ContactPoint.Kind.WHATSAPP)


@transaction.atomic
def register_call(
    contact_id: int, *, by: User, client_id: uuid.UUID, contact_point_id: int, direction: str = Call.Direction.OUT
) -> tuple[Call, bool]:
    """Write down that a call begins now; return it and whether it is new: the same `client_id` again is the same call.

    Raises:
        NotFound: the contact is not theirs to see, or the point is not one of theirs that takes calls.
        DoNotContact, NotAllowed, AuxStateForbids: see `may_call`.
    """
    contact = Contact.objects.visible_to(by).select_for_update(no_key=True, of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if known := Call.objects.filter(user=by, client_id=client_id).first():
        return known, False
    point = ContactPoint.objects.filter(
        pk=contact_point_id, contact=contact, kind__in=callable_points(), scope=""
    ).first()
    if point is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    may_call(contact, by).require()
    now = timezone.now()
    call = Call.objects.create(
        client_id=client_id,
        contact=contact,
        contact_point=point,
        team=team_of_call(contact, by),
        user=by,
        direction=direction,
        number=point.shown,
        started_at=now,
    )
    note_interactions({contact.pk: now})
    begin_record(call, by=by)
    # The number is personal: the journal names the point.
    journal.record("call_registered", call, by=by, details={"contact": contact.pk, "contact_point": point.pk})
    publish(CallRegistered(call_id=call.pk, contact_id=contact.pk))
    return call, True


def begin_record(call: Call, *, by: User) -> None:
    """Who calls the contact of the record they have open works it: the call is its attempt, and gets its outcome when it is over."""
    record = open_record_of(by)
    if record is None or record.contact.standing_id != call.contact.standing_id:
        return
    engage_member(record.pk, by=by)
    record_attempt(record.pk, medium=Attempt.Medium.CALL, by=by, interaction_id=call.uuid, at=call.started_at)


def record_of(call: Call) -> BaseMember | None:
    """The record that a call works; None: it works none."""
    people = Contact.objects.identity(call.contact.standing).values("pk")
    members = BaseMember.objects.filter(contact__in=people)
    attempt = (
        Attempt.objects.filter(member__in=members, interaction_id=call.uuid).select_related("member__base").first()
    )
    return attempt.member if attempt is not None else None


def team_of_call(contact: Contact, user: User) -> Team | None:
    """In whose name: a team of both; for who sees every team without belonging to one, the contact's first."""
    theirs = Team.objects.filter(pk__in=contact.teams.values("pk")).order_by("pk")
    return theirs.filter(memberships__user=user).first() or theirs.first()


@transaction.atomic
def end_call(
    call_uuid: uuid.UUID,
    *,
    by: User,
    typification_id: int,
    note: str = "",
    ended_at: datetime.datetime | None = None,
    callback_at: datetime.datetime | None = None,
) -> Call:
    """Give a call its outcome and its end. Saying the same again changes nothing. What came of it lands on the record it works.

    `callback_at`: when they are to be contacted again, for an outcome that asks for it and a call with a record of a campaign.

    Raises:
        NotFound: no such call, or not theirs to see. NotYours: somebody else made it. CallIsOver: it has another outcome already.
        TypificationNotOffered: no outcome of calls. NoteRequired. CallbackTimeRequired. Invalid: the note is too long, or it ends
        before it began.
    """
    seen = Call.objects.visible_to(by).filter(uuid=call_uuid).values_list("pk", flat=True).first()
    if seen is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    call = Call.objects.select_for_update(of=("self",)).select_related("user", "contact__merged_into").get(pk=seen)
    if call.user_id != by.pk:
        raise NotYours(_("Only who made the call can say how it went."), by=person(call.user))
    note = without_nul(note).strip()
    if call.is_over:
        if (call.typification_id, call.note) == (typification_id, note):
            return call
        raise CallIsOver(_("This call already has an outcome."))
    typification = call_outcomes().get(typification_id)
    if typification is None:
        raise TypificationNotOffered(
            _("Choose an outcome of calls."), fields={"typification": [_("Choose an outcome of calls.")]}
        )
    refuse_incomplete(typification, note)
    record = record_of(call)
    campaign = campaign_working(record, by) if record is not None else None
    asks = campaign is not None and typification.asks_callback != Typification.AsksCallback.NO
    due_at = callback_at if asks else None
    if asks:
        refuse_untimed(typification, due_at)
    now = timezone.now()
    ended = min(ended_at or now, now)
    if ended < call.started_at:
        raise Invalid(_("Check the marked fields."), fields={"ended_at": [_("It ends after it began.")]})
    call.typification, call.note, call.ended_at = typification, note, ended
    call.save(update_fields=["typification", "note", "ended_at"])
    note_interactions({call.contact_id: ended})
    member = None
    if record is not None:
        member = land_outcome(
            record.pk,
            by=by,
            typification=typification,
            medium=Attempt.Medium.CALL,
            interaction_id=call.uuid,
            due_at=due_at,
        )
    keep_promises(call.contact, member, campaign=campaign, interaction_id=call.uuid, by=by)
    if campaign is not None:
        promise(
            call.contact,
            campaign=campaign,
            typification=typification,
            owner=by,
            member=member,
            due_at=due_at,
            by=by,
            interaction_id=call.uuid,
            contact_point_id=call.contact_point_id,
        )
    journal.record("call_ended", call, by=by, details={"contact": call.contact_id, "typification": typification.pk})
    publish(CallEnded(call_id=call.pk, contact_id=call.contact_id))
    return call


def campaign_working(record: BaseMember, user: User) -> Campaign | None:
    """The campaign in whose name a user works a base: one of theirs that names it, the one that proposes it first."""
    naming = Campaign.objects.filter(worked_bases__base=record.base_id, memberships__user=user)
    return naming.order_by("-worked_bases__is_default", "pk").first()


def refuse_incomplete(typification: Typification, note: str) -> None:
    if typification.requires_note and not note:
        text = _("«%(name)s» needs a note.") % {"name": typification.name}
        raise NoteRequired(text, fields={"note": [text]})
    if len(note) > NOTE_LIMIT:
        text = _("The note is too long: at most %(limit)d characters.") % {"limit": NOTE_LIMIT}
        raise Invalid(_("Check the marked fields."), fields={"note": [text]})


def call_outcomes() -> dict[int, Typification]:
    """What may come of a call: outcomes for calls or for everything, in the order of the tree, by id (000-06)."""
    live = list(Typification.objects.live().select_related("parent"))
    headings = {each.parent_id for each in live if each.parent_id}
    suiting = (Typification.AppliesTo.ALL, Typification.AppliesTo.PHONE)
    chosen = [
        each for each in live if each.pk not in headings and each.applies_to in suiting and each.system_code is None
    ]
    places = {each.pk: (each.position, each.pk) for each in live}
    chosen.sort(key=lambda each: (places.get(each.parent_id or each.pk, (0, 0)), places[each.pk]))
    return {each.pk: each for each in chosen}

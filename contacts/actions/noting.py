"""What the next agent must know about a contact: notes, seen by the team they were written in (001-30, 004-15)."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts.actions.holding import held_contact, standing_of
from contacts.models import Contact, ContactNote
from contacts.models.belongings import RESTORABLE_FOR
from core import journal
from core.refusals import Invalid, NotAllowed, NotFound
from core.text import without_nul

LONGEST = 4000


@transaction.atomic
def write_note(
    contact_id: int, text: str, *, by: User, team: Team | None = None, conversation_uuid: uuid.UUID | None = None
) -> ContactNote:
    """Leave a note about a contact. Without `team`: the one of `by` that has this contact.

    Raises:
        NotFound, NotAllowed, IsMerged, IsErased: as for `held_contact`. Invalid: `text`, or `team` is none of theirs.
    """
    contact = held_contact(contact_id, by=by)
    words = checked(text)
    seen = Team.objects.visible_to(by)
    if team is None:
        own = list(seen.filter(memberships__user=by))
        shared = set(contact.teams.values_list("pk", flat=True))
        team = next((each for each in own if each.pk in shared), own[0] if own else None)
    elif not seen.filter(pk=team.pk).exists():
        raise Invalid(_("Check the marked fields."), fields={"team": [_("You can only choose teams that you see.")]})
    note = ContactNote.objects.create(
        contact=contact, team=team, author=by, text=words, conversation_uuid=conversation_uuid
    )
    journal.record("contact_note_written", contact, by=by, details={"note_id": note.pk})
    return note


@transaction.atomic
def edit_note(note_id: int, text: str, *, by: User) -> ContactNote:
    """Write one's own note anew; the time stands beside it. The same again changes nothing.

    Raises:
        NotFound: no note of theirs to see. NotAllowed: somebody else wrote it. IsMerged, IsErased. Invalid: `text`.
    """
    note = held_note(ContactNote.objects.visible_to(by), note_id, by=by)
    words = checked(text)
    if words != note.text:
        note.text, note.edited_at = words, timezone.now()
        note.save(update_fields=["text", "edited_at"])
        journal.record("contact_note_edited", note.contact, by=by, details={"note_id": note.pk})
    return note


@transaction.atomic
def delete_note(note_id: int, *, by: User) -> None:
    """Take one's own note away: nobody reads it any more. Raises NotFound, NotAllowed, IsMerged, IsErased."""
    note = held_note(ContactNote.objects.visible_to(by), note_id, by=by)
    note.deleted_at = timezone.now()
    note.save(update_fields=["deleted_at"])
    journal.record("contact_note_deleted", note.contact, by=by, details={"note_id": note_id})


@transaction.atomic
def restore_note(note_id: int, *, by: User) -> ContactNote:
    """Bring back one's own note as it was. Repeating it changes nothing.

    Raises:
        NotFound: no note of theirs, or its time is over. NotAllowed: somebody else wrote it. IsMerged, IsErased.
    """
    note = held_note(ContactNote.objects.of_teams_of(by), note_id, by=by)
    if note.deleted_at is None:
        return note
    # In one step: its time may be over at this very moment, and whoever removes what nobody brings back waits for nobody.
    if not ContactNote.objects.restorable_by(by).filter(pk=note_id).update(deleted_at=None):
        raise NotFound(_("It was deleted too long ago to be brought back."))
    note.deleted_at = None
    journal.record("contact_note_restored", note.contact, by=by, details={"note_id": note_id})
    return note


def forget_deleted_notes() -> int:
    """Remove the notes whose time to be brought back is over; return how many."""
    gone: int = ContactNote.objects.filter(deleted_at__lt=timezone.now() - RESTORABLE_FOR).delete()[0]
    return gone


def held_note(notes: QuerySet[ContactNote], note_id: int, *, by: User) -> ContactNote:
    """One of these notes, whoever stands for its contact held. Raises as `held_contact`; NotAllowed: somebody else wrote it."""
    seen = notes.filter(pk=note_id)
    contact = held_contact(standing_of(seen), by=by)
    # It may have gone while we waited.
    note: ContactNote | None = seen.filter(contact__in=Contact.objects.identity(contact)).first()
    if note is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if note.author_id != by.pk:
        raise NotAllowed(_("Only who wrote a note may change it."))
    return note


def checked(text: str) -> str:
    words = without_nul(text).strip()
    if not words:
        raise Invalid(_("Check the marked fields."), fields={"text": [_("The note is empty.")]})
    if len(words) > LONGEST:
        limit = _("At most %(limit)d characters.") % {"limit": LONGEST}
        raise Invalid(_("Check the marked fields."), fields={"text": [limit]})
    return words

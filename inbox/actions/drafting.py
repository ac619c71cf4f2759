"""Drafts kept on the server, so that nothing typed is lost with a tab, a browser or a shift."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from core.refusals import Invalid
from core.text import without_nul
from inbox.actions.locking import lock_visible_conversation
from inbox.errors import DraftConflict
from inbox.models import Conversation, Draft

TEXT_LIMIT = 20_000


@transaction.atomic
def save_draft(conversation_id: int, *, by: User, mode: str, text: str, version: int) -> Draft:
    """Store the draft if `version` is the one last seen; an empty text empties it.

    Raises:
        DraftConflict: another tab wrote since; the newer draft comes along, so that neither text is lost.
    """
    conversation = lock_visible_conversation(conversation_id, by)
    if len(text) > TEXT_LIMIT:
        raise Invalid(_("Check the marked fields."), fields={"text": [_("The draft is too long to keep.")]})
    text = without_nul(text) if text.strip("\0 \t\r\n") else ""
    draft = Draft.objects.select_for_update().filter(user=by, conversation=conversation, mode=mode).first()
    if draft is not None and draft.version != version and draft.text != text:
        raise DraftConflict(_("You wrote this draft in another tab too."), draft=draft_row(draft))
    if draft is None:
        draft = Draft(user=by, conversation=conversation, mode=mode, text=text, version=version)
    # An emptied draft keeps its row: were its version to begin anew, an old tab could take its own text for the newer one.
    draft.text, draft.version = text, draft.version + 1
    draft.save()
    return draft


def draft_row(draft: Draft | None, *, mode: str = "") -> dict[str, object]:
    if draft is None:
        return {"mode": mode, "text": "", "version": 0}
    return {"mode": draft.mode, "text": draft.text, "version": draft.version}


def empty_draft(conversation: Conversation, *, by: User, mode: str) -> None:
    """What was sent is no draft any more."""
    Draft.objects.filter(user=by, conversation=conversation, mode=mode).update(text="", version=F("version") + 1)

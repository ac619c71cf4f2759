"""What an answer over REST leaves behind: a role that does not allow something is written down, as it is of pages (TRUST.md S07)."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.response import Response

from accounts.actions.sessions import note_refused_entry
from accounts.models import User
from core.api import answer_exception


def answer_and_note(error: Exception, context: dict[str, Any]) -> Response | None:
    """As `core.api.answer_exception`; somebody whose role was refused has a line in the journal."""
    answer = answer_exception(error, context)
    request = context.get("request")
    if answer is None or answer.status_code != status.HTTP_403_FORBIDDEN or request is None:
        return answer
    # Refusals of what stands, such as somebody else's conversation, have codes of their own.
    is_of_the_role = answer.data["error"]["code"] == "not_allowed"
    if is_of_the_role and isinstance(request.user, User):
        note_refused_entry(request.user, path=request.path, method=request.method or "")
    return answer

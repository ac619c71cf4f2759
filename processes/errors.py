"""Why a run is refused. Each states what is true."""

from __future__ import annotations

from core.refusals import Refusal


class ScopeHeld(Refusal):
    """Another run works on the same rows; `extra["run_id"]` says which (R40)."""

    code = "scope_held"


class NotFromHere(Refusal):
    """A run in this state cannot go there."""

    code = "not_from_here"


class NotConfirmed(Refusal):
    """What deletes history is confirmed by typing its word."""

    code = "not_confirmed"
    status = 400


class SignInAgain(Refusal):
    """What deletes or takes back is done by who said lately who they are (S47)."""

    code = "sign_in_again"
    status = 403


class NothingToDo(Refusal):
    """Nobody of the selection qualifies."""

    code = "nothing_to_do"


class UndoOver(Refusal):
    """It cannot be taken back: its time is over, or its process knows no way back."""

    code = "undo_over"

"""Why the inbox refuses. Each states what is true; codes are docs/api.md's."""

from core.refusals import NotAllowed, Refusal


class AlreadyTaken(Refusal):
    code = "already_taken"


class AlreadyClosed(Refusal):
    code = "already_closed"


class NotClosed(Refusal):
    code = "not_closed"


class TooLate(Refusal):
    """The time for it is over."""

    code = "too_late"


class NotReopened(Refusal):
    """The campaign does not take back what was closed, or not so late."""

    code = "not_reopened"


class AnotherIsOpen(Refusal):
    code = "another_is_open"


class KeptForAnother(Refusal):
    """It waits for its contact's exclusive agent."""

    code = "kept_for_another"


class OfferOver(Refusal):
    """It does not ring at them any more."""

    code = "offer_over"


class TransferUnavailable(Refusal):
    """Nothing is transferred from here."""

    code = "transfer_unavailable"


class TargetUnavailable(Refusal):
    """It cannot be transferred there now."""

    code = "target_unavailable"


class NotSnoozed(Refusal):
    code = "not_snoozed"


class ScheduleOver(Refusal):
    """It was sent, or called off, already."""

    code = "schedule_over"


class NotAssigned(Refusal):
    """Nobody holds it, or not the one who asks."""

    code = "not_assigned"


class NotYours(NotAllowed):
    code = "not_yours"


class WindowClosed(Refusal):
    code = "window_closed"


class NoteRequired(Refusal):
    code = "note_required"


class TypificationNotOffered(Refusal):
    code = "typification_not_offered"


class QuickCloseUnavailable(Refusal):
    code = "quick_close_unavailable"


class BaseRequired(Refusal):
    """The outcome is for who is in a base (000-17)."""

    code = "base_required"


class CallbackTimeRequired(Refusal):
    """The outcome promises to contact them again, and nobody said when."""

    code = "callback_time_required"
    status = 400


class RecordOpen(Refusal):
    """A record of a base is open in preview, and its work comes first (000-02)."""

    code = "record_open"


class NoBaseOffered(Refusal):
    """The campaign names no active base."""

    code = "no_base_offered"


class AnotherPerson(Refusal):
    """Who writes is known already, as somebody else than who was chosen."""

    code = "another_person"


class CallbackIsOver(Refusal):
    """It was kept or cancelled."""

    code = "callback_is_over"


class NotAnswered(Refusal):
    code = "not_answered"


class StillAtWork(Refusal):
    """Somebody has conversations in hand, and may not leave them to others."""

    code = "still_at_work"


class AuxStateForbids(Refusal):
    """The agent's auxiliary does not work on conversations (000-04)."""

    code = "aux_state_forbids"


class ConversationExists(Refusal):
    """Somebody talks with this number already; `conversation` where whoever asks may see it."""

    code = "conversation_exists"


class DoNotContact(Refusal):
    """They asked not to be written to, or were blocked."""

    code = "do_not_contact"


class OfAnotherTeam(NotAllowed):
    """The number is a contact's whom this user does not see. `contact_id` is for the journal, and stays on this side."""

    code = "of_another_team"

    def __init__(self, message: str = "", *, contact_id: int) -> None:
        super().__init__(message)
        self.contact_id = contact_id


class CallIsOver(Refusal):
    """The call has its outcome, and it is another one."""

    code = "call_is_over"


class DraftConflict(Refusal):
    code = "draft_conflict"


class ExternalFilesForbidden(NotAllowed):
    """The campaign sends nothing from the agent's own computer (004-05)."""

    code = "external_files_forbidden"


class MessageNotFailed(Refusal):
    code = "message_not_failed"


class ColleagueAnswered(Refusal):
    """A warning: send it again without `written_after`."""

    code = "colleague_answered"


class MessageNotUnconfirmed(Refusal):
    """It was settled, or its status may still come."""

    code = "message_not_unconfirmed"


class MayArriveTwice(Refusal):
    """A warning: ask again with `may_arrive_twice`."""

    code = "may_arrive_twice"

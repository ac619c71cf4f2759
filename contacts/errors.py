"""Why contacts are refused. Each states what is true; codes are docs/api.md's."""

from __future__ import annotations

from core.refusals import NotAllowed, Refusal


class DuplicateContact(Refusal):
    """Somebody the user sees has this number, address or document already.

    `extra["contact"]` is {"id", "name"} of whom, so that a page can lead there; `fields` says at which of what was typed.
    """

    code = "duplicate_contact"


class OfAnotherTeam(NotAllowed):
    """It is a contact's whom the user does not see: said without a name (DOMAIN.md). `contact_id` is for the journal, and stays here."""

    code = "of_another_team"
    # 002-01: not among what the user may do, and not hidden either, or they would try for ever.

    def __init__(self, message: str, *, contact_id: int, fields: dict[str, list[str]]) -> None:
        super().__init__(message, fields=fields)
        self.contact_id = contact_id


class IsMerged(Refusal):
    """It became another contact; `extra["contact_id"]` says which. What is known of them is written there."""

    code = "is_merged"


class IsErased(Refusal):
    """They asked to be forgotten: nothing personal is written here again."""

    code = "is_erased"


class BeingErased(Refusal):
    """They asked to be forgotten and it waits to be done: who was one person when they asked is forgotten, and nobody else."""

    code = "being_erased"


class CompanyKnown(Refusal):
    """There is a company of this document already; `extra["company"]` is {"id", "name"} of it."""

    code = "company_known"


class SameContact(Refusal):
    """One contact cannot be joined with itself."""

    code = "same_contact"
    status = 400


class AlreadyJoined(Refusal):
    """One of the two stands for nobody any more: it was joined with another."""

    code = "already_joined"


class AlreadyParted(Refusal):
    code = "already_parted"


class JoinedFurther(Refusal):
    """The survivor itself was joined with another since: that comes apart first."""

    code = "joined_further"


class BeingWorkedOn(Refusal):
    """Two memberships of one base are in somebody's hands."""

    code = "being_worked_on"


class UnderLegalHold(Refusal):
    """The law keeps what is held of them; the message is the reason that was given."""

    code = "under_legal_hold"

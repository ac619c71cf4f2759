"""Why contacts refuse. Each states what is true; codes are docs/api.md's."""

from core.refusals import Refusal


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


class ContactErased(Refusal):
    code = "contact_erased"


class BeingWorkedOn(Refusal):
    """Two memberships of one base are in somebody's hands."""

    code = "being_worked_on"

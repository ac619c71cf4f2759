"""Who may ask for somebody's own, and of whom."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from contacts.models import Contact
from core.refusals import NotAllowed, NotFound

MANAGE = "contacts.manage_privacy"


def require_right(by: User) -> None:
    if not by.has_perm(MANAGE):
        raise NotAllowed(_("Your role does not allow privacy requests."))


def asked_contact(contact_id: int, *, by: User) -> Contact:
    """The one that stands for a contact that `by` sees.

    Raises:
        NotAllowed. NotFound: there is none, or it is another team's.
    """
    require_right(by)
    found: Contact | None = Contact.objects.visible_to(by).select_related("merged_into").filter(pk=contact_id).first()
    if found is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return found.standing

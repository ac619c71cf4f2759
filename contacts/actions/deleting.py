"""Deleting a company that nobody works for; whoever does keeps it, and is named to who may see them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from contacts.actions.companies import held_company
from contacts.models import Contact
from core import journal
from core.refusals import Refusal

NAMED = 5


class CompanyInUse(Refusal):
    """Contacts work for it. `count` says how many of those whom the asker sees, `names` who some of them are."""

    code = "company_in_use"


@transaction.atomic
def delete_company(company_id: int, *, by: User) -> None:
    """Delete a company for good. Raises NotAllowed, NotFound; CompanyInUse: archive it instead."""
    company = held_company(company_id, by=by)
    refuse_used(company.pk, by=by)
    journal.record("company_deleted", company, by=by, details={"name": company.name})
    try:
        with transaction.atomic():
            company.delete()
    except ProtectedError:
        # Somebody began to work for it just now. What was written above is undone by the refusal.
        refuse_used(company_id, by=by)
        raise


def refuse_used(company_id: int, *, by: User) -> None:
    used = Contact.objects.filter(company=company_id)
    if not used.exists():
        return
    seen = used.visible_to(by)
    count = seen.count()
    if not count:
        # Nor how many: that is another team's (S05).
        raise CompanyInUse(
            _("Contacts of teams that you do not see work for it. Archive it instead."), count=0, names=[]
        )
    names = [each.name or _("somebody") for each in seen.order_by("sort_name", "pk")[:NAMED]]
    words = ngettext(
        "{count} contact works for it: {names}. Archive it instead.",
        "{count} contacts work for it: {names}. Archive it instead.",
        count,
    )
    shown = ", ".join(names) + ("…" if count > len(names) else "")
    raise CompanyInUse(words.format(count=count, names=shown), count=count, names=names)

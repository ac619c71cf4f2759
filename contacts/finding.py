"""Finding somebody by one field that is chosen beforehand, as the associating wizard asks (000-10): by telephone first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from contacts.fields import live_fields, read_value
from contacts.filters import documents_found, mail_found, numbers_found, words_condition
from contacts.models import BaseMember, Contact
from core import text
from core.refusals import Invalid

SHORTEST, LONGEST, MOST = 2, 80, 20


def searchable_fields() -> list[tuple[str, str]]:
    """What can be searched by, with its words: the telephone, what every contact has, and the fields of one's own."""
    own = [(each.control_id, each.label) for each in live_fields()]
    return [
        ("phone", _("Telephone")),
        ("name", _("Name")),
        ("document", _("Document")),
        ("email", _("E-mail")),
        ("company", _("Company")),
        *own,
    ]


def find_people(field: str, query: str, *, user: User) -> list[Contact]:
    """Those whom the user sees and who have this in that field: names by their words, numbers in any written form, the rest whole.

    Raises:
        Invalid: there is no such field (`by`), or the query is too short, too long or no value of the field (`search`).
    """
    query = " ".join(text.without_nul(query).split())
    if not SHORTEST <= len(query) <= LONGEST:
        raise Invalid(_("Check the marked fields."), fields={"search": [_("From 2 to 80 characters.")]})
    people = Contact.objects.visible_to(user).standing().filter(erased_at__isnull=True)
    return list(people.filter(condition(field, query, user)).order_by("sort_name", "pk")[:MOST])


def condition(field: str, query: str, user: User) -> Q:
    sees_numbers = user.has_perm("accounts.see_numbers")
    if field == "phone":
        return among(numbers_found(query, sees_numbers=sees_numbers))
    if field == "document":
        return among(documents_found(query, sees_numbers=sees_numbers))
    if field == "email":
        return among(mail_found(query, sees_numbers=sees_numbers))
    if field == "name":
        return words_condition(query)
    if field == "company":
        return Q(company_sort_name__contains=text.fold(query))
    definition = next((each for each in live_fields() if each.control_id == field), None)
    if definition is None:
        raise Invalid(_("Check the marked fields."), fields={"by": [_("There is no such field.")]})
    try:
        value = read_value(definition, query)
    except ValueError as error:
        raise Invalid(_("Check the marked fields."), fields={"search": [str(error)]}) from None
    return Q(custom__contains={field: value})


def among(owners: QuerySet[Any] | None) -> Q:
    """Nobody where the query cannot be such a value."""
    return Q(pk__in=owners) if owners is not None else Q(pk__in=[])


def memberships(people: Iterable[Contact], *, user: User) -> dict[int, list[dict[str, Any]]]:
    """The bases that each of these people is in, of those the user sees, by the contact that stands for them. One query for all."""
    ids = [each.pk for each in people]
    members = BaseMember.objects.visible_to(user).live()
    found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in ids}
    theirs = members.filter(Q(contact__in=ids) | Q(contact__merged_into__in=ids)).select_related("contact", "base")
    for member in theirs.order_by("base__folded_name", "pk"):
        found[member.contact.standing_id].append(
            {"id": member.base_id, "name": member.base.name, "state": member.base.state, "member": member.pk}
        )
    return found

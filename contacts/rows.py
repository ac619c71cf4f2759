"""The one shape of a contact: a list row, and the whole of one. `.values()` in, plain dict out; used by REST, pages and sockets alike.

Whoever lacks `accounts.see_numbers` gets numbers, documents and addresses of e-mail masked here, on the server (B-10). Teams and groups of
others are left out: a row shows nobody what they could not ask for (S05).
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts import documents, numbers
from contacts.models import (
    Address,
    Consent,
    Contact,
    ContactGroup,
    ContactNote,
    ContactPoint,
    ContactTag,
    GroupMember,
)
from contacts.sheets import ContactSheet
from core import text

FIELDS = (
    "id", "first_name", "last_name", "profile_name", "sort_name", "is_vip", "blocked", "do_not_contact", "company_id",
    "company_sort_name", "document_number", "last_interaction_at", "created_at",
)  # fmt: skip
NUMBERS = (str(ContactPoint.Kind.PHONE), str(ContactPoint.Kind.WHATSAPP))


def contact_rows(contacts: QuerySet[Contact], user: User) -> list[dict[str, Any]]:
    """One query, in the order the queryset asks for. The contacts are already those the user sees."""
    sees_numbers = user.has_perm("accounts.see_numbers")
    rows = contacts.values(*FIELDS, **aliases(user))
    return [show_row(row, sees_numbers=sees_numbers) for row in rows]


def name_warning(name: str) -> str:
    """What is odd about a name, in the reader's words; empty where nothing is. Anybody may call themselves like somebody else."""
    if not text.may_deceive(name):
        return ""
    return _("This name mixes alphabets or hides characters: it may imitate another one. Check the number.")


def contact_detail(contact_id: int, user: User) -> dict[str, Any] | None:
    """The whole of one contact; None where there is none for this user to see. A merged one is shown as who it became."""
    contact = (
        Contact.objects.visible_to(user)
        .select_related("company", "document_type", "merged_into")
        .filter(pk=contact_id)
        .first()
    )
    if contact is None:
        return None
    (row,) = contact_rows(Contact.objects.filter(pk=contact_id), user)
    sees_numbers = user.has_perm("accounts.see_numbers")
    people = seen_identity(contact, user).values("pk")
    company, kind = contact.company, contact.document_type
    return row | {
        "profile_name": contact.profile_name,
        "company": {"id": company.pk, "name": company.name} if company is not None else None,
        "document_type": {"id": kind.pk, "code": kind.code, "name": kind.name} if kind is not None else None,
        "custom": contact.custom,
        "addresses": [address_row(each) for each in Address.objects.filter(contact__in=people)],
        "consents": consent_rows(people, user),
        "merged_into_id": contact.merged_into_id,
        "is_erased": contact.erased_at is not None,
        "updated_at": contact.updated_at,
        "version": ContactSheet.of(contact).version,
        "sees_numbers": sees_numbers,
        "may_edit": user.has_perm("contacts.edit_contacts") and contact.merged_into_id is None,
    }


def seen_identity(contact: Contact, user: User) -> QuerySet[Contact]:
    """The rows of a person that are shown beside one of them, which the user sees: all of them to who sees the one that stands for them.

    Whoever sees only one that was joined (its survivor left their teams since) is shown that one alone (S05).
    """
    people: QuerySet[Contact] = Contact.objects.identity(contact)
    if contact.merged_into_id is None or Contact.objects.visible_to(user).filter(pk=contact.merged_into_id).exists():
        return people
    return people.filter(pk=contact.pk)


def aliases(user: User) -> dict[str, Any]:
    """What stands around a contact, in the same query: one a page, however many points and tags."""
    own = OuterRef("pk")
    # Of a person that is two contacts, the points of both; tags, groups and teams the survivor was given.
    whole = OuterRef(OuterRef("pk"))
    identity = Contact.objects.filter(Q(pk=whole) | Q(merged_into=whole)).order_by().values("pk")
    return {
        "company_name": F("company__name"),
        "document_code": F("document_type__code"),
        "document_check": F("document_type__check_digit"),
        "its_points": ArraySubquery(
            ContactPoint.objects.filter(contact__in=identity)
            .order_by("-is_primary", "id")
            .values(shown=JSONObject(id="id", kind="kind", scope="scope", value="value", is_primary="is_primary"))
        ),
        "its_tags": ArraySubquery(
            ContactTag.objects.filter(contact_id=own)
            .order_by("tag__folded_name")
            .values(shown=JSONObject(id="tag_id", name="tag__name", hue="tag__hue"))
        ),
        "its_groups": ArraySubquery(
            GroupMember.objects.filter(
                contact_id=own,
                group__in=ContactGroup.objects.visible_to(user).filter(archived_at__isnull=True).values("pk"),
            )
            .order_by("group__folded_name")
            .values(shown=JSONObject(id="group_id", name="group__name", hue="group__hue", is_by_rule="is_by_rule"))
        ),
        "its_teams": ArraySubquery(
            Contact.teams.through.objects.filter(contact_id=own, team__in=Team.objects.visible_to(user).values("pk"))
            .order_by("team__name")
            .values(shown=JSONObject(id="team_id", name="team__name"))
        ),
    }


def show_row(row: dict[str, Any], *, sees_numbers: bool) -> dict[str, Any]:
    points = [show_point(each, sees_numbers=sees_numbers) for each in row.pop("its_points")]
    profile_name = row.pop("profile_name")
    name = f"{row['first_name']} {row['last_name']}".strip() or profile_name
    code, number = row.pop("document_code"), row.pop("document_number")
    document = documents.shown(row.pop("document_check"), number) if number else ""
    return row | {
        # As on the desk: who has no name is called by how they are reached.
        "name": name or next((each["value"] for each in points), ""),
        "initials": text.initials(name),
        "hue": text.hue(row["id"]),
        "company_name": row["company_name"] or "",
        "document_code": code or "",
        "document": document if sees_numbers or not document else documents.mask(document),
        "points": points,
        "kinds": list(dict.fromkeys(each["kind"] for each in points)),
        "tags": row.pop("its_tags"),
        "groups": row.pop("its_groups"),
        "teams": row.pop("its_teams"),
    }


def show_point(point: dict[str, Any], *, sees_numbers: bool) -> dict[str, Any]:
    """A way to reach them as people read it; `is_business_id`: known to WhatsApp only, not a number."""
    kind, scope, value = point["kind"], point["scope"], point["value"]
    return {
        "id": point["id"],
        "kind": kind,
        "value": shown_value(kind, scope, value, sees_numbers=sees_numbers),
        "is_primary": point["is_primary"],
        "is_business_id": scope != "" and kind == ContactPoint.Kind.WHATSAPP,
    }


def shown_value(kind: str, scope: str, value: str, *, sees_numbers: bool) -> str:
    if kind in NUMBERS and scope == "":
        number = numbers.canonical(f"+{value.lstrip('+')}", default_country=None)
        whole = numbers.display(number.e164 if number else value)
        return whole if sees_numbers else numbers.mask(whole)
    if kind == ContactPoint.Kind.EMAIL and not sees_numbers:
        return mask_mail(value)
    return value


def mask_mail(address: str) -> str:
    """«r•••@g•••.com»: enough to tell two apart, not enough to write to one."""
    name, _at, domain = address.rpartition("@")
    host, dot, ending = domain.rpartition(".")
    return f"{name[:1]}•••@{host[:1]}•••{dot}{ending}"


def address_row(address: Address) -> dict[str, Any]:
    names = ("id", "department", "province", "district", "line", "reference", "postal_code", "is_primary")
    return {name: getattr(address, name) for name in names} | {
        "latitude": float(address.latitude) if address.latitude is not None else None,
        "longitude": float(address.longitude) if address.longitude is not None else None,
    }


def consent_rows(people: QuerySet[Any], user: User) -> list[dict[str, Any]]:
    """What counts now: the newest step of each medium, and of all together (an empty medium). Nobody of another team is named (S05)."""
    newest = (
        Consent.objects.filter(contact__in=people)
        .order_by("medium", "-recorded_at", "-id")
        .distinct("medium")
        .select_related("by")
        .annotate(is_seen=Exists(User.objects.visible_to(user).filter(pk=OuterRef("by"))))
    )
    return [
        {
            "medium": each.medium,
            "is_given": each.is_given,
            "source": each.source,
            "by": each.by.name if each.is_seen and each.by is not None else "",
            "recorded_at": each.recorded_at,
        }
        for each in newest
    ]


def note_rows(notes: QuerySet[ContactNote]) -> list[dict[str, Any]]:
    """Notes of one contact, in the order the queryset asks for; they are those the reader sees (ContactNote.objects.visible_to)."""
    return [
        {
            "id": each.pk,
            "text": each.text,
            "author_id": each.author_id,
            "author": each.author.name if each.author is not None else "",
            "initials": each.author.initials if each.author is not None else "",
            "hue": each.author.hue if each.author is not None else "gray",
            "team_id": each.team_id,
            "team": each.team.name if each.team is not None else "",
            "created_at": each.created_at,
            "edited_at": each.edited_at,
        }
        for each in notes.select_related("author", "team")
    ]

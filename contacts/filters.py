"""What can be asked of the list of contacts: one meaning for SQL and for a row in hand.

How it stays fast among a million: each filter is an EXISTS of its own, ANDed, which PostgreSQL turns into joins and begins with whichever
is rarest. A search never ORs an EXISTS, which it could only try row by row: words alone are a condition on `search_text`, so that the
planner may walk the list's own order for a common word and the trigram index for a rare one; what may also be a number, a document or
an address of e-mail is a union of the few ids that each index knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import Team, User
from contacts import documents, numbers
from contacts.models import BaseMember, Contact, ContactBase, ContactGroup, ContactPoint, ContactTag, GroupMember
from core import text
from core.refusals import Invalid

# What a list may be sorted by, and the column that means it. `last_interaction` leaves out whom nobody talked with yet, as the desk's
# «waiting» leaves out who does not wait: a place in a list that is not there cannot be paged over.
ORDERS = {
    "name": "sort_name",
    "company": "company_sort_name",
    "last_interaction": "last_interaction_at",
    "created": "id",
}
WITHOUT = "none"
KINDS = tuple(str(each) for each in ContactPoint.Kind)
SHORTEST, LONGEST, MOST_WORDS = 2, 80, 8
# A word this short is the beginning of one: a trigram index knows how words begin, but not two letters somewhere inside.
SHORTEST_FRAGMENT = 3
SHORTEST_DOCUMENT = 3
MOST_CHOSEN = 50
# Whose a point is: who stands for them, where they were joined with another.
OWNER = Coalesce("contact__merged_into_id", "contact_id")
NUMBERS = (str(ContactPoint.Kind.PHONE), str(ContactPoint.Kind.WHATSAPP))

Asked = Mapping[str, Sequence[str] | str]


@dataclass(frozen=True, kw_only=True)
class ContactFilter:
    """One meaning, two readings: `apply` asks the database, `matches` asks a row in hand (contacts.rows)."""

    search: str = ""
    # Any of these; several names are ANDed.
    tag: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    team: tuple[int, ...] = ()
    base: tuple[int, ...] = ()
    company: tuple[int, ...] = ()
    vip: bool | None = None
    # Kinds of contact points, any of them; «none»: whoever has no way to be reached.
    point: tuple[str, ...] = ()
    blocked: bool | None = None
    do_not_contact: bool | None = None
    order: str = "name"

    IDS: ClassVar[tuple[str, ...]] = ("tag", "group", "team", "base", "company")
    YES_NO: ClassVar[tuple[str, ...]] = ("vip", "blocked", "do_not_contact")

    @classmethod
    def known(cls) -> frozenset[str]:
        """The parameters there are; a page's address may hold others of its own."""
        return frozenset(field.name for field in fields(cls))

    @classmethod
    def from_query(cls, params: Asked | MultiValueDict[str, str]) -> Self:
        """Return the filter that parameters ask for (a request's, or a group's rule); an empty value says nothing.

        Raises:
            Invalid: naming the parameter that is unknown or holds what it may not (S06: an allow-list, never a lookup).
        """
        values: dict[str, Any] = {}
        wrong: dict[str, list[str]] = {}
        known = cls.known()
        for name, given in listed(params):
            if name not in known:
                wrong[name] = [_("This parameter does not exist.")]
                continue
            said = [each for each in given if each != ""]
            try:
                if said:
                    values[name] = read_value(name, said)
            except ValueError as error:
                wrong[name] = [str(error) or _("This value is not understood.")]
        if wrong:
            raise Invalid(_("Check the marked fields."), fields=wrong)
        return cls(**values)

    def as_query(self) -> dict[str, list[str]]:
        """The parameters that ask for this filter, without what says nothing: for an address, a saved view or a group's rule."""
        asked: dict[str, list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if isinstance(value, tuple):
                asked[field.name] = [str(each) for each in value]
            else:
                asked[field.name] = [str(int(value)) if isinstance(value, bool) else str(value)]
        return asked

    @property
    def is_narrowing(self) -> bool:
        return any(name != "order" for name in self.as_query())

    # ── The database

    def apply(self, queryset: QuerySet[Contact], user: User | None) -> QuerySet[Contact]:
        """Narrow contacts that were made visible already. `user` None: the system, which sees everything.

        What another team's team, group or base holds is as unknown as one that never was (S05).
        """
        return queryset.filter(self.condition(user))

    def condition(self, user: User | None) -> Q:
        condition = Q()
        for name in self.YES_NO:
            if (wanted := getattr(self, name)) is not None:
                condition &= Q(**{"is_vip" if name == "vip" else name: wanted})
        if self.company:
            condition &= Q(company__in=self.company)
        if self.order.removeprefix("-") == "last_interaction":
            condition &= Q(last_interaction_at__isnull=False)
        for belonging in self.belongings(user):
            condition &= Q(Exists(belonging.filter(contact_id=OuterRef("pk"))))
        if self.base:
            condition &= member_condition(self.members(user))
        condition &= self.point_condition()
        if self.search:
            condition &= search_condition(self.search, sees_numbers=sees_numbers(user))
        return condition

    def belongings(self, user: User | None) -> Iterable[QuerySet[Any]]:
        if self.tag:
            yield ContactTag.objects.filter(tag__in=self.tag)
        if self.group:
            seen = ContactGroup.objects.all() if user is None else ContactGroup.objects.visible_to(user)
            yield GroupMember.objects.filter(group__in=seen.filter(pk__in=self.group).values("pk"))
        if self.team:
            teams = Team.objects.all() if user is None else Team.objects.visible_to(user)
            yield Contact.teams.through.objects.filter(team__in=teams.filter(pk__in=self.team).values("pk"))

    def members(self, user: User | None) -> QuerySet[BaseMember]:
        """Who is in the bases that are asked for, under whichever of a person's rows."""
        bases = ContactBase.objects.all() if user is None else ContactBase.objects.visible_to(user)
        members: QuerySet[BaseMember] = BaseMember.objects.live()
        return members.filter(base__in=bases.filter(pk__in=self.base).values("pk"))

    def point_condition(self) -> Q:
        kinds = [each for each in self.point if each != WITHOUT]
        own = ContactPoint.objects.filter(contact_id=OuterRef("pk"))
        condition = Q()
        if kinds:
            condition |= Q(Exists(own.filter(kind__in=kinds)))
        if WITHOUT in self.point:
            condition |= ~Q(Exists(own))
        return condition

    # ── A row in hand

    def matches(self, row: Mapping[str, Any]) -> bool | None:
        """Whether a row (contacts.rows) belongs; None where a row cannot tell: a search, a base, the company's of no id.

        A row shows the teams and groups its reader sees, so it answers as `apply` does for that reader.
        """
        for name in self.YES_NO:
            wanted = getattr(self, name)
            if wanted is not None and row["is_vip" if name == "vip" else name] != wanted:
                return False
        if self.company and row["company_id"] not in self.company:
            return False
        if self.order.removeprefix("-") == "last_interaction" and row["last_interaction_at"] is None:
            return False
        for name, held in (
            ("tag", {each["id"] for each in row["tags"]}),
            ("group", {each["id"] for each in row["groups"]}),
            ("team", {each["id"] for each in row["teams"]}),
            ("point", {each["kind"] for each in row["points"]} or {WITHOUT}),
        ):
            if (wanted := getattr(self, name)) and held.isdisjoint(wanted):
                return False
        return None if self.search or self.base else True

    # ── Order

    @property
    def column(self) -> str:
        return ORDERS[self.order.removeprefix("-")]

    @property
    def descending(self) -> bool:
        return self.order.startswith("-")

    def ordered(self, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        sign = "-" if self.descending else ""
        names = [self.column] if self.column == "id" else [self.column, "id"]
        return queryset.order_by(*(f"{sign}{name}" for name in names))


def member_condition(members: QuerySet[BaseMember]) -> Q:
    """Whose membership it is, or that of a contact that was joined into them: a merge rewrites no membership (decision 018)."""
    own = Q(Exists(members.filter(contact_id=OuterRef("pk"))))
    joined = Contact.objects.filter(own, merged_into__isnull=False).order_by()
    if not joined.exists():
        # Nearly always; and this one PostgreSQL asks in the order of the list.
        return own
    return Q(pk__in=members.order_by().values("contact_id").union(joined.values("merged_into"), all=True))


def listed(params: Asked | MultiValueDict[str, str]) -> Iterable[tuple[str, list[str]]]:
    if isinstance(params, MultiValueDict):
        return [(str(name), [str(each) for each in given]) for name, given in params.lists()]
    return [
        (str(name), [given] if isinstance(given, str) else [str(each) for each in given])
        for name, given in params.items()
    ]


def read_value(name: str, given: list[str]) -> Any:
    """Raises ValueError, with words where there is more to say than that it is not understood."""
    if name in ContactFilter.IDS:
        if len(given) > MOST_CHOSEN:
            raise ValueError(_("At most %(limit)d of them.") % {"limit": MOST_CHOSEN})
        return tuple(sorted({positive(each) for each in given}))
    if name == "point":
        if set(given) - {*KINDS, WITHOUT}:
            raise ValueError
        return tuple(sorted(set(given)))
    if len(given) != 1:
        raise ValueError
    (value,) = given
    if name in ContactFilter.YES_NO:
        if value not in ("0", "1", "true", "false"):
            raise ValueError
        return value in ("1", "true")
    if name == "order" and value.removeprefix("-") not in ORDERS:
        raise ValueError
    if name == "search":
        value = " ".join(text.without_nul(value).split())
        if value and not SHORTEST <= len(value) <= LONGEST:
            raise ValueError(_("From 2 to 80 characters."))
    return value


def positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError
    return int(value)


def sees_numbers(user: User | None) -> bool:
    return user is None or user.has_perm("accounts.see_numbers")


# ── Search


def search_condition(query: str, *, sees_numbers: bool) -> Q:
    """Names, company and address by their words; number, document and e-mail by a part, or whole for who may not see them.

    Whoever may not see numbers could otherwise guess one digit after the other (B-10).
    """
    words = words_condition(query)
    beside = [
        each
        for each in (
            numbers_found(query, sees_numbers=sees_numbers),
            documents_found(query, sees_numbers=sees_numbers),
            mail_found(query, sees_numbers=sees_numbers),
        )
        if each is not None
    ]
    if not beside:
        return words
    by_words = Contact.objects.filter(words).order_by().values("pk")
    return Q(pk__in=by_words.union(*beside))


def words_condition(query: str) -> Q:
    """Every word stands somewhere in name, company or address."""
    condition = Q()
    words = text.fold(query).split()[:MOST_WORDS]
    if not words:
        # Nothing but signs that folding leaves out. No empty list: lists are read as SQL (listing.py), and that would be none.
        return Q(pk=0)
    for word in words:
        if len(word) >= SHORTEST_FRAGMENT:
            condition &= Q(search_text__contains=word)
        else:
            condition &= (
                Q(search_text__startswith=word)
                | Q(search_text__contains=f" {word}")
                | Q(search_text__contains=f"\n{word}")
            )
    return condition


def numbers_found(query: str, *, sees_numbers: bool) -> QuerySet[Any] | None:
    """The contacts with a number, in any written form (contacts.numbers)."""
    country = settings.PHONE_DEFAULT_COUNTRY
    if sees_numbers:
        forms = numbers.lookup_forms(query, default_country=country)
        if not forms or any(each.isalpha() for each in query):
            return None
        fragment = Q()
        for form in forms:
            fragment |= Q(digits__contains=form)
        return ContactPoint.objects.filter(fragment).order_by().values(owner=OWNER)
    whole = numbers.canonical(query, default_country=country)
    if whole is None:
        return None
    points = ContactPoint.objects.filter(kind__in=NUMBERS, scope="", normalised=f"+{whole.line}")
    return points.order_by().values(owner=OWNER)


def documents_found(query: str, *, sees_numbers: bool) -> QuerySet[Any] | None:
    """The contacts with a document: as documents are kept, so with or without its dots and dashes."""
    number = documents.compact(query)
    if len(number) < SHORTEST_DOCUMENT or not any(each.isdigit() for each in number):
        return None
    # Said again as the index says it: the partial index is found by that.
    kept = Contact.objects.exclude(document_number="")
    kept = kept.filter(document_number__startswith=number) if sees_numbers else kept.filter(document_number=number)
    return kept.order_by().values(owner=Coalesce("merged_into_id", "pk"))


def mail_found(query: str, *, sees_numbers: bool) -> QuerySet[Any] | None:
    address = "".join(query.split()).casefold()
    if "@" not in address:
        return None
    mail = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL)
    mail = mail.filter(normalised__contains=address) if sees_numbers else mail.filter(scope="", normalised=address)
    return mail.order_by().values(owner=OWNER)

"""The list of contacts: who is in it, in which order, page by page both ways, and what its filters tell to whom."""

from __future__ import annotations

import datetime
import html
import random
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SavedView, Team, TeamMember, User
from contacts import listing
from contacts.actions import create_contact
from contacts.filters import ORDERS, ContactFilter
from contacts.listing import ContactList, Place
from contacts.models import Company, Contact, ContactGroup, ContactPoint, ContactTag, ContactTeam, DocumentType, Tag
from contacts.models.people import NEVER
from contacts.sheets import PointEntry
from core.text import fold
from tests.concurrency import together
from tests.contacts.query_budgets import BUDGETS
from tests.factories import Cast

NAMES = ("Rocío Benítez", "Ána Sosa", "ana sosa", "Íñigo Núñez", "Marcelo Quispe", "Marcelo Quispe", "Zulma Ayala", "")


def make_people(cast: Cast, count: int = 40) -> list[Contact]:
    """Of Ventas, of Soporte, of both and of nobody; some of a company, some attended, some VIP, several of one name."""
    dice = random.Random(7)  # the same people every time
    companies = [Company.objects.create(name=name, sort_name=fold(name)) for name in ("Ríos S. A.", "Álamo")]
    made = []
    for number in range(count):
        name = dice.choice(NAMES)
        company = dice.choice([None, *companies])
        contact = Contact.objects.create(
            first_name=name,
            sort_name=fold(name),
            search_text=fold(name),
            company=company,
            company_sort_name=company.sort_name if company else "",
            is_vip=number % 5 == 0,
            last_interaction_at=timezone.now() - datetime.timedelta(hours=dice.randrange(6)) if number % 3 else None,
        )
        contact.teams.set(dice.choice([[cast.team], [cast.other_team], [cast.team, cast.other_team], []]))
        made.append(contact)
    return made


def whole(user: User, asked: ContactFilter, *, size: int = 7) -> list[int]:
    """Every page from the first on."""
    ids: list[int] = []
    place = None
    while True:
        page = ContactList(user, asked).page(limit=size, place=place)
        ids += page.ids
        if not page.has_more:
            return ids
        place = Place(page.keys[-1])


def backwards(user: User, asked: ContactFilter, *, size: int = 7) -> list[int]:
    """Every page from beyond the last one back to the first."""
    last = ContactList(user, asked).page(limit=1000).keys[-1]
    ids = [last[1]]
    place = Place(last, is_backwards=True)
    while True:
        page = ContactList(user, asked).page(limit=size, place=place)
        ids = page.ids + ids
        if not page.has_more:
            return ids
        place = Place(page.keys[0], is_backwards=True)


def expected(user: User, asked: ContactFilter) -> list[int]:
    """The same, asked of the people's table as plainly as it can be."""
    by: dict[str, Callable[[Contact], Any]] = {
        "name": lambda each: each.sort_name,
        "company": lambda each: each.company_sort_name,
        "last_interaction": lambda each: each.last_interaction_at or NEVER,
        "created": lambda each: each.pk,
    }
    key = by[asked.order.removeprefix("-")]
    seen = Contact.objects.visible_to(user).standing().filter(erased_at__isnull=True)
    wanted = [each for each in seen if not asked.vip or each.is_vip]
    found = sorted(wanted, key=lambda each: (key(each), each.pk), reverse=asked.descending)
    # Whoever has no name, or no company, stands at the end of both.
    return [each.pk for each in sorted(found, key=lambda each: key(each) == "")]


@pytest.mark.shows("002-01", "S05")
@pytest.mark.parametrize("few", [listing.FEW, 3], ids=["few are sorted", "many are read in order"])
@pytest.mark.parametrize("order", [f"{sign}{name}" for name in ORDERS for sign in ("", "-")])
def test_every_page_forwards_and_backwards_is_the_whole_list_of_whoever_asks(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, order: str, few: int
) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    made = make_people(cast)
    Contact.objects.filter(pk=made[1].pk).update(merged_into=made[0])
    Contact.objects.filter(pk=made[2].pk).update(erased_at=timezone.now())
    TeamMember.objects.create(team=cast.other_team, user=cast.luis)
    for user in (cast.ana, cast.luis, cast.eva, cast.admin):
        for asked in (ContactFilter(order=order), ContactFilter(order=order, vip=True)):
            ids = expected(user, asked)
            assert ids
            assert whole(user, asked) == ids
            assert backwards(user, asked) == ids
            assert ContactList(user, asked).count() == (len(ids), False)
    for user in (cast.ana, cast.admin):
        asked = ContactFilter(order=order, search="marcelo")
        ids = [
            pk for pk in expected(user, ContactFilter(order=order)) if "marcelo" in Contact.objects.get(pk=pk).sort_name
        ]
        assert len(ids) > 3
        assert whole(user, asked, size=2) == ids
        assert backwards(user, asked, size=2) == ids
        assert ContactList(user, asked).count() == ((len(ids), False) if few > 3 else (3, True))
    of_team = ContactFilter(order=order, team=(cast.team.pk,))
    assert set(whole(cast.admin, of_team)) == set(expected(cast.ana, ContactFilter()))
    # Another team's name opens nothing.
    assert ContactList(cast.eva, of_team).page(limit=50).ids == []


def places(contact: Contact) -> list[tuple[Any, ...]]:
    names = ("team__name", "sort_name", "company_sort_name", "interacted_at")
    return list(ContactTeam.objects.filter(contact=contact).order_by("team__name").values_list(*names))


@pytest.mark.shows("002-01")
def test_a_contact_keeps_its_place_in_every_teams_list_whoever_changes_it(cast: Cast) -> None:
    contact = Contact.objects.create(first_name="Zulma", sort_name="zulma")
    contact.teams.set([cast.team])
    assert places(contact) == [("Ventas", "zulma", "", NEVER)]
    at = timezone.now()
    Contact.objects.filter(pk=contact.pk).update(sort_name="alma", company_sort_name="rios", last_interaction_at=at)
    assert places(contact) == [("Ventas", "alma", "rios", at)]
    contact.teams.add(cast.other_team)
    assert places(contact) == [("Soporte", "alma", "rios", at), ("Ventas", "alma", "rios", at)]


@pytest.mark.django_db(transaction=True)
def test_who_is_renamed_while_they_are_shared_has_one_name_in_both(committed_cast: Cast) -> None:
    teams = [Team.objects.create(name=f"Equipo {number}") for number in range(4)]
    contact = Contact.objects.create(first_name="Zulma", sort_name="zulma")
    rename = [partial(Contact.objects.filter(pk=contact.pk).update, sort_name=f"alma {number}") for number in range(4)]
    share = [partial(contact.teams.add, team) for team in teams]
    outcomes = together([*rename, *share])
    assert [each for each in outcomes if isinstance(each, BaseException)] == []
    contact.refresh_from_db()
    assert {place[1] for place in places(contact)} == {contact.sort_name}
    assert len(places(contact)) == 4


# ── The page


@pytest.fixture
def rocio(cast: Cast) -> Contact:
    company = Company.objects.create(name="Panadería La Esquina", sort_name="panaderia la esquina")
    kind = DocumentType.objects.filter(code="ci").first() or DocumentType.objects.create(code="ci", name="CI")
    return create_contact(
        by=cast.ana,
        first_name="Rocío",
        last_name="Benítez Duarte",
        points=[
            PointEntry(value="+595 991 651351", kind="whatsapp"),
            PointEntry(value="rocio.benitez@laesquina.com.py"),
        ],
        document_type=kind,
        document_number="4218903",
        company=company,
        is_vip=True,
    )


def browse(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names_on(client: Client, **asked: Any) -> list[str]:
    answer = client.get(reverse("contacts"), asked)
    assert answer.status_code == 200
    return [row["name"] for row in answer.context["page"].rows]


@pytest.mark.shows("002-02", "002-03")
def test_a_row_shows_initials_star_company_document_and_the_ways_by_name(cast: Cast, rocio: Contact) -> None:
    plain = create_contact(by=cast.ana, first_name="Marcelo", last_name="Quispe")
    page = browse(cast.ana).get(reverse("contacts")).content.decode()
    heads = re.findall(r'<th scope="col" data-column="(\w+)"', page)
    assert heads == ["name", "company", "document", "points", "last_interaction"]
    rows = {pk: row for row in page.split("<tr")[2:] for pk in re.findall(r'data-contact="(\d+)"', row)}
    for words in (
        ">RB<",
        'aria-label="VIP"',
        "Rocío Benítez Duarte",
        "Panadería La Esquina",
        "CI 4218903",
        'data-channel="whatsapp"',
        'data-channel="email"',
        f"/contacts/{rocio.pk}/",
    ):
        assert words in rows[str(rocio.pk)]
    for words in (">MQ<", "Sin empresa", "Sin documento"):
        assert words in rows[str(plain.pk)]
    for words in ('aria-label="VIP"', "data-channel="):
        assert words not in rows[str(plain.pk)]
    assert browse(cast.eva).get(reverse("contacts")).content.decode().count("Rocío") == 0
    assert Client().get(reverse("contacts")).status_code == 302


@pytest.mark.shows("002-23")
@pytest.mark.parametrize(
    "words",
    [
        "rocio",
        "BENITEZ  duarte",
        "panaderia",
        "4.218.903",
        "+595 991 651351",
        "0991651351",
        "5959916513",
        "rocio.benitez@laesquina.com.py",
    ],
)
def test_enter_finds_by_name_company_document_and_contact_point(cast: Cast, rocio: Contact, words: str) -> None:
    make_people(cast, 8)
    assert "Rocío Benítez Duarte" in names_on(browse(cast.ana), search=words)
    assert "Rocío Benítez Duarte" not in names_on(browse(cast.eva), search=words)


@pytest.mark.shows("S05")
def test_lists_counts_and_filters_are_the_same_with_and_without_another_teams_people(cast: Cast) -> None:
    make_people(cast, 6)
    tag = Tag.objects.create(name="Promo", folded_name="promo")
    eva = browse(cast.eva)
    asked: list[dict[str, Any]] = [
        {}, {"search": "wenceslao"}, {"search": "981777888"}, {"order": "-last_interaction"}, {"vip": 1}, {"tag": tag.pk}, {"team": cast.team.pk},
    ]  # fmt: skip
    before = [eva.get(reverse("contacts"), each).content for each in asked]
    company = Company.objects.create(name="Secretos S. A.", sort_name="secretos s. a.")
    group = ContactGroup.objects.create(name="Oculto", folded_name="oculto")
    group.teams.set([cast.team])
    hidden = create_contact(
        by=cast.ana, first_name="Wenceslao", points=[PointEntry(value="+595981777888")], company=company, is_vip=True
    )
    ContactTag.objects.create(contact=hidden, tag=tag)
    asked_later = [*asked]
    after = [eva.get(reverse("contacts"), each).content for each in asked_later]
    token = b"csrfmiddlewaretoken"
    assert [without_tokens(each) for each in after] == [without_tokens(each) for each in before], token
    for each in ({"company": company.pk}, {"group": group.pk}, {"team": cast.team.pk}):
        page = eva.get(reverse("contacts"), each).content.decode()
        assert "Secretos" not in page
        assert "Oculto" not in page
        # As if it had not been said.
        assert page.count("data-contact=") == before[0].decode().count("data-contact=")
    assert eva.get(reverse("contact", args=[hidden.pk])).status_code == 404
    assert "Wenceslao" in names_on(browse(cast.ana), company=company.pk)


def without_tokens(page: bytes) -> list[bytes]:
    """The page without what is new every time: nonces and tokens."""
    return [line for line in page.split(b"\n") if b"csrfmiddlewaretoken" not in line and b"nonce=" not in line]


@pytest.mark.shows("S06", "S54")
def test_a_forged_address_is_as_if_it_had_not_been_said(cast: Cast, rocio: Contact) -> None:
    for name, value in [
        ("order", "-owner__password"), ("order", "password"), ("team", "0 OR 1=1"), ("team", str(10**30)), ("tag", "-1"), ("vip", "maybe"),
        ("after", "x"), ("after", "WyJcdTAwMDAiLDFd"), ("before", "W251bGwsIDFd"), ("after", "WzEsMl0"), ("__proto__", "1"), ("point", "fax"),
        ("company__name", "x"), ("after", "WyJhIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMF0"),
    ]:  # fmt: skip
        assert names_on(browse(cast.ana), **{name: value}) == ["Rocío Benítez Duarte"], (name, value)
    # Nothing is left of accents alone, once folded.
    assert names_on(browse(cast.ana), search="\u0301\u0301") == []
    assert browse(cast.ana).get("/api/v1/contacts/", {"search": "\u0301\u0301"}).json()["results"] == []
    page = browse(cast.ana).get(reverse("contacts"), {"search": "x"}).content.decode()
    assert "De 2 a 80 caracteres" in page


@pytest.mark.shows("002-23")
def test_an_empty_list_says_what_to_do(cast: Cast) -> None:
    client = browse(cast.ana)
    assert "Todavía no hay nadie aquí" in client.get(reverse("contacts")).content.decode()
    make_people(cast, 4)
    found = client.get(reverse("contacts"), {"search": "nadie así"}).content.decode()
    assert "Sin resultados" in found
    assert "«nadie así»" in found


# ── Saved views


@pytest.mark.shows("001-19")
def test_a_view_keeps_search_filters_and_order_under_a_name_of_ones_own(cast: Cast, rocio: Contact) -> None:
    ana, luis = browse(cast.ana), browse(cast.luis)
    asked = "search=rocio&vip=1&order=-last_interaction"
    made = ana.post(reverse("contact-view-new"), {"name": " Mis  VIP ", "filters": f"{asked}&after=x&__proto__=1"})
    assert made.status_code == 302
    view = SavedView.objects.get(user=cast.ana)
    assert (view.name, view.screen) == ("Mis VIP", "contacts")
    assert view.filters == {"search": ["rocio"], "vip": ["1"], "order": ["-last_interaction"]}
    chips = ana.get(f"{reverse('contacts')}?{asked}").context["page"].views
    assert [(each.name, each.is_on) for each in chips] == [("Mis VIP", True)]
    # The desk has its own, under the same name too; and nobody sees another's.
    assert ana.get("/api/v1/saved-views/").json()["results"] == []
    assert (
        ana.post(
            "/api/v1/saved-views/", {"name": "Mis VIP", "filters": {}}, content_type="application/json"
        ).status_code
        == 201
    )
    assert luis.get(reverse("contacts")).context["page"].views == []
    for name in ("contact-view-rename", "contact-view-delete"):
        assert luis.post(reverse(name, args=[view.pk]), {"name": "Ajena"}).status_code == 404
    desk = SavedView.objects.get(user=cast.ana, screen="desk")
    assert ana.post(reverse("contact-view-delete", args=[desk.pk])).status_code == 404
    ana.post(reverse("contact-view-rename", args=[view.pk]), {"name": "VIP", "filters": asked})
    view.refresh_from_db()
    assert view.name == "VIP"
    again = ana.post(reverse("contact-view-new"), {"name": "vip", "filters": ""}, follow=True).content.decode()
    assert "Ya tienes una vista con ese nombre" in again
    page = ana.post(reverse("contact-view-delete", args=[view.pk]), follow=True).content.decode()
    assert list(SavedView.objects.filter(user=cast.ana)) == [desk]
    # Its toast brings it back as it was.
    undo = re.search(r'action="(/contacts/views/\?[^"]+)"', page)
    assert undo is not None
    ana.post(html.unescape(undo[1]))
    back = SavedView.objects.get(user=cast.ana, screen="contacts")
    assert (back.name, back.filters) == ("VIP", view.filters)


# ── Budget


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    ana = browse(cast.ana)
    ana.get(reverse("contacts"))
    make_people(cast, 3)
    with django_assert_max_num_queries(BUDGETS["screen"]):
        ana.get(reverse("contacts"))
    for number in range(120):
        contact = Contact.objects.create(first_name="Ana", sort_name="ana", search_text="ana")
        contact.teams.set([cast.team])
        ContactPoint.objects.create(
            contact=contact, kind="email", value=f"a{number}@x.py", normalised=f"a{number}@x.py"
        )
    with django_assert_max_num_queries(BUDGETS["screen, many"]):
        page = ana.get(reverse("contacts")).context["page"]
    assert len(page.rows) == 50
    assert page.next_url
    with django_assert_max_num_queries(BUDGETS["screen, searched"]):
        ana.get(reverse("contacts"), {"search": "ana"})

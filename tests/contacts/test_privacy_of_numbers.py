"""A crawler that may not see numbers: no page and no answer of the API tells it one (B-10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from contacts.actions import create_contact
from contacts.models import Company, Contact, DocumentType
from contacts.sheets import PointEntry
from tests.factories import Cast

LINE, DOCUMENT, MAIL = "595991651351", "4218903", "rocio.benitez@laesquina.com.py"
SEARCHES = (
    "rocio",
    "4218",
    "4218903",
    "991651",
    "59599165",
    "+595991651351",
    "0991651351",
    "rocio.benitez@",
    MAIL,
    "laesquina",
)


@pytest.fixture
def rocio(cast: Cast) -> Contact:
    kind, _made = DocumentType.objects.get_or_create(code="ci-prueba", defaults={"name": "CI"})
    return create_contact(
        by=cast.ana,
        first_name="Rocío",
        last_name="Benítez",
        points=[
            PointEntry(value=f"+{LINE}", kind="whatsapp"),
            PointEntry(value=f"+{LINE}", kind="phone"),
            PointEntry(value=MAIL),
        ],
        document_type=kind,
        document_number=DOCUMENT,
        company=Company.objects.create(name="Panadería", sort_name="panaderia"),
    )


def addresses(resolver: Any, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, path)
        elif isinstance(each, URLPattern):
            yield path


def of_contact(contact: Contact) -> list[str]:
    """Every address of pages and REST that speaks of contacts and needs no more than one's id, and the searches of each list."""
    found = []
    for path in addresses(get_resolver()):
        if not path.startswith(
            (
                "contacts/",
                "api/v1/contacts/",
                "api/v1/search/",
                "api/v1/conversations/",
                "settings/contacts/",
                "settings/guests/",
            )
        ):
            continue
        plain = re.sub(r"<int:contact_id>", str(contact.pk), path)
        if "<" not in plain:
            found.append(f"/{plain}")
    lists = ["/contacts/", f"/contacts/{contact.pk}/", "/api/v1/contacts/", "/api/v1/search/"]
    # Digits of the question itself come back in the search box: what is asked is taken out of what is read.
    return [
        *sorted(set(found)),
        *(f"{path}?search={words.replace('+', '%2B')}" for path in lists for words in SEARCHES),
    ]


def told(body: str, *, asked: str = "") -> list[str]:
    """What of the number, the document and the address of e-mail can be read in an answer."""
    text = re.sub(r"<[^>]*csrf[^>]*>", "", body)
    for form in {asked, asked.lstrip("+"), quote(asked, safe=""), quote_plus(asked)} - {""}:
        text = text.replace(form, "")
    # However a number is grouped, its digits stand beside one another but for what separates them.
    joined = re.sub(r"(?<=\d)[\s.\-()\u00a0/]+(?=\d)", "", text)
    whole = [each for each in (LINE[3:], LINE[4:9], LINE[5:], DOCUMENT, DOCUMENT[:5]) if each in joined]
    return whole + ([MAIL] if MAIL in text or MAIL.partition("@")[0] in text else [])


def mask(user: User) -> None:
    for role in Group.objects.filter(user=user):
        role.permissions.remove(*role.permissions.filter(codename="see_numbers"))


@pytest.mark.shows("B-10", "002-01")
def test_a_crawler_without_the_right_finds_no_digits_anywhere(cast: Cast, rocio: Contact) -> None:
    ana, luis = Client(), Client()
    ana.force_login(cast.ana)
    luis.force_login(cast.luis)
    mask(cast.ana)
    paths = of_contact(rocio)
    assert len(paths) > 40
    leaks, seen = [], []
    for path in paths:
        asked = path.partition("?search=")[2].replace("%2B", "+")
        answer = ana.get(path)
        assert answer.status_code < 500, path
        if found := told(answer.content.decode(), asked=asked):
            leaks.append((path, found))
        if told(luis.get(path).content.decode(), asked=asked):
            seen.append(path)
    assert leaks == []
    # The control: the same crawler sees them where the reader may.
    assert {"/api/v1/contacts/", f"/api/v1/contacts/{rocio.pk}/", "/contacts/"} & set(seen)


@pytest.mark.shows("B-10")
@pytest.mark.parametrize(
    ("words", "is_found"),
    [("991651", False), ("59599165135", False), ("+595991651351", True), ("0991 651 351", True), ("42189", False), ("4.218.903", True),
     ("rocio.benitez@", False), (MAIL, True)],
)  # fmt: skip
def test_who_may_not_see_numbers_finds_by_a_whole_one_only(
    cast: Cast, rocio: Contact, words: str, is_found: bool
) -> None:
    ana, luis = Client(), Client()
    ana.force_login(cast.ana)
    luis.force_login(cast.luis)
    mask(cast.ana)
    assert [row["id"] for row in ana.get("/contacts/", {"search": words}).context["page"].rows] == (
        [rocio.pk] if is_found else []
    )
    assert [row["id"] for row in luis.get("/contacts/", {"search": words}).context["page"].rows] == [rocio.pk]

"""How long the list of contacts takes at ten thousand and at a million of them, beside a primary-key round trip (002-01, 002-23)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks._databases import beside, copied, let_go_of_the_database, set_up_beside

GIVEN, SMALL = set_up_beside("small")
LARGE = beside(GIVEN, "large")

from django.test import Client

from accounts.models import User
from benchmarks._asking import Statement
from benchmarks._contact_book import MIDDLE, Readers, fill_book, make_readers
from benchmarks._questions import Question
from benchmarks._report import Target, machine, say_targets, say_title
from benchmarks._two_sizes import Measured, Size, beside_a_key, measure, pairs, say_figures, say_plans, within
from contacts.filters import ContactFilter
from contacts.listing import ContactList, Place
from contacts.models import Contact
from contacts.rows import contact_rows
from runner.terminal import say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SIZES = (Size("10 k", SMALL, 10_000), Size("1 M", LARGE, int(os.environ.get("BENCH_CONTACTS", "1000000"))))
TITLES = {
    "Pages and counts: the SQL alone, in units of a primary-key round trip": ("page", "count", "rows"),
    "Filters": ("filter",),
    "Searches": ("search",),
    "Whole answers": ("answer",),
}
PAGE = 50
ORDERS = ("name", "-name", "company", "-company", "last_interaction", "-last_interaction")
SEARCHES = {
    "surname of many «benit»": "benit",
    "name and surname «rocio ben»": "rocio ben",
    "rare surname «kowal»": "kowal",
    "nobody's name «zzyzx»": "zzyzx",
    "two letters «jo»": "jo",
    "a company «empresa sosa 14»": "empresa sosa 14",
    "an address «mariscal lopez 12»": "mariscal lopez 12",
    "a document «1.004.321»": "1.004.321",
    "a document begun «10043»": "10043",
    "an e-mail «persona4321@»": "persona4321@",
    "six digits «965007»": "965007",
    "a number, national «0961 007 919»": "0961 007 919",
    "a number, international «+595 961 007919»": "+595 961 007919",
}


def questions(readers: Readers) -> Iterator[Question]:
    """What each reader asks, built on the database that is connected."""
    for who, user in readers.each():
        for order in ORDERS:
            asked = ContactFilter(order=order)
            yield Question("page", f"{who}: by {order}", partial(keys, user, asked))
            yield Question(
                "page", f"{who}: by {order}, in the middle", partial(keys, user, asked, middle_of(user, asked))
            )
        yield Question("count", f"{who}: how many", partial(count, user, ContactFilter()))
        for name, asked in narrowed(readers).items():
            yield Question("filter", f"{who}: {name}", partial(keys, user, asked))
        for what, words in SEARCHES.items():
            yield Question("search", f"{who}: {what}", partial(keys, user, ContactFilter(search=words)))
        first = ContactList(user, ContactFilter()).page(limit=PAGE).ids
        yield Question("rows", f"{who}: 50 rows", partial(rows, user, first))
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        yield Question("answer", f"{who}: the page", partial(get, client, "/contacts/"))
        yield Question("answer", f"{who}: the page, «benit»", partial(get, client, "/contacts/?search=benit"))


def narrowed(readers: Readers) -> dict[str, ContactFilter]:
    chosen = {"VIP": ContactFilter(vip=True), "a company": ContactFilter(company=(41,))}
    for name in ("tag", "group", "base"):
        chosen[f"a common {name}"] = ContactFilter(**{name: (readers.common[name],)})
        chosen[f"a rare {name}"] = ContactFilter(**{name: (readers.rare[name],)})
    chosen["a team"] = ContactFilter(team=(readers.first_team + MIDDLE,))
    chosen["a common tag, latest first"] = ContactFilter(tag=(readers.common["tag"],), order="-last_interaction")
    chosen["VIP, latest first"] = ContactFilter(vip=True, order="-last_interaction")
    return chosen


def keys(user: User, asked: ContactFilter, place: Place | None = None) -> Any:
    return known(user, asked).page(limit=PAGE, place=place)


def count(user: User, asked: ContactFilter) -> Any:
    return known(user, asked).count()


def known(user: User, asked: ContactFilter) -> ContactList:
    """The user's teams are read once a request, for the whole page: here they are known, as an inbox's audience is."""
    contacts = ContactList(user, asked)
    if not asked.team:
        if user.pk not in TEAMS_OF:
            TEAMS_OF[user.pk] = contacts.team_ids
        contacts.__dict__["team_ids"] = TEAMS_OF[user.pk]
    return contacts


TEAMS_OF: dict[int, tuple[int, ...] | None] = {}


def middle_of(user: User, asked: ContactFilter) -> Place:
    contacts = ContactList(user, asked)
    found = contacts.keyed(contacts.all_rows()).order_by("at", "id")
    value, pk = found[found.count() // 2]
    return Place((value, pk))


def rows(user: User, ids: list[int]) -> Any:
    return contact_rows(Contact.objects.filter(pk__in=ids), user)


def get(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, SMALL):
        readers = make_readers()
        let_go_of_the_database()
        with copied(SMALL, LARGE):
            for size in SIZES:
                seconds = fill_book(size.url, contacts=size.rows, readers=readers)
                say(f"  {size.name}: {size.rows:,} contacts made in {seconds:.0f} s, indexes and statistics included")
            measured = measure(SIZES, rounds=ROUNDS, questions=lambda: questions(readers), key=key)
            say_figures(measured, TITLES)
            say_plans(measured, SIZES[1], kinds=("page", "count", "filter", "search", "rows"), table="contacts_contact")
            let_go_of_the_database()
    targets = judge(measured)
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}")
    return 0 if all(target.is_met for target in targets) else 1


def key() -> Statement:
    """A round trip by primary key: a contact that both sizes have."""
    return Contact.objects.filter(pk=SIZES[0].rows // 2).values_list("sort_name").query.sql_with_params()


def judge(measured: Measured) -> list[Target]:
    return [
        *beside_a_key("list and pages", pairs(measured, ("page", "rows"))),
        within("counts", pairs(measured, ("count",)), 50),
        within("filters", pairs(measured, ("filter",)), 50),
        within("searches", pairs(measured, ("search",)), 50),
    ]


if __name__ == "__main__":
    sys.exit(main())

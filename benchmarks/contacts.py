"""How long the list of contacts takes at ten thousand and at a million of them, beside a primary-key round trip (002-01, 002-23)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

import django

from benchmarks._databases import beside, copied, name_in

GIVEN = os.environ["DATABASE_URL"]
SMALL, LARGE = beside(GIVEN, "small"), beside(GIVEN, "large")
# Django is told of a database that is made later: nothing connects before `main`.
os.environ["DATABASE_URL"] = SMALL
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402  # settings first
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from benchmarks._asking import Asked, Statement, add_database, connected_to, plan_of, prepare, time_once  # noqa: E402
from benchmarks._contact_book import MIDDLE, Readers, fill_book, make_readers  # noqa: E402
from benchmarks._questions import Question  # noqa: E402
from benchmarks._report import Target, machine, others_busy, percentile, say_table, say_targets, say_title  # noqa: E402
from contacts.filters import ContactFilter  # noqa: E402
from contacts.listing import ContactList, Place  # noqa: E402
from contacts.models import Contact  # noqa: E402
from contacts.rows import contact_rows  # noqa: E402
from runner.terminal import bad, say  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SIZES = {"10 k": 10_000, "1 M": int(os.environ.get("BENCH_CONTACTS", "1000000"))}
SAMPLES_PER_ROUND = 2
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
            for url, (size, contacts) in zip((SMALL, LARGE), SIZES.items(), strict=True):
                seconds = fill_book(url, contacts=contacts, readers=readers)
                say(f"  {size}: {contacts:,} contacts made in {seconds:.0f} s, indexes and statistics included")
            measured = measure(readers)
            say_figures(measured)
            say_plans(measured)
            targets = judge(measured)
            let_go_of_the_database()
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}")
    return 0 if all(target.is_met for target in targets) else 1


def let_go_of_the_database() -> None:
    connection.close()
    connection.close_pool()


Measured = dict[str, list[Asked]]


def measure(readers: Readers) -> Measured:
    """Ask everything at both sizes in turn, round after round."""
    databases = {size: add_database(size, name_in(url)) for size, url in zip(SIZES, (SMALL, LARGE), strict=True)}
    asked: Measured = {}
    key: dict[str, Statement] = {}
    for size, database in databases.items():
        with connected_to(database):
            key[size] = Contact.objects.filter(pk=SIZES["10 k"] // 2).values_list("sort_name").query.sql_with_params()
            asked[size] = [prepare(question) for question in questions(readers)]
    began = time.monotonic()
    busy = []
    for _round in range(ROUNDS):
        busy.append(others_busy())
        for size, database in databases.items():
            with connected_to(database):
                for each in asked[size]:
                    for _sample in range(SAMPLES_PER_ROUND):
                        time_once(each, key[size])
    for database in databases.values():
        database.close()
        database.close_pool()
    say(f"  {ROUNDS} rounds in {time.monotonic() - began:.0f} s, {ROUNDS * SAMPLES_PER_ROUND} samples of each")
    say(
        f"  before the rounds other work kept {min(busy):.1f} to {max(busy):.1f} cores busy, in the middle {median(busy):.1f}"
    )
    return asked


def say_figures(measured: Measured) -> None:
    pairs = list(zip(*measured.values(), strict=True))
    for title, kinds in (
        ("Pages and counts: the SQL alone, in units of a primary-key round trip", ("page", "count", "rows")),
        ("Filters", ("filter",)),
        ("Searches", ("search",)),
        ("Whole answers", ("answer",)),
    ):
        say_title(title)
        say_table(
            ["", "SQL 10 k", "SQL 1 M", "p95", "of a key", "1 M / 10 k", "product 10 k", "1 M", "p95"],
            [
                [
                    large.question.name,
                    ms(median(small.sql_ms)),
                    ms(median(large.sql_ms)),
                    ms(percentile(large.sql_ms, 0.95)),
                    f"{large.of_key:.1f}x",
                    f"{median(large.sql_ms) / median(small.sql_ms):.1f}x",
                    ms(median(small.product_ms)),
                    ms(median(large.product_ms)),
                    ms(percentile(large.product_ms, 0.95)),
                ]
                for small, large in pairs
                if large.question.kind in kinds
            ],
        )
    taken = [value for each in measured["1 M"] for value in each.key_ms]
    say(
        f"\n  primary-key round trip: p50 {ms(median(taken))}, p95 {ms(percentile(taken, 0.95))}, {len(taken):,} samples"
    )


def ms(value: float) -> str:
    return f"{value:.2f} ms"


def say_plans(measured: Measured) -> None:
    say_title("What the 1 M were read by")
    database = add_database("1 M", name_in(LARGE))
    with connected_to(database):
        found = [
            [each.question.name, " | ".join(plan_of(statement) for statement in each.statements)]
            for each in measured["1 M"]
            if each.question.kind != "answer"
        ]
    database.close()
    database.close_pool()
    for name, plan in found:
        say(f"  {name:<64} {bad(plan) if 'Seq Scan on contacts_contact' in plan else plan}")


def judge(measured: Measured) -> list[Target]:
    pairs = list(zip(*measured.values(), strict=True))
    targets = []
    for what, kinds in (("list and pages", ("page", "rows")),):
        chosen = [(small, large) for small, large in pairs if large.question.kind in kinds]
        _small, worst = max(chosen, key=lambda pair: pair[1].of_key)
        targets.append(
            Target(
                f"{what}: worst p50 ({worst.question.name})", f"{worst.of_key:.1f}x a key", "<= 5x", worst.of_key <= 5
            )
        )
        grown = max(growth(pair) for pair in chosen)
        name = max(chosen, key=growth)[1].question.name
        targets.append(Target(f"{what}: t(1 M) / t(10 k) ({name})", f"{grown:.1f}x", "<= 3x", grown <= 3))
    for what, kind in (("counts", "count"), ("filters", "filter"), ("searches", "search")):
        slowest = max(
            (large for _small, large in pairs if large.question.kind == kind), key=lambda each: median(each.product_ms)
        )
        figure = median(slowest.product_ms)
        targets.append(
            Target(f"{what}: worst p50 at 1 M ({slowest.question.name})", ms(figure), "<= 50 ms", figure <= 50)
        )
    return targets


def growth(pair: tuple[Asked, Asked]) -> float:
    """In units of the key each time: both sizes are asked in turn, but not in the same second."""
    small, large = pair
    return large.of_key / small.of_key


if __name__ == "__main__":
    sys.exit(main())

"""How long the inbox's questions take at ten thousand and at a million conversations, beside a primary-key round trip."""

from __future__ import annotations

import os
import sys
import time
from statistics import median

import django

from benchmarks._databases import beside, copied, name_in

GIVEN = os.environ["DATABASE_URL"]
SMALL, LARGE = beside(GIVEN, "small"), beside(GIVEN, "large")
# Django is told of a database that is made later: nothing connects before `main`.
os.environ["DATABASE_URL"] = SMALL
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402  # settings first

from benchmarks._asking import Asked, Statement, add_database, connected_to, plan_of, prepare, time_once  # noqa: E402
from benchmarks._dataset import fill  # noqa: E402
from benchmarks._people import People, make_people  # noqa: E402
from benchmarks._questions import questions  # noqa: E402
from benchmarks._report import Target, machine, others_busy, percentile, say_table, say_targets, say_title  # noqa: E402
from inbox.models import Conversation  # noqa: E402
from runner.terminal import bad, say  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
SIZES = {"10 k": 10_000, "1 M": int(os.environ.get("BENCH_CONVERSATIONS", "1000000"))}
SAMPLES_PER_ROUND = 2


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, SMALL):
        people = make_people()
        let_go_of_the_database()
        with copied(SMALL, LARGE):
            for url, (size, conversations) in zip((SMALL, LARGE), SIZES.items(), strict=True):
                seconds = fill(url, conversations=conversations, house=people.house)
                say(f"  {size} conversations made in {seconds:.0f} s, indexes and statistics included")
            measured = measure(people)
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


def measure(people: People) -> Measured:
    """Ask everything at both sizes in turn, round after round."""
    databases = {size: add_database(size, name_in(url)) for size, url in zip(SIZES, (SMALL, LARGE), strict=True)}
    asked: Measured = {}
    keys: dict[str, Statement] = {}
    for size, database in databases.items():
        with connected_to(database):
            middle = Conversation.objects.latest("id").pk // 2
            keys[size] = Conversation.objects.filter(pk=middle).values_list("version").query.sql_with_params()
            asked[size] = [prepare(question) for question in questions(people)]
    began = time.monotonic()
    busy = []
    for _round in range(ROUNDS):
        busy.append(others_busy())
        for size, database in databases.items():
            with connected_to(database):
                for each in asked[size]:
                    for _sample in range(SAMPLES_PER_ROUND):
                        time_once(each, keys[size])
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
        ("Lists, pages and counts: the SQL alone, in units of a primary-key round trip", ("page", "counts", "rows")),
        ("Searches", ("search",)),
        ("Whole answers", ("list", "chat", "rest")),
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
    keys = [value for each in measured["1 M"] for value in each.key_ms]
    say(f"\n  primary-key round trip: p50 {ms(median(keys))}, p95 {ms(percentile(keys, 0.95))}, {len(keys):,} samples")


def ms(value: float) -> str:
    return f"{value:.2f} ms"


def say_plans(measured: Measured) -> None:
    say_title("What the 1 M were read by")
    database = add_database("1 M", name_in(LARGE))
    with connected_to(database):
        rows = [
            [each.question.name, " | ".join(plan_of(statement) for statement in each.statements)]
            for each in measured["1 M"]
            if each.question.kind in ("page", "counts", "rows", "search", "chat")
        ]
    database.close()
    database.close_pool()
    for name, plan in rows:
        say(f"  {name:<48} {bad(plan) if 'Seq Scan on inbox_conversation' in plan else plan}")


def judge(measured: Measured) -> list[Target]:
    pairs = list(zip(*measured.values(), strict=True))
    targets = []
    for what, kinds, who in (
        ("lists and pages", ("page", "rows"), ""),
        ("an agent's counts", ("counts",), "agent"),
        ("a supervisor's counts", ("counts",), "supervisor"),
        ("everybody's counts (admin)", ("counts",), "admin"),
    ):
        chosen = [
            (small, large)
            for small, large in pairs
            if large.question.kind in kinds and large.question.name.startswith(who)
        ]
        _small, worst = max(chosen, key=lambda pair: pair[1].of_key)
        targets.append(
            Target(
                f"{what}: worst p50 ({worst.question.name})", f"{worst.of_key:.1f}x a key", "<= 5x", worst.of_key <= 5
            )
        )
        small, large = max(chosen, key=growth)
        grown = growth((small, large))
        targets.append(
            Target(f"{what}: t(1 M) / t(10 k) ({large.question.name})", f"{grown:.1f}x", "<= 3x", grown <= 3)
        )
    for what, kind, limit in (
        ("searches", "search", 50.0),
        ("open list, 50 rows", "list", 5.0),
        ("page of a chat of 5,000", "chat", 5.0),
    ):
        slowest = max(
            (large for _small, large in pairs if large.question.kind == kind), key=lambda each: median(each.product_ms)
        )
        figure = median(slowest.product_ms)
        targets.append(
            Target(
                f"{what}: worst p50 at 1 M ({slowest.question.name})", ms(figure), f"<= {limit:.0f} ms", figure <= limit
            )
        )
    return targets


def growth(pair: tuple[Asked, Asked]) -> float:
    """In units of the key each time: both sizes are asked in turn, but not in the same second."""
    small, large = pair
    return large.of_key / small.of_key


if __name__ == "__main__":
    sys.exit(main())

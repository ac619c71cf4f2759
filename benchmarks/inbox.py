"""How long the inbox's questions take at ten thousand and at a million conversations, beside a primary-key round trip."""

from __future__ import annotations

import os
import sys

from benchmarks._databases import beside, copied, let_go_of_the_database, set_up_beside

GIVEN, SMALL = set_up_beside("small")
LARGE = beside(GIVEN, "large")

from benchmarks._asking import Statement
from benchmarks._dataset import fill
from benchmarks._people import make_people
from benchmarks._questions import questions
from benchmarks._report import Target, machine, say_targets, say_title
from benchmarks._two_sizes import Measured, Size, beside_a_key, measure, pairs, say_figures, say_plans, within
from inbox.models import Conversation
from runner.terminal import say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
SIZES = (Size("10 k", SMALL, 10_000), Size("1 M", LARGE, int(os.environ.get("BENCH_CONVERSATIONS", "1000000"))))
TITLES = {
    "Lists, pages and counts: the SQL alone, in units of a primary-key round trip": ("page", "counts", "rows"),
    "Searches": ("search",),
    "Whole answers": ("list", "chat", "rest"),
}


def main() -> int:
    say(f"  {machine()}")
    with copied(GIVEN, SMALL):
        people = make_people()
        let_go_of_the_database()
        with copied(SMALL, LARGE):
            for size in SIZES:
                seconds = fill(size.url, conversations=size.rows, house=people.house)
                say(f"  {size.name} conversations made in {seconds:.0f} s, indexes and statistics included")
            measured = measure(SIZES, rounds=ROUNDS, questions=lambda: questions(people), key=key)
            say_figures(measured, TITLES)
            say_plans(
                measured, SIZES[1], kinds=("page", "counts", "rows", "search", "chat"), table="inbox_conversation"
            )
            let_go_of_the_database()
    targets = judge(measured)
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}")
    return 0 if all(target.is_met for target in targets) else 1


def key() -> Statement:
    """A round trip by primary key, from the middle."""
    middle = Conversation.objects.latest("id").pk // 2
    return Conversation.objects.filter(pk=middle).values_list("version").query.sql_with_params()


def judge(measured: Measured) -> list[Target]:
    return [
        *beside_a_key("lists and pages", pairs(measured, ("page", "rows"))),
        *beside_a_key("an agent's counts", pairs(measured, ("counts",), who="agent")),
        *beside_a_key("a supervisor's counts", pairs(measured, ("counts",), who="supervisor")),
        *beside_a_key("everybody's counts (admin)", pairs(measured, ("counts",), who="admin")),
        within("searches", pairs(measured, ("search",)), 50),
        within("open list, 50 rows", pairs(measured, ("list",)), 5),
        within("page of a chat of 5,000", pairs(measured, ("chat",)), 5),
    ]


if __name__ == "__main__":
    sys.exit(main())

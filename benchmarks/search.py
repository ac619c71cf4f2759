"""How long finding words takes at half a million conversations and their million messages, by the whole answer of REST (P1-35)."""

from __future__ import annotations

import os
import sys
import time
from statistics import median

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

GIVEN, HERE = set_up_beside("search")

import psycopg
from django.test import Client
from rest_framework.throttling import ScopedRateThrottle

from benchmarks._dataset import fill
from benchmarks._people import make_people
from benchmarks._report import Target, machine, percentile, say_table, say_targets, say_title
from runner.terminal import say

CONVERSATIONS = int(os.environ.get("BENCH_CONVERSATIONS", "500000"))
SAMPLES = int(os.environ.get("BENCH_ROUNDS", "15"))
LIMIT_MS = 300.0
# Every fifth thousandth message has a word of its own, every fiftieth one that is neither rare nor common.
WORDS = """
UPDATE inbox_message SET text = text || CASE WHEN id %% 5000 = 7 THEN ' con la aguja' ELSE ' por el tendido' END
WHERE id %% 5000 = 7 OR id %% 50 = 3
"""
QUERIES = {
    "rare": "aguja",
    "one in fifty": "tendido",
    "common": "fibra",
    "common, two words": "luz roja",
    "the beginning of many": "con",
    "in none": "xyzzy",
    "common with none of it": "fibra xyzzy",
    "a person": "kowalczyk",
    "six digits": "595961",
}


def main() -> int:
    say(f"  {machine()}")
    # What is measured is the answer, not how many of them somebody may ask for.
    ScopedRateThrottle.THROTTLE_RATES = {"search": None}
    with copied(GIVEN, HERE):
        people = make_people()
        let_go_of_the_database()
        seconds = fill(HERE, conversations=CONVERSATIONS, house=people.house)
        with psycopg.connect(HERE, autocommit=True) as straight:
            straight.execute(WORDS.replace("%%", "%"))
            straight.execute("VACUUM ANALYZE inbox_message")
            messages, index = straight.execute(
                "SELECT count(*), pg_size_pretty(pg_relation_size('message_words')) FROM inbox_message"
            ).fetchone() or (0, "")
        say(
            f"  {CONVERSATIONS:,} conversations, {messages:,} messages, made in {seconds:.0f} s; the index of words: {index}"
        )
        rows, worst = [], 0.0
        for name, user in people.each():
            client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Token {people.tokens[user.pk]}"})
            for what, query in QUERIES.items():
                taken = [ask(client, query) for _sample in range(SAMPLES)]
                figure = percentile(taken, 0.95)
                worst = max(worst, figure)
                rows.append([name, what, f"{median(taken):.0f} ms", f"{figure:.0f} ms"])
        say_title("GET /api/v1/search/, the whole answer")
        say_table(["", "words", "p50", "p95"], rows)
        targets = [Target("worst p95", f"{worst:.0f} ms", f"<= {LIMIT_MS:.0f} ms", worst <= LIMIT_MS)]
        let_go_of_the_database()
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}, {SAMPLES} samples each")
    return 0 if all(target.is_met for target in targets) else 1


def ask(client: Client, query: str) -> float:
    began = time.perf_counter()
    response = client.get("/api/v1/search/", {"search": query})
    assert response.status_code == 200, response.content
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())

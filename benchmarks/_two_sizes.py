"""The same questions at ten thousand and at a million rows, in turn: what each takes beside a primary-key round trip."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks._asking import Asked, Statement, add_database, connected_to, plan_of, prepare, time_once
from benchmarks._databases import name_in
from benchmarks._questions import Question
from benchmarks._report import Target, others_busy, percentile, say_table, say_title
from runner.terminal import bad, say

SAMPLES_PER_ROUND = 2
Measured = dict[str, list[Asked]]
Pair = tuple[Asked, Asked]


@dataclass(frozen=True)
class Size:
    """A database with so many rows in it, as it is called in what is printed."""

    name: str
    url: str
    rows: int


def measure(
    sizes: Sequence[Size], *, rounds: int, questions: Callable[[], Iterable[Question]], key: Callable[[], Statement]
) -> Measured:
    """Ask everything at both sizes in turn, round after round. `questions` and `key` are built on the database that is connected."""
    databases = {size.name: add_database(size.name, name_in(size.url)) for size in sizes}
    asked: Measured = {}
    keys: dict[str, Statement] = {}
    for name, database in databases.items():
        with connected_to(database):
            keys[name] = key()
            asked[name] = [prepare(question) for question in questions()]
    began = time.monotonic()
    busy = []
    for _round in range(rounds):
        busy.append(others_busy())
        for name, database in databases.items():
            with connected_to(database):
                for each in asked[name]:
                    for _sample in range(SAMPLES_PER_ROUND):
                        time_once(each, keys[name])
    for database in databases.values():
        database.close()
        database.close_pool()
    say(f"  {rounds} rounds in {time.monotonic() - began:.0f} s, {rounds * SAMPLES_PER_ROUND} samples of each")
    say(
        f"  before the rounds other work kept {min(busy):.1f} to {max(busy):.1f} cores busy, in the middle {median(busy):.1f}"
    )
    return asked


def say_figures(measured: Measured, titles: dict[str, Sequence[str]]) -> None:
    """One table per title, of the questions of its kinds."""
    small_name, large_name = measured
    for title, kinds in titles.items():
        say_title(title)
        say_table(
            [
                "", f"SQL {small_name}", f"SQL {large_name}", "p95", "of a key", f"{large_name} / {small_name}",
                f"product {small_name}", large_name, "p95",
            ],
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
                for small, large in pairs(measured, kinds)
            ],
        )  # fmt: skip
    taken = [value for each in measured[large_name] for value in each.key_ms]
    say(
        f"\n  primary-key round trip: p50 {ms(median(taken))}, p95 {ms(percentile(taken, 0.95))}, {len(taken):,} samples"
    )


def say_plans(measured: Measured, large: Size, *, kinds: Sequence[str], table: str) -> None:
    """What each of these was read by at the large size; reading all of `table` stands out."""
    say_title(f"What the {large.name} were read by")
    database = add_database(large.name, name_in(large.url))
    with connected_to(database):
        found = [
            [each.question.name, " | ".join(plan_of(statement) for statement in each.statements)]
            for each in measured[large.name]
            if each.question.kind in kinds
        ]
    database.close()
    database.close_pool()
    width = max(len(name) for name, _plan in found)
    for name, plan in found:
        say(f"  {name:<{width}} {bad(plan) if f'Seq Scan on {table}' in plan else plan}")


def pairs(measured: Measured, kinds: Sequence[str], *, who: str = "") -> list[Pair]:
    """Each question of these kinds at both sizes; with `who`, only theirs."""
    return [
        (small, large)
        for small, large in zip(*measured.values(), strict=True)
        if large.question.kind in kinds and large.question.name.startswith(who)
    ]


def beside_a_key(what: str, chosen: Sequence[Pair]) -> list[Target]:
    """The worst of them is five round trips at most, and grows threefold at most."""
    _small, worst = max(chosen, key=lambda pair: pair[1].of_key)
    grown = max(chosen, key=growth)
    return [
        Target(
            f"{what}: worst p50 ({worst.question.name})", f"{worst.of_key:.1f}x a key", "<= 5x", worst.of_key <= 5
        ),
        Target(
            f"{what}: t(1 M) / t(10 k) ({grown[1].question.name})", f"{growth(grown):.1f}x", "<= 3x", growth(grown) <= 3
        ),
    ]  # fmt: skip


def within(what: str, chosen: Sequence[Pair], limit_ms: float) -> Target:
    """The slowest of them at the large size, by what the product takes."""
    slowest = max((large for _small, large in chosen), key=lambda each: median(each.product_ms))
    figure = median(slowest.product_ms)
    return Target(
        f"{what}: worst p50 at 1 M ({slowest.question.name})", ms(figure), f"<= {limit_ms:.0f} ms", figure <= limit_ms
    )


def growth(pair: Pair) -> float:
    """In units of the key each time: both sizes are asked in turn, but not in the same second."""
    small, large = pair
    return large.of_key / small.of_key


def ms(value: float) -> str:
    return f"{value:.2f} ms"

"""How fast stored deliveries become messages, conversations and pushes; and that a killed worker loses and doubles nothing.

The workers are processes that run the product's own task; what they are measured against writes the same rows one transaction a
message. All take turns, round after round, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks._databases import copied, let_go_of_the_database, set_up_beside

# Ours and our workers'.
GIVEN, HERE = set_up_beside("pipeline")

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Team
from benchmarks import _pgbench as pgbench
from benchmarks._report import Target, machine, median_ratio, say_table, say_targets, say_title
from benchmarks._whatsapp import PHONE_NUMBER_ID, WABA_ID, body
from campaigns.actions import ensure_campaign, save_whatsapp_account
from connectors.whatsapp import parse
from contacts.models import ContactPoint
from inbox.models import Conversation, Message
from runner.places import ROOT
from runner.terminal import bad, good, say
from webhooks.models import DeadLetter

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
DELIVERIES = int(os.environ.get("BENCH_DELIVERIES", "12000"))
CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "2000"))
WORKERS = 2


def spent(processes: Iterable[int]) -> float:
    """The CPU seconds of these processes and of their children that ended; 0 where the system does not tell (macOS)."""
    total = 0
    for pid in processes:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def server_processes() -> list[int]:
    """PostgreSQL's own process, its writers and every connection there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity")
        pids = [pid for (pid,) in cursor.fetchall()]
    try:
        parents = {int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}
    except OSError:
        parents = set()
    return [*pids, *parents]


class Worker:
    """A process that takes in what waits when it is told to."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._pipeline_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.hear()

    def begin(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("A worker died.")
        return answer.strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)


@dataclass
class Measured:
    """Messages a second, round by round."""

    ours: list[float] = field(default_factory=list)
    ours_alone: list[float] = field(default_factory=list)
    pgbench: list[float] = field(default_factory=list)
    orm: list[float] = field(default_factory=list)
    samples: dict[str, int] = field(default_factory=dict)
    # CPU seconds of everybody who takes part, the server's too: what a busy machine changes least.
    cpu: dict[str, float] = field(default_factory=dict)

    def phase(self, what: str, workers: list[Worker], job: Callable[[], float]) -> float:
        """Do the job; add up what it spent: the workers, pgbench (a child that ends) or ourselves, and the server."""
        ours = [os.getpid(), *(worker.process.pid for worker in workers)]
        before = spent({*ours, *server_processes()})
        rate = job()
        self.cpu[what] = self.cpu.get(what, 0.0) + spent({*ours, *server_processes()}) - before
        return rate

    def cpu_each(self, what: str) -> float:
        """Microseconds a message."""
        return self.cpu[what] / self.samples[what] * 1e6

    def count(self, what: str, messages: int) -> None:
        self.samples[what] = self.samples.get(what, 0) + messages


def main() -> int:
    tool = pgbench.find_pgbench()
    if tool is None:
        raise SystemExit("There is no pgbench here to measure against.")
    say(f"  {machine()}")
    say(
        f"  {ROUNDS} interleaved rounds of {DELIVERIES:,} deliveries of one message each, from {CUSTOMERS:,} customers with an open conversation; "
        f"baselines {SECONDS:.0f} s each; {WORKERS} workers"
    )
    with copied(GIVEN, HERE):
        is_good = run(tool)
        let_go_of_the_database()
    say(f"\n  {machine()}")
    return 0 if is_good else 1


def run(tool: Path) -> bool:
    """Measure, print, kill, and tell whether all is as promised."""
    make_account()
    numbers = Numbers()
    workers = [Worker() for _ in range(WORKERS)]
    newcomers = take_in(workers, deliver([body(numbers.next(), customer=each) for each in range(CUSTOMERS)]))
    say(f"  newcomers, each with a contact and a conversation of their own: {newcomers:,.0f}/s")
    measured = Measured()
    for number in range(ROUNDS):
        stored = deliver(numbers.bodies(DELIVERIES))
        measured.ours.append(measured.phase("ours", workers, lambda stored=stored: take_in(workers, stored)))
        measured.pgbench.append(measured.phase("pgbench", [], lambda: update_and_insert(tool, measured)))
        stored = deliver(numbers.bodies(DELIVERIES // 2))
        measured.ours_alone.append(
            measured.phase("ours, alone", workers, lambda stored=stored: take_in(workers[:1], stored))
        )
        measured.orm.append(measured.phase("orm", [], lambda: one_by_one(numbers, measured)))
        measured.count("ours", DELIVERIES)
        measured.count("ours, alone", DELIVERIES // 2)
        say(f"  round {number + 1} of {ROUNDS} done")
    say_figures(measured, pgbench.name_of(tool))
    is_whole = say_killed(workers, numbers)
    targets = judge(measured)
    share = measured.cpu_each("pgbench") / measured.cpu_each("ours")
    say(
        f"\n  CPU a message, database included: {share:.2f}x less than pgbench's: what cores without other work would bring the ratio near."
    )
    say_title("Targets")
    say_targets(targets)
    return is_whole and all(target.is_met for target in targets)


def say_figures(measured: Measured, name_of_pgbench: str) -> None:
    say_title("Deliveries to messages, conversations and pushes")
    named = {
        f"ours, {WORKERS} workers": (measured.ours, "ours"),
        "ours, one worker": (measured.ours_alone, "ours, alone"),
        name_of_pgbench.replace("single-row INSERT", "UPDATE + INSERT a transaction"): (measured.pgbench, "pgbench"),
        "Django's ORM, one transaction a message": (measured.orm, "orm"),
    }
    say_table(
        ["", "median", "of pgbench", "of the ORM", "each round", "CPU each", "samples"],
        [
            [
                name,
                f"{median(figures):,.0f}/s",
                f"{median_ratio(figures, measured.pgbench):.2f}x",
                f"{median_ratio(figures, measured.orm):.1f}x",
                " ".join(f"{each:,.0f}" for each in figures),
                f"{measured.cpu_each(key):,.0f} µs",
                f"{measured.samples[key]:,}",
            ]
            for name, (figures, key) in named.items()
        ],
    )


def judge(measured: Measured) -> list[Target]:
    of_pgbench = median_ratio(measured.ours, measured.pgbench)
    of_orm = median_ratio(measured.ours, measured.orm)
    return [
        Target("of pgbench, one transaction a message", f"{of_pgbench:.2f}x", ">= 1x (stretch 2x)", of_pgbench >= 1),
        Target("of the ORM, one transaction a message", f"{of_orm:.1f}x", ">= 20x", of_orm >= 20),
    ]


# --- Ours ---------------------------------------------------------------------------------------------------------------------


class Numbers:
    """Every message has a number of its own; who wrote it is left to the dice."""

    def __init__(self) -> None:
        self.last = 0
        self.dice = random.Random(11)

    def next(self) -> int:
        self.last += 1
        return self.last

    def bodies(self, count: int) -> list[bytes]:
        return [body(self.next(), customer=self.dice.randrange(CUSTOMERS)) for _ in range(count)]


def make_account() -> None:
    team = Team.objects.get_or_create(name="Ventas")[0]
    campaign = ensure_campaign("Altas", team=team, client="Fibra Sur", project="Hogar")
    save_whatsapp_account(
        name="WhatsApp", phone_number_id=PHONE_NUMBER_ID, waba_id=WABA_ID, token="a-token", campaign=campaign
    )


def deliver(bodies: list[bytes]) -> int:
    """Store deliveries as the ingress does, outside the time that is taken."""
    with connection.cursor() as cursor, cursor.copy("COPY webhooks_delivery (app_key, body) FROM STDIN") as copy:
        for each in bodies:
            copy.write_row(("", each))
    return len(bodies)


def take_in(workers: list[Worker], deliveries: int) -> float:
    """Have the workers take in everything; return messages a second, the slowest worker's end being the end."""
    for worker in workers:
        worker.begin()
    answers = [worker.hear().split() for worker in workers]
    taken = sum(int(count) for count, _seconds in answers)
    if taken != deliveries:
        raise SystemExit(f"{taken} deliveries were taken in, and there were {deliveries}.")
    return deliveries / max(float(seconds) for _count, seconds in answers)


# --- What it is measured against ----------------------------------------------------------------------------------------------

SAME_ROWS = """
\\set place random(1, {customers})
BEGIN;
UPDATE inbox_conversation SET last_inbound_at = now(), last_activity_at = now(), window_expires_at = now() + interval '24 hours',
  waiting_since = coalesce(waiting_since, now()), answered = false, unread = unread + 1, preview = left('{text}', 160), preview_kind = 'text',
  preview_direction = 'in', preview_at = now(), version = version + 1, change = change + 1 WHERE id = {first} + :place - 1;
INSERT INTO inbox_message (conversation_id, channel_account_id, uuid, change, happened_at, direction, kind, text, payload, is_note, author_kind,
  status, provider_id, failure_reason, failure_is_permanent) SELECT id, channel_account_id, gen_random_uuid(), change, now(), 'in', 'text',
  '{text}', '{{}}', false, 'customer', 'received', 'wamid.HBgMNTk1OTkxNjUxMzUxFQIAEhgU' || gen_random_uuid(), '', false
  FROM inbox_conversation WHERE id = {first} + :place - 1;
COMMIT;
"""
TEXT = "Hola, ¿siguen teniendo la promo de fibra de 300 megas?"


def update_and_insert(tool: Path, measured: Measured) -> float:
    """The same rows, one transaction a message, by 16 clients that do nothing else: no reading, no looking up, no pushing."""
    ids = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))
    if ids[-1] - ids[0] + 1 != len(ids):
        raise SystemExit("The conversations' keys have gaps.")
    script = SAME_ROWS.format(customers=len(ids), first=ids[0], text=TEXT)
    result = pgbench.run_script(tool, script, database_url=HERE, seconds=SECONDS)
    measured.count("pgbench", result.rows)
    return result.per_second


def one_by_one(numbers: Numbers, measured: Measured) -> float:
    """As it is written first: a delivery read, its contact and conversation looked up, the message created, the conversation saved."""
    bodies = numbers.bodies(int(SECONDS * 2000))
    began, until, done = time.perf_counter(), time.perf_counter() + SECONDS, 0
    for each in bodies:
        if time.perf_counter() > until:
            break
        (piece,) = parse.split(each)
        store_by_orm(parse.read(piece))
        done += 1
    measured.count("orm", done)
    return done / (time.perf_counter() - began)


@transaction.atomic
def store_by_orm(incoming: object) -> None:
    point = ContactPoint.objects.select_related("contact").get(
        kind="whatsapp", scope="", normalised=f"+{incoming.sender.phone}"
    )
    conversation = Conversation.objects.select_for_update().get(contact=point.contact, status="queued")
    if Message.objects.filter(
        channel_account_id=conversation.channel_account_id, provider_id=incoming.provider_id
    ).exists():
        return
    conversation.change += 1
    Message.objects.create(
        conversation=conversation,
        channel_account_id=conversation.channel_account_id,
        change=conversation.change,
        happened_at=incoming.happened_at,
        direction="in",
        text=incoming.text,
        status="received",
        provider_id=incoming.provider_id,
    )
    conversation.last_inbound_at = conversation.last_activity_at = conversation.preview_at = timezone.now()
    conversation.unread, conversation.version = conversation.unread + 1, conversation.version + 1
    conversation.preview = incoming.text[:160]
    conversation.save()


# --- Killed -------------------------------------------------------------------------------------------------------------------


def say_killed(workers: list[Worker], numbers: Numbers) -> bool:
    """Kill the workers in the middle, let others finish, then let the provider deliver everything once more."""
    say_title("Killed in the middle, then delivered once more")
    stored_before, unread_before = Message.objects.count(), total_unread()
    bodies = numbers.bodies(DELIVERIES)
    deliver(bodies)
    for worker in workers:
        worker.begin()
    while (reached := Message.objects.count() - stored_before) < DELIVERIES // 3:
        time.sleep(0.01)
    for worker in workers:
        worker.kill()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM webhooks_delivery WHERE locked_until IS NOT NULL")
        (leased,) = cursor.fetchone()
        # What waiting does: the leases of the dead run out.
        cursor.execute(
            "UPDATE webhooks_delivery SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL"
        )
    successors = [Worker() for _ in range(WORKERS)]
    for each in successors:
        each.begin()
    for each in successors:
        each.hear()
    stored_once = Message.objects.count() - stored_before
    take_in(successors, deliver(bodies))
    for each in successors:
        each.end()
    stored, unread = Message.objects.count() - stored_before, total_unread() - unread_before
    doubled = (
        stored
        - Message.objects.filter(pk__gt=0).values("channel_account_id", "provider_id").distinct().count()
        + stored_before
    )
    rows = {
        "delivered": DELIVERIES,
        "killed (-9) when so many were stored": reached,
        "leases left behind": leased,
        "lost": DELIVERIES - stored_once,
        "twice, after everything was delivered once more": stored - DELIVERIES + doubled,
        "unread marks beyond the messages": unread - DELIVERIES,
        "dead letters": DeadLetter.objects.count(),
    }
    say_table(["", ""], [[what, f"{count:,}"] for what, count in rows.items()])
    is_whole = stored_once == stored == unread == DELIVERIES and doubled == 0 and not DeadLetter.objects.exists()
    say(f"  {good('0 lost, 0 twice') if is_whole else bad('NOT WHOLE')}")
    return is_whole


def total_unread() -> int:
    return sum(Conversation.objects.values_list("unread", flat=True))


if __name__ == "__main__":
    sys.exit(main())

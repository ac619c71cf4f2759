"""What can go wrong at the provider, switched on at will and drawn from a seed."""

import asyncio
import math
import random
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MEDIA_FAULTS = (
    "none", "expired", "unauthorised", "slow", "short", "wrong_type", "wrong_bytes",
    # the id is no longer known, one byte is another, more than announced without an end, one byte a second
    "gone", "altered", "endless", "dripping",
    # an address that leads elsewhere, and one that has already expired when it is handed out (only the first one)
    "elsewhere", "stale_once",
)  # fmt: skip


@dataclass
class Settings:
    """Every value off. Rates are 0 to 1; the names are the ones of the control API."""

    # Answers of the Graph API
    rate_limited: float = 0.0  # 429, code 130429
    server_error: float = 0.0  # 500, code 131000
    reset_before: float = 0.0  # connection reset, nothing was done
    lost_answer: float = 0.0  # message accepted, then the connection dies
    slow_p95_ms: int = 0  # exponential delay whose 95th percentile is this
    max_per_second: int = 0  # messages accepted per number and second; the rest get 130429
    black_hole: bool = False  # takes the request and never answers
    token_revoked: bool = False  # 401, code 190
    pair_limited: list[str] = field(default_factory=list)  # customer ids that get 131056
    # Refusals by script: {"code": 131048, "customer"?: "rocio", "status"?: 400, "times"?: 3}; the first that fits answers.
    scripts: list[dict[str, Any]] = field(default_factory=list)
    media: str = "none"  # what goes wrong when a file is downloaded
    # Webhooks
    early_status: bool = False  # the status webhook beats the answer of the send
    skip_delivered: bool = False  # `read` without `delivered`, as Meta does when the chat is open
    webhook_duplicates: int = 0  # further copies of each POST
    webhook_shuffle: int = 0  # hold this many, then let them go in random order
    webhook_delay_ms: int = 0
    webhook_batch: int = 1  # changes in one POST
    webhook_paused: bool = False  # nothing leaves until switched off
    seed: int = 1


_LARGEST = {
    "slow_p95_ms": 60_000,
    "max_per_second": 10_000,
    "webhook_duplicates": 20,
    "webhook_shuffle": 10_000,
    "webhook_delay_ms": 600_000,
    "webhook_batch": 1_000,
    "seed": 2**31,
}


class Faults:
    """The settings in force and the dice. The dice depend on what is asked about, not on who asks first:
    two runs with one seed meet the same faults however their requests interleave."""

    def __init__(self, seed: int = 1) -> None:
        self.initial_seed = seed
        self.now = Settings(seed=seed)
        self.hits: Counter[str] = Counter()
        self._drawn: Counter[tuple[str, str]] = Counter()
        self._played: Counter[int] = Counter()
        self._recent: dict[str, deque[float]] = {}
        self._changed = asyncio.Event()

    def view(self) -> dict[str, Any]:
        return asdict(self.now)

    def change(self, wanted: dict[str, Any], *, replace: bool = False) -> None:
        """All or nothing: a wrong value is named and changes none."""
        base = Settings(seed=self.initial_seed) if replace else self.now
        checked = {name: _checked(name, value) for name, value in wanted.items()}
        self.now = Settings(**{**asdict(base), **checked})
        self._drawn.clear()
        if "scripts" in checked or replace:
            self._played.clear()
        self._wake()

    def reset(self) -> None:
        self.change({}, replace=True)
        self.hits.clear()
        self._recent.clear()

    def strikes(self, name: str, key: str) -> bool:
        """Whether the fault of this name happens to this request; a repetition is drawn anew."""
        rate = float(getattr(self.now, name))
        if rate <= 0 or self._draw(name, key) >= rate:
            return False
        self.hits[name] += 1
        return True

    def strikes_once(self, name: str, key: str) -> bool:
        """Whether this is the first time that something happens to this one."""
        is_first = self._count(name, key) == 1
        self.hits[name] += int(is_first)
        return is_first

    def script_for(self, customer_id: str) -> dict[str, Any] | None:
        """The scripted refusal that this message meets, if any; each is played as often as it says."""
        for index, script in enumerate(self.now.scripts):
            is_meant = script.get("customer", customer_id) == customer_id
            if is_meant and self._played[index] < script.get("times", math.inf):
                self._played[index] += 1
                self.hits["scripts"] += 1
                return script
        return None

    def answer_delay(self, key: str) -> float:
        if not self.now.slow_p95_ms:
            return 0.0
        # -ln(1 - 0.95) = ln 20: an exponential with that scale has its p95 where it was asked for.
        scale = self.now.slow_p95_ms / 1000 / math.log(20)
        return min(-math.log(1 - self._draw("slow", key)) * scale, 60.0)

    def exceeds_throughput(self, number_id: str) -> bool:
        """Sliding second per business number. A refused message does not count against the limit."""
        limit = self.now.max_per_second
        if not limit:
            return False
        recent = self._recent.setdefault(number_id, deque())
        now = time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= limit:
            self.hits["max_per_second"] += 1
            return True
        recent.append(now)
        return False

    def webhook_delay(self, key: str) -> float:
        return self.now.webhook_delay_ms / 1000 * (0.5 + self._draw("delay", key))

    def dice(self, purpose: str) -> random.Random:
        return random.Random(f"{self.now.seed}|{purpose}|{self._count(purpose, '')}")

    async def until_unpaused(self) -> None:
        while self.now.webhook_paused:
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _draw(self, name: str, key: str) -> float:
        return random.Random(f"{self.now.seed}|{name}|{key}|{self._count(name, key)}").random()

    def _count(self, name: str, key: str) -> int:
        if len(self._drawn) > 200_000:  # bounded: a soak test would otherwise grow it for ever
            self._drawn.clear()
        self._drawn[name, key] += 1
        return self._drawn[name, key]


def _checked(name: str, value: Any) -> Any:
    kinds = {setting.name: setting.type for setting in fields(Settings)}
    kind = kinds.get(name)
    if kind is None:
        raise ValueError(f"no existe la falla «{name}»")
    if kind is bool and isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    if kind is int and _is_whole(value) and int(name == "webhook_batch") <= value <= _LARGEST[name]:
        return value
    if name == "media" and value in MEDIA_FAULTS:
        return value
    if name == "pair_limited" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if name == "scripts" and isinstance(value, list) and all(_is_script(item) for item in value):
        return value
    raise ValueError(f"el valor de «{name}» no sirve: {value!r}")


def _is_script(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) - {"code", "customer", "status", "times"}:
        return False
    numbers = [value.get("code"), value.get("status", 400), value.get("times", 1)]
    return all(_is_whole(number) for number in numbers) and isinstance(value.get("customer", ""), str)


def _is_whole(value: Any) -> bool:
    # True is an int in Python, and never what somebody meant by a number.
    return isinstance(value, int) and not isinstance(value, bool)

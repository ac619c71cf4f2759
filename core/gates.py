"""A gate before an outside system: how fast, how many calls at once, and whether at all. Shared by every process through Redis.

Three things in one atomic step, so that no worker ever waits in a queue of its own:

- *Pace.* Slots are handed out evenly (a virtual schedule, as in GCRA). One that is near is slept for; one that is further away is
  not taken, and the caller puts its work back (R15: no worker sleeps for long). «Slower» multiplies the pace by 0.8 and remembers
  a ceiling just below where the trouble began; the pace climbs back to the ceiling in seconds, the ceiling itself in minutes.
- *Room.* At most so many calls under way. Whoever dies inside is forgotten after the time it named.
- *Circuit.* Some calls in a row without an answer open it: nobody goes through for a while. Then one caller is asked to probe with
  something harmless; its answer closes the circuit or keeps it open for longer (R20).

Redis away: everybody goes through (docs/decisions/010-gate-before-the-provider.md). The other side still refuses what is too fast, and nothing is lost by it.
"""

from __future__ import annotations

import enum
import logging
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings

from core.realtime.bus import Breaker

logger = logging.getLogger(__name__)

# Calls in a row without any answer that open the circuit, and how long it stays open: doubled with each probe in vain.
UNANSWERED_TO_OPEN = 3
OPEN_SECONDS, OPEN_SECONDS_MOST = 5.0, 60.0
PROBE_SECONDS = 20.0
# A call that may last longer than this is a long one (an upload); its ticket begins so, to be counted by.
LONG_SECONDS = 30.0
LONG = "long:"
FORGET_SECONDS = 24 * 3600

breaker = Breaker()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Calls a second at most, calls under way at most, and how long a caller would sleep for its turn rather than come back.

    Of the calls under way at most half (rounded up) are long ones: files on their way must not hold up every text.
    """

    per_second: float
    at_once: int
    nap_seconds: float = 0.25

    @property
    def long_at_once(self) -> int:
        return (self.at_once + 1) // 2


class Reason(enum.StrEnum):
    """Why somebody has to wait."""

    PACE = "pace"
    ROOM = "room"
    SHUT = "shut"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Go through after `delay_seconds`, and `leave` afterwards."""

    ticket: str
    delay_seconds: float


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Not now: come back after `seconds`."""

    seconds: float
    reason: Reason


@dataclass(frozen=True)
class Probe:
    """Nobody goes through, and this caller finds out whether the other side answers again: `probed` tells."""


def enter(key: str, limits: Limits, *, lasts_seconds: float) -> Pass | Wait | Probe:
    """Ask to make one call that takes `lasts_seconds` at most."""
    is_long = lasts_seconds > LONG_SECONDS
    ticket = (LONG if is_long else "") + uuid.uuid4().hex
    answer = run(
        ENTER, key, limits.per_second, limits.at_once, limits.nap_seconds, lasts_seconds, ticket, PROBE_SECONDS, FORGET_SECONDS,
        limits.long_at_once if is_long else limits.at_once, LONG,
    )  # fmt: skip
    if answer is None:
        return Pass(ticket="", delay_seconds=0.0)
    word, seconds = answer[0].decode(), float(answer[1])
    if word == "pass":
        return Pass(ticket=ticket, delay_seconds=seconds)
    return Probe() if word == "probe" else Wait(seconds=seconds, reason=Reason(word))


def is_free(key: str, limits: Limits) -> bool:
    """Whether a short call would likely be let through now, or asked to probe. Takes no turn: it spares finding work for which there is no room."""
    answer = run(LOOK, key, limits.at_once, limits.nap_seconds)
    return answer is None or bool(answer)


def leave(key: str, ticket: str, *, answered: bool) -> None:
    """The call is over. `answered`: the other side said anything at all, a refusal included."""
    run(LEAVE, key, ticket, int(answered), UNANSWERED_TO_OPEN, OPEN_SECONDS, FORGET_SECONDS)


def probed(key: str, *, answered: bool) -> None:
    """A probe came back. Unanswered, the circuit stays open for twice as long as before."""
    run(PROBED, key, int(answered), OPEN_SECONDS, OPEN_SECONDS_MOST, FORGET_SECONDS)


def slow_down(key: str, limits: Limits) -> None:
    """The other side found it too fast. Calls that were under way together count once."""
    run(SLOW, key, limits.per_second, FORGET_SECONDS)


def shut(key: str, *, seconds: float) -> None:
    """Let nobody through for so long; a longer time that was set before stays."""
    run(SHUT, key, seconds, FORGET_SECONDS)


def reopen(key: str) -> None:
    """Forget everything known about the other side: whoever repaired it says so."""
    run(FORGET, key)


def pace(key: str, limits: Limits) -> float:
    """The pace in force, in calls a second, as last written: for metrics and tests."""
    answer = run(PACE, key, limits.per_second)
    return limits.per_second if answer is None else float(answer)


def run(script: str, key: str, *arguments: float | str) -> Any:
    """Run one step atomically; None while Redis is away."""
    if not breaker.is_open():
        return None
    base = f"gate:{settings.DATABASES['default']['NAME']}:{key}"
    try:
        return cast(Any, prepared(script))(keys=[base, f"{base}:inside"], args=[*arguments, told_time()])
    except redis.RedisError as error:
        breaker.trip()
        logger.warning("gates away, everybody goes through: %s", type(error).__name__)
        return None


def told_time() -> str:
    """Empty: Redis's own clock, for every process the same. Tests tell it what time it is."""
    return ""


@cache
def prepared(script: str) -> Any:
    return client().register_script(script)


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


# Every script's last argument is the time, where it is told (told_time). `rate` is the pace as of `at`; it climbs by the second, which `climbed` works out.
CLIMB = """
local now = tonumber(ARGV[#ARGV])
if not now then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
end
local gate, inside = KEYS[1], KEYS[2]
local function read(name) return tonumber(redis.call('HGET', gate, name) or '') end
-- Up to the ceiling by a fiftieth of the usual pace each second; the ceiling by a hundredth each minute after a quiet one.
local function climbed(usual)
  local rate, ceiling, at, slowed = read('rate'), read('ceiling'), read('at'), read('slowed')
  if not rate then return usual, usual end
  local quiet_minutes = math.floor((now - slowed) / 60)
  ceiling = math.min(usual, ceiling + quiet_minutes * usual / 100)
  rate = math.min(ceiling, rate + (now - at) * usual / 50)
  return rate, ceiling
end
"""

ENTER = (
    CLIMB
    + """
local usual, at_once, nap, lasts, ticket = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local shut = read('shut')
if shut and shut > now then return {'shut', tostring(shut - now)} end
local opened = read('opened')
if opened then
  if opened > now then return {'broken', tostring(opened - now)} end
  local probing = read('probing')
  if probing and probing > now then return {'broken', '1'} end
  redis.call('HSET', gate, 'probing', tostring(now + tonumber(ARGV[6])))
  return {'probe', '0'}
end
redis.call('ZREMRANGEBYSCORE', inside, '-inf', tostring(now))
if redis.call('ZCARD', inside) >= at_once then return {'room', '0.1'} end
local most_long, mark = tonumber(ARGV[8]), ARGV[9]
if most_long < at_once then
  local long = 0
  for _, each in ipairs(redis.call('ZRANGE', inside, 0, -1)) do
    if string.sub(each, 1, #mark) == mark then long = long + 1 end
  end
  if long >= most_long then return {'room', '0.1'} end
end
local rate = climbed(usual)
local turn = math.max(read('turn') or 0, now)
local delay = turn - now
if delay > nap then return {'pace', tostring(delay)} end
redis.call('HSET', gate, 'turn', tostring(turn + 1 / rate))
redis.call('EXPIRE', gate, ARGV[7])
redis.call('ZADD', inside, tostring(now + delay + lasts), ticket)
redis.call('EXPIRE', inside, ARGV[7])
return {'pass', tostring(delay)}
"""
)

LOOK = (
    CLIMB
    + """
for _, name in ipairs({'shut', 'opened', 'probing'}) do
  local over = read(name)
  if over and over > now then return 0 end
end
if redis.call('ZCOUNT', inside, tostring(now), '+inf') >= tonumber(ARGV[1]) then return 0 end
if (read('turn') or 0) - now > tonumber(ARGV[2]) then return 0 end
return 1
"""
)

LEAVE = (
    CLIMB
    + """
redis.call('ZREM', inside, ARGV[1])
if ARGV[2] == '1' then
  redis.call('HDEL', gate, 'unanswered')
  return 1
end
local unanswered = redis.call('HINCRBY', gate, 'unanswered', 1)
if unanswered >= tonumber(ARGV[3]) and not read('opened') then
  redis.call('HSET', gate, 'opened', tostring(now + tonumber(ARGV[4])), 'open_for', ARGV[4])
end
redis.call('EXPIRE', gate, ARGV[5])
return 1
"""
)

PROBED = (
    CLIMB
    + """
if ARGV[1] == '1' then
  redis.call('HDEL', gate, 'opened', 'open_for', 'probing', 'unanswered')
  return 1
end
local longer = math.min(tonumber(ARGV[3]), (read('open_for') or tonumber(ARGV[2])) * 2)
redis.call('HSET', gate, 'opened', tostring(now + longer), 'open_for', tostring(longer))
redis.call('HDEL', gate, 'probing')
redis.call('EXPIRE', gate, ARGV[4])
return 1
"""
)

SLOW = (
    CLIMB
    + """
local usual = tonumber(ARGV[1])
local slowed = read('slowed')
if slowed and now - slowed < 1 then return 0 end
local rate = climbed(usual)
redis.call('HSET', gate, 'rate', tostring(math.max(usual / 16, rate * 0.8)), 'ceiling', tostring(math.max(usual / 16, rate * 0.975)),
  'at', tostring(now), 'slowed', tostring(now), 'turn', tostring(math.max(read('turn') or 0, now + 0.25)))
redis.call('EXPIRE', gate, ARGV[2])
return 1
"""
)

SHUT = (
    CLIMB
    + """
redis.call('HSET', gate, 'shut', tostring(math.max(read('shut') or 0, now + tonumber(ARGV[1]))))
redis.call('EXPIRE', gate, ARGV[2])
return 1
"""
)

FORGET = "return redis.call('DEL', KEYS[1], KEYS[2])"

PACE = (
    CLIMB
    + """
local rate = climbed(tonumber(ARGV[1]))
return tostring(rate)
"""
)

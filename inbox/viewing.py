"""Who has a conversation open, and who is writing in it: a few entries in Redis that end by themselves. Nothing of it is ever stored.

A courtesy, as presence is: while Redis is away nobody is seen to be there, and everything else goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from redis.exceptions import RedisError

from core.realtime.bus import announce, channel_name, client

logger = logging.getLogger(__name__)

COMPANY = "company"

# What the desk says again every 15 s while somebody looks, and every 3 s while they type (static/js/desk/collision.js).
LOOKED_FOR_SECONDS, WRITTEN_FOR_SECONDS = 40.0, 8.0


class Doing(StrEnum):
    LOOKING = "looking"
    REPLYING = "replying"
    NOTING = "noting"
    AWAY = "away"


def key(conversation_id: int) -> str:
    return f"{channel_name()}:viewing:{conversation_id}"


def tell_doing(conversation_id: int, user_id: int, doing: Doing) -> None:
    """Keep it, and tell every process that there is something to show."""
    if note_doing(conversation_id, user_id, doing):
        announce(COMPANY, [conversation_id])


def note_doing(conversation_id: int, user_id: int, doing: Doing) -> bool:
    """Keep what somebody does in a conversation for a moment. Tell whether there is anything to tell the others."""
    until = time.time() + (LOOKED_FOR_SECONDS if doing is Doing.LOOKING else WRITTEN_FOR_SECONDS)
    try:
        with client().pipeline() as pipe:
            if doing is Doing.AWAY:
                pipe.hdel(key(conversation_id), str(user_id))
            else:
                pipe.hset(key(conversation_id), str(user_id), f"{doing.value} {until:.3f}")
                pipe.expire(key(conversation_id), int(LOOKED_FOR_SECONDS) + 1)
            changed, *_rest = pipe.execute()
    except RedisError as error:
        logger.warning("viewing away: %s", type(error).__name__)
        return False
    # Who goes on doing the same is told again too: the others stop believing it otherwise.
    return doing is not Doing.AWAY or bool(changed)


def doing_in(conversation_ids: Iterable[int]) -> dict[int, dict[int, Doing]]:
    """Who does what in each conversation now; whoever stopped writing a moment ago still looks."""
    ids = list(conversation_ids)
    found: dict[int, dict[int, Doing]] = {each: {} for each in ids}
    try:
        with client().pipeline(transaction=False) as pipe:
            for each in ids:
                pipe.hgetall(key(each))
            answers: list[Any] = pipe.execute()
    except RedisError as error:
        logger.warning("viewing away: %s", type(error).__name__)
        return found
    now = time.time()
    for conversation_id, kept in zip(ids, answers, strict=True):
        for user_id, value in kept.items():
            word, _space, until = value.decode().partition(" ")
            if (doing := still(Doing(word), until=float(until), now=now)) is not None:
                found[conversation_id][int(user_id)] = doing
    return found


def still(doing: Doing, *, until: float, now: float) -> Doing | None:
    if now < until:
        return doing
    # A pause in writing is no leaving: they have it open as long as they would without having written.
    return (
        Doing.LOOKING if now < until + LOOKED_FOR_SECONDS - WRITTEN_FOR_SECONDS and doing is not Doing.LOOKING else None
    )

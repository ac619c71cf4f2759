"""The same product without one of its safeguards, named by WITHOUT: the controls of R25, R26 and R29.

`live(application="tests.realtime.careless:application", WITHOUT="question")`
"""

from __future__ import annotations

import os
from typing import Any

from config.asgi import application

# It sets Django up, which what follows needs.
# isort: split
from accounts.topics import AccessTopic
from core.realtime import socket
from inbox import topics

__all__ = ["application"]


async def nothing_is_read_again(*_args: Any) -> None:
    pass


def no_question() -> None:
    """R25: a tab is never asked whether it keeps up."""
    socket.UNANSWERED = 10**9


def no_stale() -> None:
    """R26: what is too much to be told row by row is told to nobody."""
    topics.InboxTopic.offer_anew = lambda *_args: None  # type: ignore[method-assign]


def no_resync() -> None:
    """R29: a subscription that stands again says nothing of what it missed."""
    for topic in (topics.InboxTopic, topics.ConversationTopic, AccessTopic):
        topic.resync = nothing_is_read_again  # type: ignore[attr-defined]


{"question": no_question, "stale": no_stale, "resync": no_resync}[os.environ["WITHOUT"]]()

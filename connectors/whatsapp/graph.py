"""One exchange with the Graph API through pywa, and what became of it.

pywa's client methods are passed over for the thin ones below them (`WhatsApp.api`): 4.5 takes a business-scoped id for
a group's when it holds a letter, looks a media id up as a file on this machine, and raises KeyError on a message that
*was* sent when the answer lacks `contacts`. Its base address is fixed, which is why the transport rewrites the host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from pywa.client import WhatsApp
from pywa.errors import WhatsAppError

from connectors.transport import TOTAL_S, AnswerTooLarge, GuardedTransport, RedirectRefused, guarded_client, origin
from connectors.whatsapp.errors import AnswerLost, NotSent, SendFailed, rule_for

# At DEBUG pywa writes customers' words, and at WARNING advice about its own constructor.
logging.getLogger("pywa").setLevel(logging.ERROR)

_MAX_MESSAGE: Final = 500
_MAX_WAIT: Final = timedelta(hours=24)


def open_client(graph_url: str, *, total_s: float = TOTAL_S) -> httpx.Client:
    """Return a client whose requests go to `graph_url`, wherever pywa addresses them. One per token: it keeps it."""
    base = httpx.URL(graph_url)
    return guarded_client(GuardedTransport(base_url=base, total_s=total_s, trusted=origin(base)))


def connect(graph_url: str, token: str, http: httpx.Client | None = None) -> WhatsApp:
    """Return pywa's client for one token, speaking through `http` (of `open_client`, shared with no other token)."""
    return WhatsApp(token=token, session=http or open_client(graph_url))


def exchange(call: Callable[[], Any]) -> dict[str, Any]:
    """Make one call and return the object the provider answered.

    Raises NotSent (nothing left, or nobody took it), SendFailed (the provider said no), AnswerLost (it may have been done, and nobody says
    so).

    Source: TRUST.md R13, R17, R18.
    """
    try:
        answer = call()
    except WhatsAppError as error:
        raise _refusal(error) from error
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    ) as error:
        raise NotSent(_described(error)) from error
    except RedirectRefused as error:
        # Something in front of the Graph API answered, so nobody has taken the message, and Meta said nothing about the number.
        raise NotSent("The answer was a redirect.") from error
    except (httpx.RequestError, AnswerTooLarge) as error:
        raise AnswerLost(_described(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # pywa could not read the answer. Whoever gave it may have taken the message.
        raise AnswerLost("The answer could not be read.") from error
    if not isinstance(answer, dict):
        raise AnswerLost("The answer is not an object.")
    return answer


def _refusal(error: WhatsAppError) -> SendFailed | AnswerLost:
    response = error.raw_response
    status = response.status_code if response is not None else None
    if status is not None and status >= 500 and not _is_from_graph(error, status):
        # A gateway gave up waiting, and cannot know whether the Graph API took the message before that.
        return AnswerLost(f"HTTP {status} without a Graph error.")
    return SendFailed(
        code=error.code,
        message=(error.details or error.message or "")[:_MAX_MESSAGE],
        rule=rule_for(error.code, http_status=status),
        retry_after=_retry_after(response),
    )


def _is_from_graph(error: WhatsAppError, status: int) -> bool:
    # Where the body is not Graph's, pywa makes an error up whose code is the HTTP status.
    return error.code != status or "type" in error.raw


def _retry_after(response: httpx.Response | None) -> timedelta | None:
    """Retry-After, as seconds or as a date. What is past, absurd or unreadable is None."""
    written = response.headers.get("Retry-After", "").strip() if response is not None else ""
    if not written:
        return None
    try:
        is_number = written.isdecimal()
        wait = timedelta(seconds=int(written)) if is_number else parsedate_to_datetime(written) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return wait if timedelta(0) < wait <= _MAX_WAIT else None


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MAX_MESSAGE]

"""The bytes of a delivery as JSON a database will take: no NUL, no lone surrogate, no NaN, no bottomless nesting."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, Never

import orjson

from connectors.messages import Unreadable

# PostgreSQL stores neither NUL nor a lone surrogate, in text or in jsonb.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def load(body: bytes) -> Any:
    """Return the parsed body of a delivery, cleaned of what PostgreSQL refuses.

    Raises Unreadable with a sentence that says what is wrong.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        # orjson takes no lone surrogates and no bytes that are not UTF-8. A customer's phone may well write the first,
        # and one such message must not cost the batch.
        parsed = _load_leniently(body)
    else:
        _refuse_unstorable_shape(parsed)
        # Valid JSON has no raw control character, so a NUL can only have been written like this.
        return clean(parsed) if b"\\u0000" in body else parsed
    _refuse_unstorable_shape(parsed)
    return parsed


def clean(value: Any) -> Any:
    """Return `value` with NUL dropped and lone surrogates replaced in every string, keys included."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(_replacement, value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def _replacement(match: re.Match[str]) -> str:
    return "" if match[0] == "\x00" else "\N{REPLACEMENT CHARACTER}"


def _load_leniently(body: bytes) -> Any:
    try:
        return clean(json.loads(body.decode("utf-8", "replace"), parse_constant=_refuse_constant, parse_float=_finite))
    except RecursionError:
        raise Unreadable("The delivery is nested too deeply.") from None
    except json.JSONDecodeError as error:
        # Where, not what: the library's own words are English, and an administrator reads this in another language.
        raise Unreadable(f"The delivery is not valid JSON: line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise Unreadable("The delivery is not valid JSON.") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON value")


def _refuse_unstorable_shape(parsed: Any) -> None:
    # orjson writes no more than 254 levels and no integer beyond 64 bits: a cheap way to ask for both, and well inside
    # what everyone downstream (json, jsonb, `clean`) can stand.
    try:
        orjson.dumps(parsed)
    except (TypeError, RecursionError):
        raise Unreadable("The delivery is nested too deeply or holds a number that cannot be stored.") from None

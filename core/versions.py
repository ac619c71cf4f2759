"""Two people edit the same thing: the second is told, and overwrites nothing unseen.

A version is a fingerprint of what the form shows, not a counter: a session's end or a last sign-in, which touch the same row, are
nobody's conflict, and Django's own tables (roles) need no column.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.refusals import Refusal


class Stale(Refusal):
    """Somebody changed it since it was read."""

    code = "stale"


def version_of(values: Mapping[str, Any]) -> str:
    """A short fingerprint of values that may be edited; sets and querysets' lists of ids must come sorted."""
    text = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def refuse_stale(expected: str | None, current: str) -> None:
    """Raise Stale unless what was read is what is there. None: the caller did not read it before (a command, a test).

    Call it under the row's lock.
    """
    if expected is not None and expected != current:
        raise Stale(_("Somebody else changed this while you were editing it."))

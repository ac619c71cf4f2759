"""A refusal: what is true and why something was not done. Every door turns it into its own form (JSON, page, frame)."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Base of all refusals. Nothing was written when one is raised.

    `code` is stable for programs; `message` is for people, in the reader's language; `extra` joins the error's body.
    """

    code = "refused"
    status = 409

    def __init__(self, message: str = "", *, fields: dict[str, list[str]] | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.extra = extra


class Invalid(Refusal):
    """What was sent is wrong at the named fields."""

    code = "invalid"
    status = 400


class NotAllowed(Refusal):
    """The user may see this but not do it."""

    code = "not_allowed"
    status = 403


class NotFound(Refusal):
    """It does not exist, or is not for this user to see: the two are never told apart."""

    code = "not_found"
    status = 404


class TooLarge(Refusal):
    code = "too_large"
    status = 413


class UnsupportedMedia(Refusal):
    code = "unsupported_media"
    status = 415


class Crowded(Refusal):
    """Too much of the same is under way in this process; in a moment it may go."""

    code = "throttled"
    status = 429


class NoRoom(Refusal):
    """Nothing is wrong with what was sent; we cannot keep it now."""

    code = "no_room"
    status = 507

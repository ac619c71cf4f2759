"""The doors' common manners: one error body, orjson on the wire."""

from __future__ import annotations

import datetime
import errno
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from core.refusals import NotFound, Refusal


class OrjsonRenderer(BaseRenderer):
    """`.values()` rows straight to bytes: times in UTC with a Z, as docs/api.md says."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else encode(data)


def encode(data: Any) -> bytes:
    return orjson.dumps(data, default=plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        # Always six digits: the panel sorts by these strings, and «12:00:00Z» would stand after «12:00:00.5Z».
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    # Lazy translations, and DRF's ReturnDict and ErrorDetail, which orjson does not know.
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple | set):
        return list(value)
    return str(value)


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def answer_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return docs/api.md's error body for everything that may go wrong; None lets a programming error be a 500."""
    headers = {}
    if isinstance(error, Http404 | exceptions.NotFound | NotFound):
        # One body whoever refuses, and why: another team's and nobody's are never told apart (S01).
        status, body = 404, error_body("not_found", _("It does not exist or is not yours to see."))
    elif isinstance(error, Refusal):
        status, body = error.status, error_body(error.code, error.message, fields=error.fields, **error.extra)
    elif isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status, body = 401, error_body("not_authenticated", _("Sign in to continue."))
        headers["WWW-Authenticate"] = "Token"
    elif isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        status, body = 403, error_body("not_allowed", _("Your role does not allow this."))
    elif isinstance(error, exceptions.ValidationError):
        status, body = 400, error_body("invalid", _("Check the marked fields."), fields=field_errors(error.detail))
    elif isinstance(error, exceptions.Throttled):
        status, body = (
            429,
            error_body("throttled", _("Too many requests in a short time. Wait a moment and try again.")),
        )
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1) + 1)
    elif isinstance(error, exceptions.UnsupportedMediaType):
        status, body = 415, error_body("unsupported_media", _("This kind of content is not accepted here."))
    elif isinstance(error, exceptions.ParseError):
        status, body = 400, error_body("malformed", _("The request could not be read."))
    elif isinstance(error, exceptions.APIException):
        status, body = error.status_code, error_body("refused", str(error.detail))
    elif isinstance(error, OSError) and error.errno in NO_ROOM:
        # A larger upload is laid down in a temporary file before any view sees it.
        status, body = (
            507,
            error_body(
                "no_room",
                _(
                    "There is no room for files right now. Your text is kept; send it without the file or try again later."
                ),
            ),
        )
    elif isinstance(error, OperationalError | PoolTimeout):
        status, body = (
            503,
            error_body(
                "unavailable", _("Ventanilla cannot reach its database. Nothing was lost; try again in a moment.")
            ),
        )
        headers["Retry-After"] = "2"
    else:
        return None
    return Response(body, status=status, headers=headers)


def error_body(code: str, message: str, *, fields: Mapping[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message, **extra}
    if fields:
        error["fields"] = dict(fields)
    return {"error": error}


def field_errors(detail: Any) -> dict[str, list[str]]:
    if isinstance(detail, Mapping):
        return {
            str(name): [str(text) for text in (texts if isinstance(texts, list) else [texts])]
            for name, texts in detail.items()
        }
    return {"": [str(text) for text in (detail if isinstance(detail, list) else [detail])]}

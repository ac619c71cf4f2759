"""Static files for the demo and small installations; a larger one lets its proxy serve STATIC_ROOT.

Before Django, by an ASGI-native server: WhiteNoise's iterators are synchronous under ASGI (PLATFORM.md).
"""

from __future__ import annotations

import mimetypes
import os
import re
from typing import Any

import anyio
from django.conf import settings
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

# ManifestStaticFilesStorage puts twelve hex digits of the content before the ending: such an address never changes its meaning.
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")


# Who sends one of these has a part of the file, or may have it all.
PARTLY = ("range", "if-none-match", "if-modified-since")
# A page asks for a hundred small files at once: read from the disk each takes a thread four times.
LARGEST_KEPT_BYTES = 512 * 1024


class HashedStaticFiles(StaticFiles):
    def __init__(self, *, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._kept: dict[tuple[str, bool], tuple[bytes, dict[str, str]]] = {}

    async def get_response(self, path: str, scope: Any) -> Response:
        """The file; one with a hashed name that is asked for as a whole is read once, and kept in memory."""
        asked = Headers(scope=scope)
        if scope["method"] != "GET" or not HASHED.search(path) or any(each in asked for each in PARTLY):
            return await self.read_response(path, scope)
        key = (path, takes_gzip(asked))
        if key not in self._kept:
            response = await self.read_response(path, scope)
            if not isinstance(response, FileResponse) or int(response.headers["content-length"]) > LARGEST_KEPT_BYTES:
                return response
            self._kept[key] = (await anyio.Path(response.path).read_bytes(), dict(response.headers))
        content, headers = self._kept[key]
        return Response(content, headers=headers)

    async def read_response(self, path: str, scope: Any) -> Response:
        try:
            response = await super().get_response(path, scope)
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if HASHED.search(path) else "public, max-age=300"
            )
        except HTTPException as error:
            # There is no Starlette application around us to make an answer of it: Daphne would show its own 500.
            response = PlainTextResponse(error.detail, status_code=error.status_code, headers=error.headers)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Any, status_code: int = 200
    ) -> Response:
        """The file; compressed where collectstatic put it so beside it (core/static_storage.py) and the browser takes it."""
        asked, packed = Headers(scope=scope), f"{full_path}.gz"
        if HASHED.search(str(full_path)) and takes_gzip(asked) and "range" not in asked and os.path.isfile(packed):
            response = FileResponse(
                packed,
                status_code=status_code,
                headers={"Content-Encoding": "gzip"},
                media_type=mimetypes.guess_type(full_path)[0],
                stat_result=os.stat(packed),
            )
            return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response
        return super().file_response(full_path, stat_result, scope, status_code)


def takes_gzip(asked: Headers) -> bool:
    """Whether gzip is named and not refused (`gzip;q=0`)."""
    named = (each.replace(" ", "").lower() for each in asked.get("accept-encoding", "").split(","))
    return any(each.partition(";")[0] == "gzip" and not re.search(r";q=0(\.0*)?$", each) for each in named)


files = HashedStaticFiles(directory=settings.STATIC_ROOT)


async def static_files(scope: Any, receive: Any, send: Any) -> None:
    path = "/" + scope["path"].removeprefix(settings.STATIC_URL)
    await files({**scope, "path": path, "root_path": "", "app_root_path": ""}, receive, send)

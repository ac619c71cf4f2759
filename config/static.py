"""Static files for the demo and small installations; a larger one lets its proxy serve STATIC_ROOT.

Before Django, by an ASGI-native server: WhiteNoise's iterators are synchronous under ASGI (PLATFORM.md).
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

# ManifestStaticFilesStorage puts twelve hex digits of the content before the ending: such an address never changes its meaning.
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")


class HashedStaticFiles(StaticFiles):
    async def get_response(self, path: str, scope: Any) -> Response:
        try:
            response = await super().get_response(path, scope)
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if HASHED.search(path) else "public, max-age=300"
            )
        except HTTPException as error:
            # There is no Starlette application around us to make an answer of it: Daphne would show its own 500.
            response = PlainTextResponse(error.detail, status_code=error.status_code, headers=error.headers)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


files = HashedStaticFiles(directory=settings.STATIC_ROOT, check_dir=False)


async def static_files(scope: Any, receive: Any, send: Any) -> None:
    path = "/" + scope["path"].removeprefix(settings.STATIC_URL)
    await files({**scope, "path": path, "root_path": "", "app_root_path": ""}, receive, send)

"""Every page of the product there is, found in its own table of addresses: a page somebody adds is looked at without being named here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Not pages: what answers with a file, a script or a stream, or only takes in.
NOT_PAGES = ("api/", "media/", "jsi18n/", "i18n/", "manifest.webmanifest", "sw.js", "share/", "webhooks/",
             # Fragments of pages, and steps that are only posted.
             "settings/guests/", "settings/typifications/add/")  # fmt: skip
# Pages of doors that are closed in this installation, or that only lead elsewhere.
LEAD_ELSEWHERE = (
    "accounts/signup/", "accounts/email/", "accounts/confirm-email/", "accounts/login/code/confirm/", "accounts/reauthenticate/",
    "accounts/2fa/authenticate/", "accounts/2fa/reauthenticate/", "accounts/password/set/", "accounts/2fa/recovery-codes/download/",
)  # fmt: skip
# Before one is signed in.
ENTRANCE = (
    "accounts/login/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/inactive/",
    "offline/",
)


def pages() -> list[str]:
    """The addresses of all pages that need no more than somebody signed in, without those of the entrance."""
    found = {
        path for path in addresses(get_resolver()) if not path.startswith((*NOT_PAGES, *LEAD_ELSEWHERE, *ENTRANCE))
    }
    return sorted(f"/{path}" for path in found)


def addresses(resolver: Any, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, path)
        elif isinstance(each, URLPattern) and "<" not in path and "^" not in path:
            yield path

"""Every page of the product there is, found in its own table of addresses: a page somebody adds is looked at without being named here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Not pages: what answers with a file, a script or a stream, or only takes in.
NOT_PAGES = ("api/", "media/", "jsi18n/", "i18n/", "manifest.webmanifest", "sw.js", "share/", "webhooks/",
             # Fragments of pages, steps that are only posted, and files.
             "settings/guests/", "settings/typifications/add/", "settings/privacy/exports/", "processes/files/")  # fmt: skip
# Pages of doors that are closed in this installation, or that only lead elsewhere.
LEAD_ELSEWHERE = (
    "accounts/signup/", "accounts/email/", "accounts/confirm-email/", "accounts/login/code/confirm/", "accounts/reauthenticate/",
    "accounts/2fa/authenticate/", "accounts/2fa/reauthenticate/", "accounts/password/set/", "accounts/2fa/recovery-codes/",
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
    return sorted({f"/{path}" for _name, path in addresses(get_resolver()) if "<" not in path and is_inside(path)})


def pages_about(examples: Mapping[str, Any]) -> list[str]:
    """The same of the pages about something, whose address names it: what `examples` has by the name of the address's parameter, or as
    `page.parameter` where this page asks for another. One without an example is asked for what is not there.

    In the order of their patterns, which the numbers of the examples do not change: whoever takes every fourth takes the same ones.
    """
    found = {}
    for name, pattern in addresses(get_resolver()):
        path = pattern
        if "<" in path and is_inside(path):
            for written, kind, parameter in PARAMETER.findall(path):
                path = path.replace(written, str(example(examples, name, kind, parameter)))
            found[pattern] = f"/{path}"
    return [path for _pattern, path in sorted(found.items())]


PARAMETER = re.compile(r"(<(\w+):(\w+)>)")


def example(examples: Mapping[str, Any], page: str, kind: str, parameter: str) -> Any:
    unknown = "00000000-0000-0000-0000-000000000000" if kind == "uuid" else 987_654_321
    return examples.get(f"{page}.{parameter}", examples.get(parameter, unknown))


def is_inside(path: str) -> bool:
    return not path.startswith((*NOT_PAGES, *LEAD_ELSEWHERE, *ENTRANCE))


def addresses(resolver: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name and path of every address, but those of regular expressions: links in mails."""
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, path)
        elif isinstance(each, URLPattern) and "^" not in path:
            yield str(each.name), path

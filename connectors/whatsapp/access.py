"""What a token may do at Meta: asked before an account is connected, and again whenever its health is looked at.

The provider's own words are never passed on: for a token it cannot read Meta answers «Malformed access token …» with the token in it
(S51). What went wrong is told by code, and said in ours.

Sources: Meta's pages "Permissions" (debug_token), "Business phone numbers", "Subscribe to webhooks", "Messaging limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from connectors.whatsapp.errors import AnswerLost, NotSent, ProviderFailure, SendFailed, gettext_noop
from connectors.whatsapp.graph import connect, exchange, open_client

MANAGEMENT: Final = "whatsapp_business_management"
MESSAGING: Final = "whatsapp_business_messaging"
NEEDED: Final = (MANAGEMENT, MESSAGING)
# Somebody sits in front of the page meanwhile.
CHECK_TOTAL_S = 8.0
PAGE_SIZE: Final = 100
# An account has 20 numbers, rarely more; a list without an end is somebody's mistake.
MAX_PAGES: Final = 20
_NUMBER_FIELDS: Final = (
    "id",
    "display_phone_number",
    "verified_name",
    "quality_rating",
    "status",
    "name_status",
    "platform_type",
    "throughput",
    "whatsapp_business_manager_messaging_limit",
)

Field = Literal["token", "waba_id", ""]


class AccessRefused(Exception):
    """The access does not do. `field` is where it was typed, `reason` says in words what is true and what to do next."""

    def __init__(self, field: Field, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.field: Field = field
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberState:
    """A number of a business account, as the provider sees it. What it does not say is ""."""

    external_id: str
    display: str
    name: str
    quality: str
    status: str
    limit: str
    throughput: str
    is_in_cloud: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a token that does may do."""

    app_id: str
    app_name: str
    account_name: str
    expires_at: datetime | None
    numbers: tuple[NumberState, ...]


def check_access(graph_url: str, token: str, waba_id: str) -> Access:
    """Ask the provider what the token may do, and for the numbers of the business account.

    Raises AccessRefused: wrong token, missing permission, another's account, provider away or silent.
    """
    http = open_client(graph_url, total_s=CHECK_TOTAL_S)
    try:
        api = connect(graph_url, token, http).api
        told = _asked(lambda: _get(api, "/debug_token", input_token=token), field="token").get("data")
        told = told if isinstance(told, dict) else {}
        expires_at = _check_token(told, waba_id)
        account = _asked(lambda: api.get_waba_info(waba_id, fields=("id", "name")), field="waba_id")
        return Access(
            app_id=_word(told, "app_id"),
            app_name=_word(told, "application"),
            account_name=_word(account, "name"),
            expires_at=expires_at,
            numbers=tuple(_numbers(api, waba_id)),
        )
    finally:
        http.close()


def subscribe_app(graph_url: str, token: str, waba_id: str) -> None:
    """Have the token's app told of everything that happens to the account. Repeating it changes nothing. Raises AccessRefused."""
    http = open_client(graph_url, total_s=CHECK_TOTAL_S)
    try:
        api = connect(graph_url, token, http).api
        _asked(
            lambda: api._request("POST", f"/{waba_id}/subscribed_apps"), field="waba_id"
        )  # pywa has only the form with another address
    finally:
        http.close()


def is_subscribed(graph_url: str, token: str, waba_id: str) -> bool:
    """Whether any app is told of what happens to the account. Raises AccessRefused."""
    http = open_client(graph_url, total_s=CHECK_TOTAL_S)
    try:
        api = connect(graph_url, token, http).api
        listed = _asked(lambda: api.get_waba_subscribed_apps(waba_id), field="waba_id").get("data")
        return isinstance(listed, list) and bool(listed)
    finally:
        http.close()


def read_number(graph_url: str, token: str, phone_number_id: str) -> NumberState:
    """The number's quality, limit and state now. Raises AccessRefused."""
    http = open_client(graph_url, total_s=CHECK_TOTAL_S)
    try:
        api = connect(graph_url, token, http).api
        node = _asked(
            lambda: api.get_business_phone_number(phone_number_id, fields=_NUMBER_FIELDS),
            field="",
            not_there=_NO_NUMBER,
        )
        return _number(node)
    finally:
        http.close()


def people_a_day(limit: str) -> int | None:
    """How many people the number may write to first in 24 h: TIER_2K is 2,000. None where there is no bound or it says nothing."""
    found = re.fullmatch(r"TIER_(\d{1,6})(K?)", limit)
    return int(found[1]) * (1000 if found[2] else 1) if found else None


_NO_ACCOUNT: Final = gettext_noop(
    "Meta shows no business account with this id to this token. Copy the id from WhatsApp Manager, and give the system user that account."
)
_NO_NUMBER: Final = gettext_noop(
    "Meta no longer shows this number to the token. See in WhatsApp Manager whether it was moved or removed."
)
_WRONG_TOKEN: Final = gettext_noop(
    "Meta does not accept this token: it is cut, expired or was revoked. Make a new one for a system user and paste it whole."
)
_EXPIRED: Final = gettext_noop("This token has expired. Make one without an end for a system user.")
_MISSING: Final = gettext_noop(
    "The token lacks the permission %(permissions)s. Make a new one and tick whatsapp_business_management and whatsapp_business_messaging."
)
_OTHERS: Final = gettext_noop(
    "The token was not given this business account. In Meta's business settings assign it to the system user, or use its own id."
)
_REFUSED: Final = gettext_noop(
    "Meta refused the question with code %(code)s. Check the id and the token, and try again."
)
_AWAY: Final = gettext_noop(
    "Meta could not be reached. Nothing was changed; look at this server's way out and try again."
)
_SILENT: Final = gettext_noop("Meta did not answer in time. Nothing was changed; try again in a moment.")
_BUSY: Final = gettext_noop("Meta asks for fewer questions. Nothing was changed; try again in a few minutes.")
_PASSING: Final = gettext_noop("Meta has a passing problem. Nothing was changed; try again in a moment.")

# Every text above, for whoever translates or checks them.
REASONS: Final = (
    _NO_ACCOUNT, _NO_NUMBER, _WRONG_TOKEN, _EXPIRED, _MISSING, _OTHERS, _REFUSED, _AWAY, _SILENT, _BUSY, _PASSING,
)  # fmt: skip


def _get(api: Any, path: str, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = api._request("GET", path, params=query)  # pywa has no such call
    return answer


def _asked(call: Any, *, field: Field, not_there: str = _NO_ACCOUNT) -> dict[str, Any]:
    """The provider's answer. Raises AccessRefused with what is wrong in words of ours."""
    try:
        return exchange(call)
    except SendFailed as failure:
        raise _refusal(failure, field=field, not_there=not_there) from None
    except NotSent:
        raise AccessRefused("", _AWAY) from None
    except AnswerLost:
        raise AccessRefused("", _SILENT) from None
    except ProviderFailure:
        raise AccessRefused("", _PASSING) from None


def _refusal(failure: SendFailed, *, field: Field, not_there: str) -> AccessRefused:
    code = failure.code
    if code in (0, 190):
        return AccessRefused("token", _WRONG_TOKEN)
    if code in (3, 10) or 200 <= code < 300:
        return AccessRefused("token", _MISSING, permissions=" / ".join(NEEDED))
    if code in (33, 100):
        return AccessRefused(field, not_there)
    if code in (4, 17, 32, 613, 80007, 80008, 130429):
        return AccessRefused("", _BUSY)
    if not failure.permanent:
        return AccessRefused("", _PASSING)
    return AccessRefused(field, _REFUSED, code=str(code))


def _check_token(told: Mapping[str, Any], waba_id: str) -> datetime | None:
    """Until when the token does (None: without end). Raises AccessRefused."""
    expires_at = _moment(told.get("expires_at"))
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise AccessRefused("token", _EXPIRED)
    if told.get("is_valid") is not True:
        raise AccessRefused("token", _WRONG_TOKEN)
    scopes = told.get("scopes")
    has = set(scopes) if isinstance(scopes, list) and all(isinstance(each, str) for each in scopes) else set()
    missing = [name for name in NEEDED if name not in has]
    if missing:
        raise AccessRefused("token", _MISSING, permissions=", ".join(missing))
    for given in _objects(told.get("granular_scopes")):
        targets = given.get("target_ids")
        # Without a list the permission is for every account of the business.
        if given.get("scope") in NEEDED and isinstance(targets, list) and targets and waba_id not in map(str, targets):
            raise AccessRefused("waba_id", _OTHERS)
    return expires_at


def _numbers(api: Any, waba_id: str) -> Iterator[NumberState]:
    after = ""
    for _page in range(MAX_PAGES):
        pagination = {"limit": str(PAGE_SIZE), **({"after": after} if after else {})}
        answer = _asked(
            lambda page=pagination: api.get_business_phone_numbers(waba_id, fields=_NUMBER_FIELDS, pagination=page),
            field="waba_id",
        )
        for node in _objects(answer.get("data")):
            if _word(node, "id").isdigit():
                yield _number(node)
        after = next_cursor(answer)
        if not after:
            return


def next_cursor(answer: Mapping[str, Any]) -> str:
    """Where the next page begins, "" at the end. Only the cursor is followed, never the address beside it, which our token would follow."""
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else ""
    return after if isinstance(after, str) else ""


def _number(node: Mapping[str, Any]) -> NumberState:
    throughput = node.get("throughput")
    return NumberState(
        external_id=_word(node, "id"),
        display=_word(node, "display_phone_number"),
        name=_word(node, "verified_name"),
        quality=_word(node, "quality_rating"),
        status=_word(node, "status"),
        limit=_word(node, "whatsapp_business_manager_messaging_limit"),
        throughput=_word(throughput, "level") if isinstance(throughput, dict) else "",
        is_in_cloud=_word(node, "platform_type") in ("", "CLOUD_API"),
    )


def _word(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    return str(value)[:120] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    """Unix seconds; 0, nonsense and what no calendar holds are None."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None

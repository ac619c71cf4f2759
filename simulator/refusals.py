"""The errors of the Graph API, with the code, type and HTTP status Meta gives each."""

import secrets
import string
from dataclasses import dataclass
from typing import Any

_ALPHABET = string.ascii_letters + string.digits + "_-"


@dataclass(frozen=True, kw_only=True)
class Refusal(Exception):
    """Answered at once, as the body of the response."""

    status: int
    code: int
    message: str
    details: str = ""
    subcode: int = 0
    type: str = "OAuthException"

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = "A" + "".join(secrets.choice(_ALPHABET) for _ in range(22))
        return {"error": error}


def token_missing_or_wrong() -> Refusal:
    return Refusal(status=401, code=190, message="Invalid OAuth access token - Cannot parse access token")


def token_revoked() -> Refusal:
    return Refusal(
        status=401,
        code=190,
        subcode=460,
        message="Error validating access token: The session has been invalidated because the user changed their "
        "password or Facebook has changed the session for security reasons.",
    )


def malformed_token(token: str) -> Refusal:
    """Meta's own words for a token it cannot read at all: they repeat it."""
    return Refusal(status=400, code=190, message=f"Malformed access token {token}")


def permission_missing(name: str) -> Refusal:
    return Refusal(status=403, code=200, message=f"(#200) Requires {name} permission to manage the object.")


def no_such_node(node: str, *, method: str = "get") -> Refusal:
    return Refusal(
        status=400,
        code=100,
        subcode=33,
        type="GraphMethodException",
        message=f"Unsupported {method} request. Object with ID '{node}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
    )


def unknown_path(path: str) -> Refusal:
    return Refusal(status=400, code=2500, message=f"Unknown path components: /{path}")


def invalid(message: str, details: str = "") -> Refusal:
    return Refusal(status=400, code=100, message=f"(#100) {message}", details=details)


def wrong_value(details: str) -> Refusal:
    return Refusal(status=400, code=131009, message="(#131009) Parameter value is not valid", details=details)


def rate_limit_hit() -> Refusal:
    return Refusal(
        status=429,
        code=130429,
        message="(#130429) Rate limit hit",
        details="Message failed to send because there were too many messages sent from this phone number in a short "
        "period of time.",
    )


def pair_rate_limit_hit() -> Refusal:
    return Refusal(
        status=429,
        code=131056,
        message="(#131056) (Business Account, Consumer Account) pair rate limit hit",
        details="Message failed to send because there were too many messages sent from this phone number to the same "
        "phone number in a short period of time.",
    )


def template(code: int, message: str, details: str) -> Refusal:
    return Refusal(status=404 if code == 132001 else 400, code=code, message=f"(#{code}) {message}", details=details)


def scripted(code: int, status: int) -> Refusal:
    """Any code a test asks for."""
    title, details = late(code)
    return Refusal(status=status, code=code, message=f"(#{code}) {title}", details=details)


def something_went_wrong() -> Refusal:
    return Refusal(
        status=500,
        code=131000,
        message="(#131000) Something went wrong",
        details="Message failed to send due to an unknown error.",
    )


# Errors that come later, in a `failed` status: code -> (title, details).
LATE = {
    130472: (
        "User's number is part of an experiment",
        "Failed to send message because this user's phone number is part of an experiment.",
    ),
    131026: ("Message undeliverable", "Message Undeliverable."),
    131047: (
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: (
        "Spam rate limit hit",
        "Message failed to send because there are restrictions on how many messages can be sent from this number.",
    ),
    131049: (
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131051: ("Unsupported message type", "Message type is currently not supported."),
    131053: ("Media upload error", "Media upload error: the file does not match its declared type."),
}


def late(code: int) -> tuple[str, str]:
    return LATE.get(code, ("Something went wrong", "Message failed to send due to an unknown error."))

"""What each Graph error code means for us: one table, for the answer to a send call and a `failed` status alike.

Act on the code, never on the title (CHANNELS.md). The reasons are for people: English message ids in the interface's
voice, which the floors above translate. They say what is true, then what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Scope(StrEnum):
    """What the trouble is with: whatever shares it should wait, and nothing else."""

    MESSAGE = "message"
    CONTACT = "contact"
    NUMBER = "number"
    ACCOUNT = "account"


class Action(StrEnum):
    """What to do about it."""

    GIVE_UP = "give_up"
    RETRY = "retry"
    SLOW_DOWN = "slow_down"
    DELAY_CONTACT = "delay_contact"
    PAUSE_CAMPAIGN = "pause_campaign"
    OFFER_TEMPLATE = "offer_template"
    STOP_CHANNEL = "stop_channel"
    RECONNECT = "reconnect"
    REPORT_BUG = "report_bug"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a code means. Not `permanent`: tried again, after `retry_after` where the provider names no time itself."""

    permanent: bool
    scope: Scope
    action: Action
    reason: str
    retry_after: timedelta | None = None


class ProviderFailure(Exception):
    """The provider did not do what was asked; the subclass says how much is known about that."""


class NotSent(ProviderFailure):
    """Nothing left this machine: it may be tried again at once."""


class AnswerLost(ProviderFailure):
    """It left, or may have left, and no answer came back. Never send again by itself: the message becomes `unknown`.

    Source: CHANNELS.md, "No idempotency key on send"; TRUST.md R13.
    """


class SendFailed(ProviderFailure):
    """The provider answered no. `permanent` False: worth trying again, `retry_after` from now where it is known."""

    def __init__(self, *, code: int, message: str, rule: Rule, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.rule = rule
        self.permanent = rule.permanent
        self.scope = rule.scope
        self.action = rule.action
        self.reason = rule.reason
        self.retry_after = retry_after or rule.retry_after


def gettext_noop(message: str) -> str:
    """Mark a text for `makemessages`; this floor knows no Django to translate it with."""
    return message


def rule_for(code: int | None, *, http_status: int | None = None) -> Rule:
    """Return what a Graph code means. One that is not in the table is transient if it came with a 5xx, else permanent.

    `http_status` is None for a code out of a status webhook. No code (None) is nobody's trouble but the message's.
    """
    rule = RULES.get(code) if code is not None else None
    if rule is not None:
        return rule
    if code is not None and 200 <= code < 300:
        return _NO_PERMISSION
    if http_status == 429:
        return _TOO_MANY_CALLS
    if http_status is not None and http_status >= 500:
        return _TRANSIENT
    return _REFUSED


_TRANSIENT: Final = Rule(
    permanent=False,
    scope=Scope.MESSAGE,
    action=Action.RETRY,
    reason=gettext_noop("WhatsApp has a passing problem. The message is tried again by itself."),
    retry_after=timedelta(seconds=5),
)
_REFUSED: Final = Rule(
    permanent=True,
    scope=Scope.MESSAGE,
    action=Action.GIVE_UP,
    reason=gettext_noop("WhatsApp refused the message. Change it and send it again."),
)
_BUG: Final = Rule(
    permanent=True,
    scope=Scope.MESSAGE,
    action=Action.REPORT_BUG,
    reason=gettext_noop("WhatsApp did not understand the message. Tell your administrator."),
)
_TOO_MANY_CALLS: Final = Rule(
    permanent=False,
    scope=Scope.ACCOUNT,
    action=Action.SLOW_DOWN,
    reason=gettext_noop("This account reached WhatsApp's limit of calls. Messages wait and leave by themselves."),
    retry_after=timedelta(seconds=60),
)
_DISCONNECTED: Final = Rule(
    permanent=False,
    scope=Scope.ACCOUNT,
    action=Action.RECONNECT,
    reason=gettext_noop(
        "The WhatsApp channel is disconnected. Messages wait and leave by themselves once it is reconnected."
    ),
)
_NO_PERMISSION: Final = Rule(
    permanent=False,
    scope=Scope.ACCOUNT,
    action=Action.RECONNECT,
    reason=gettext_noop(
        "The WhatsApp channel lacks a permission. Messages wait and leave by themselves once it is reconnected."
    ),
)
_RESTRICTED: Final = Rule(
    permanent=False,
    scope=Scope.ACCOUNT,
    action=Action.STOP_CHANNEL,
    reason=gettext_noop("WhatsApp restricted this account. Messages wait until an administrator settles it with Meta."),
)
_UNPAID: Final = Rule(
    permanent=False,
    scope=Scope.ACCOUNT,
    action=Action.STOP_CHANNEL,
    reason=gettext_noop("WhatsApp asks for a valid payment method. Messages wait until an administrator adds one."),
)
_NUMBER_OFF: Final = Rule(
    permanent=False,
    scope=Scope.NUMBER,
    action=Action.STOP_CHANNEL,
    reason=gettext_noop("This number is not active on WhatsApp. Messages wait until an administrator registers it."),
)
_TEMPLATE: Final = Rule(
    permanent=True,
    scope=Scope.MESSAGE,
    action=Action.GIVE_UP,
    reason=gettext_noop("WhatsApp refused the template or its variables. Choose another one."),
)


def _never_for_them(reason: str) -> Rule:
    return Rule(permanent=True, scope=Scope.CONTACT, action=Action.GIVE_UP, reason=reason)


# Source: CHANNELS.md, "Error codes"; the rest from Meta's "Error codes" page.
RULES: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        0: _DISCONNECTED,
        1: _TRANSIENT,
        2: _TRANSIENT,
        3: _NO_PERMISSION,
        4: _TOO_MANY_CALLS,
        10: _NO_PERMISSION,
        33: _BUG,
        100: _BUG,
        190: _DISCONNECTED,
        368: _RESTRICTED,
        80007: _TOO_MANY_CALLS,
        130429: Rule(
            permanent=False,
            scope=Scope.NUMBER,
            action=Action.SLOW_DOWN,
            reason=gettext_noop(
                "This number is sending faster than WhatsApp allows. Messages wait and leave by themselves."
            ),
            retry_after=timedelta(seconds=1),
        ),
        130472: _never_for_them(
            gettext_noop("WhatsApp does not deliver this message to this customer. Do not send it again.")
        ),
        130497: _never_for_them(gettext_noop("WhatsApp does not let this account write to this customer's country.")),
        131000: _TRANSIENT,
        131005: _NO_PERMISSION,
        131008: _BUG,
        131009: _BUG,
        131016: _TRANSIENT,
        131021: _never_for_them(gettext_noop("The customer's number is this same number. Check the contact's number.")),
        131026: _never_for_them(
            gettext_noop(
                "The customer's WhatsApp could not receive the message. Check the number or use another channel."
            )
        ),
        131030: _never_for_them(
            gettext_noop("This is a test number and the customer is not on its list. Add them in Meta's panel.")
        ),
        131031: _RESTRICTED,
        131037: _NUMBER_OFF,
        131042: _UNPAID,
        131045: _NUMBER_OFF,
        131047: Rule(
            permanent=True,
            scope=Scope.CONTACT,
            action=Action.OFFER_TEMPLATE,
            reason=gettext_noop("The 24 h window is closed. Only an approved template can be sent."),
        ),
        131048: Rule(
            permanent=False,
            scope=Scope.NUMBER,
            action=Action.PAUSE_CAMPAIGN,
            reason=gettext_noop(
                "Customers reported this number too often and WhatsApp holds its messages. The campaign is paused."
            ),
            retry_after=timedelta(hours=1),
        ),
        131049: _never_for_them(
            gettext_noop("WhatsApp chose not to deliver this message to protect the customer. Do not send it again.")
        ),
        131050: _never_for_them(
            gettext_noop("The customer asked WhatsApp for no more marketing messages from this number.")
        ),
        131051: _BUG,
        131052: Rule(
            permanent=True,
            scope=Scope.MESSAGE,
            action=Action.GIVE_UP,
            reason=gettext_noop("WhatsApp could not fetch the file. Ask the customer to send it again."),
        ),
        131053: Rule(
            permanent=True,
            scope=Scope.MESSAGE,
            action=Action.GIVE_UP,
            reason=gettext_noop("WhatsApp did not accept the file. Check its type and size."),
        ),
        131056: Rule(
            permanent=False,
            scope=Scope.CONTACT,
            action=Action.DELAY_CONTACT,
            reason=gettext_noop(
                "Too many messages to this customer at once. This one waits a few seconds and leaves by itself."
            ),
            # Meta: one message every 6 s to one customer, with bursts up to 45.
            retry_after=timedelta(seconds=6),
        ),
        131057: Rule(
            permanent=False,
            scope=Scope.NUMBER,
            action=Action.RETRY,
            reason=gettext_noop("WhatsApp is maintaining this account. Messages wait and leave by themselves."),
            retry_after=timedelta(minutes=1),
        ),
        131062: _never_for_them(
            gettext_noop("This message needs the customer's phone number, which they have not shared.")
        ),
        **dict.fromkeys(
            (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069), _TEMPLATE
        ),
        133004: _TRANSIENT,
        133010: _NUMBER_OFF,
        135000: _REFUSED,
    }
)

# Every text above, for whoever translates or checks them.
REASONS: Final[frozenset[str]] = frozenset(
    rule.reason for rule in (*RULES.values(), _REFUSED, _TRANSIENT, _NO_PERMISSION, _TOO_MANY_CALLS)
)

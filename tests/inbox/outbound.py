"""What the tests of the way out share: customers at the provider, Ana's messages to them, and how long each took."""

from __future__ import annotations

import time

import pytest

from campaigns.models import ChannelAccount
from inbox.actions import delivery
from inbox.actions.assignment import take_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.models import Conversation, Message
from tests import factories
from tests.factories import Cast, client_id, inbound
from tests.inbox.conftest import Provider


def people(cast: Cast, provider: Provider, number: int, *, account: ChannelAccount | None = None) -> list[Conversation]:
    """So many customers whom the provider knows, each with a conversation in Ana's hands."""
    account = account or cast.account
    # Counted, not taken from the key: keys of a database that other tests worked in lie anywhere.
    place = ChannelAccount.objects.filter(pk__lt=account.pk).count()
    phones = [f"59598{place}{n:06d}" for n in range(number)]
    for n, phone in enumerate(phones):
        provider.simulator.add_customer(id=f"c{account.pk}-{n}", name=f"Cliente {n}", phone=phone, user_id=None)
        provider.simulator.write(f"c{account.pk}-{n}", "Hola", number="")
    for start in range(0, number, 100):
        people_now = [factories.identity(phone) for phone in phones[start : start + 100]]
        receive_messages(
            account, [inbound(sender=each, account_external_id=account.external_id) for each in people_now]
        )
    provider.simulator.wait_idle()
    provider.posted.clear()
    theirs = Conversation.objects.filter(channel_account=account, contact_point__digits__in=phones)
    ids = dict(theirs.values_list("contact_point__digits", "pk"))
    Conversation.objects.filter(pk__in=ids.values()).update(campaign=cast.campaign)
    return [take_conversation(ids[phone], by=cast.ana) for phone in phones]


def say(conversation: Conversation, text: str, cast: Cast) -> Message:
    return send_message(conversation.pk, by=cast.ana, client_id=client_id(), text=text)[0]


def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits a tenth as long, so that a small run takes seconds."""
    monkeypatch.setattr(delivery, "BACKOFF_SECONDS", (0.1, 0.2, 0.5, 1, 1, 1, 1))
    monkeypatch.setattr(delivery, "MAX_ATTEMPTS", 100)


def round_trips(
    conversations: list[Conversation], cast: Cast, provider: Provider, *, seconds: float = 60.0
) -> list[float]:
    """One message to each: how long each took from typed to taken by the provider; those it never took within that time took it all."""
    before = len(provider.sent())
    typed = {str(say(each, "x", cast).uuid): time.time() for each in conversations}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        taken = {each.opaque: each.at for each in provider.sent()[before:] if each.opaque in typed}
        if len(taken) == len(typed):
            break
        time.sleep(0.02)
    return [taken.get(opaque, at + seconds) - at for opaque, at in typed.items()]

from __future__ import annotations

from itertools import permutations, product

import pytest

from connectors.kinds import (
    MEDIA_KINDS,
    POLICIES,
    STATUS_RANK,
    ChannelKind,
    MessageKind,
    MessageStatus,
    advance,
    is_contradiction,
)

QUEUED, UNKNOWN, SENT = MessageStatus.QUEUED, MessageStatus.UNKNOWN, MessageStatus.SENT
DELIVERED, READ, FAILED = MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED
WORDS = (SENT, DELIVERED, READ, FAILED)


def end_of(start: MessageStatus, *incoming: MessageStatus) -> MessageStatus:
    for status in incoming:
        start = advance(start, status)
    return start


@pytest.mark.shows("R02")
@pytest.mark.parametrize("answer", [SENT, UNKNOWN], ids=["answered", "answer lost"])
@pytest.mark.parametrize("order", list(permutations(WORDS)), ids="-".join)
def test_every_order_of_statuses_around_the_answer_ends_in_read(
    order: tuple[MessageStatus, ...], answer: MessageStatus
) -> None:
    for place in range(len(order) + 1):
        seen = [QUEUED]
        for status in (*order[:place], answer, *order[place:]):
            seen.append(advance(seen[-1], status))
        assert seen[-1] is READ
        assert [STATUS_RANK[status] for status in seen] == sorted(STATUS_RANK[status] for status in seen)


@pytest.mark.shows("R02")
def test_any_subset_in_any_order_ends_alike() -> None:
    for size in range(1, 5):
        for words in permutations(WORDS, size):
            best = READ if READ in words else DELIVERED if DELIVERED in words else FAILED if FAILED in words else SENT
            assert end_of(QUEUED, *words) is best
            assert end_of(UNKNOWN, *words) is best


@pytest.mark.shows("R02")
def test_a_failure_after_delivery_is_ignored_and_noticed() -> None:
    for arrived in (DELIVERED, READ):
        assert advance(arrived, FAILED) is arrived
        assert is_contradiction(arrived, FAILED)
    assert advance(FAILED, DELIVERED) is DELIVERED
    assert is_contradiction(FAILED, READ)
    assert not is_contradiction(SENT, FAILED)


def test_a_lost_answer_is_settled_by_any_word_and_never_taken_back_to_queued() -> None:
    assert advance(QUEUED, UNKNOWN) is UNKNOWN
    assert advance(UNKNOWN, QUEUED) is UNKNOWN
    assert [advance(UNKNOWN, word) for word in WORDS] == list(WORDS)
    assert [advance(word, UNKNOWN) for word in WORDS] == list(WORDS)


def test_advancing_is_a_maximum() -> None:
    for one, other, third in product(MessageStatus, repeat=3):
        assert advance(one, other) is advance(other, one)
        assert advance(advance(one, other), third) is advance(one, advance(other, third))
        assert advance(one, one) is one


def test_whatsapp_allows_what_its_documentation_says() -> None:
    policy = POLICIES[ChannelKind.WHATSAPP]
    assert (policy.window_hours, policy.max_text, policy.max_caption) == (24, 4096, 1024)
    assert set(policy.media) == MEDIA_KINDS
    image = policy.media[MessageKind.IMAGE]
    assert image.admits("image/jpeg", 5 * 1024 * 1024)
    assert not image.admits("image/jpeg", 5 * 1024 * 1024 + 1)
    assert not image.admits("image/webp", 10)
    assert not image.admits("image/png", 0)
    assert policy.media[MessageKind.VOICE].admits("audio/ogg; codecs=opus", 10)
    assert not policy.media[MessageKind.VOICE].admits("audio/mpeg", 10)
    assert policy.media[MessageKind.DOCUMENT].admits("application/x-anything", 10)

"""A benchmark that reckons wrongly is worse than none: its arithmetic, and that what it sends is what a provider sends."""

from __future__ import annotations

import pytest

from benchmarks._databases import beside, name_in
from benchmarks._load import body_length
from benchmarks._report import median_ratio, percentile
from benchmarks._whatsapp import PHONE_NUMBER_ID, body, signed_request
from connectors.messages import InboundMessage
from connectors.whatsapp import parse
from connectors.whatsapp.verify import signature_is_valid


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected
    assert percentile([7], share) == 7


def test_ratios_are_taken_round_by_round() -> None:
    # The third round fell on a busy moment of the machine, for both alike.
    assert median_ratio([100, 100, 10], [50, 50, 5]) == 2
    assert median_ratio([100, 300], [0, 100]) == 3


def test_a_delivery_of_the_load_generator_is_signed_and_understood() -> None:
    request = signed_request(7, path="/webhooks/meta/", secret="s3cret")
    head, _, content = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert body_length(head) == len(content)
    assert signature_is_valid(content, headers["X-Hub-Signature-256"], ["s3cret"])
    (piece,) = parse.split(content)
    message = parse.read(piece)
    assert isinstance(message, InboundMessage)
    assert (message.account_external_id, message.sender.phone) == (PHONE_NUMBER_ID, "595981000007")


def test_every_delivery_is_another_message_of_another_customer() -> None:
    read = [parse.read(piece) for number in range(50) for piece in parse.split(body(number))]
    assert len({each.provider_id for each in read}) == len({each.sender.phone for each in read}) == 50


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ventanilla@/ventanilla?host=/var/run/x",
        "postgresql:///ventanilla?host=/var/run/x",
        "postgresql://a:b@host:5433/ventanilla",
    ],
)
def test_a_database_beside_another_is_on_the_same_server(url: str) -> None:
    other = beside(url, "small")
    assert name_in(other) == "ventanilla_bench_small"
    assert other.replace("_bench_small", "") == url

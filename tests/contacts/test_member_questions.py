"""The members of a base, asked for on pages and over REST: the same questions at both doors, page by page."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.actions.members import take_next_member
from contacts.actions.slices import count_everything_touched
from contacts.models import BaseMember
from tests.contacts.members import base_of, outcome, worked
from tests.contacts.test_base_pages import sit
from tests.factories import Cast


def test_members_are_narrowed_the_same_on_pages_and_over_rest(cast: Cast) -> None:
    base, again, sold = base_of(cast, 5), outcome("Otra vez"), outcome("Cierra", closes_member=True)
    long_ago = timezone.now() - datetime.timedelta(days=9)
    worked(base, by=cast.ana, typification=again, at=long_ago)
    worked(base, by=cast.luis, typification=sold)
    for _ in range(2):
        # The one of before is offered again after everybody who was never worked.
        worked(base, by=cast.ana, typification=again)
    take_next_member(base.pk, by=cast.ana)
    luis, address = sit(cast.luis), reverse("base", args=[base.pk])
    everybody = list(BaseMember.objects.filter(base=base).order_by("pk"))
    day = (timezone.localdate() - datetime.timedelta(days=5)).isoformat()
    for asked, meant in (
        ("", lambda m: True),
        ("state=retry", lambda m: m.state == "retry"),
        (f"user={cast.luis.pk}", lambda m: m.last_user_id == cast.luis.pk),
        (f"outcome={again.pk}", lambda m: m.last_typification_id == again.pk),
        ("attempts_above=0", lambda m: m.attempts > 0),
        ("attempts_above=1", lambda m: m.attempts > 1),
        ("attempts_below=1", lambda m: m.attempts < 1),
        ("attempts_below=0", lambda m: False),
        (f"contacted_until={day}", lambda m: m.last_contact_at is not None and m.last_contact_at <= long_ago),
        (f"contacted_from={day}", lambda m: m.last_contact_at is not None and m.last_contact_at > long_ago),
        (f"state=retry&user={cast.luis.pk}", lambda m: m.state == "retry" and m.last_user_id == cast.luis.pk),
    ):
        expected = [each.pk for each in everybody if meant(each)]
        page = luis.get(f"{address}?{asked}")
        assert [row["id"] for row in page.context["page"].rows] == expected, asked
        rest = luis.get(f"/api/v1/bases/{base.pk}/members/?{asked}").json()
        assert [row["id"] for row in rest["results"]] == expected, asked
    several = luis.get(f"/api/v1/bases/{base.pk}/members/?state=retry&state=closed").json()["results"]
    assert {row["state"] for row in several} == {"retry", "closed"}


@pytest.mark.shows("S06")
def test_a_question_that_is_not_understood_is_refused_over_rest_and_passed_over_on_the_page(cast: Cast) -> None:
    base = base_of(cast, 1)
    client = sit(cast.luis)
    for asked in (
        "state=password",
        "user=-1",
        "user=1e9",
        "attempts_above=99999999",
        "contacted_from=2026-02-31",
        "cursor=x",
    ):
        answer = client.get(f"/api/v1/bases/{base.pk}/members/?{asked}")
        assert (asked, answer.status_code) == (asked, 400)
        assert asked.partition("=")[0] in answer.json()["error"]["fields"]
        assert client.get(f"{reverse('base', args=[base.pk])}?{asked}&order=-reserved_by__password").status_code == 200


def test_members_are_read_page_by_page_both_ways(cast: Cast) -> None:
    base = base_of(cast, 120)
    client, seen, address = sit(cast.luis), [], reverse("base", args=[base.pk])
    url = address
    while True:
        page = client.get(url).context["page"]
        seen += [row["id"] for row in page.rows]
        if not page.next_url:
            break
        url = address + page.next_url
    assert seen == list(BaseMember.objects.filter(base=base).order_by("pk").values_list("pk", flat=True))
    back = client.get(address + page.previous_url).context["page"]
    assert [row["id"] for row in back.rows] == seen[50:100]
    rest, cursor = [], ""
    while cursor is not None:
        answer = client.get(f"/api/v1/bases/{base.pk}/members/?cursor={cursor}").json()
        rest += [row["id"] for row in answer["results"]]
        cursor = answer["next"]
    assert rest == seen


def test_a_page_asks_as_much_of_the_database_for_many_as_for_few(cast: Cast) -> None:
    few, many = base_of(cast, 2), base_of(cast, 40)
    count_everything_touched()
    client, asked = sit(cast.luis), []
    for base in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("base", args=[base.pk])).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert asked[0] <= 26

"""How often each outcome was used, as the tree's page says it: of the conversations its reader sees."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from tests.factories import Cast, leaf, permission
from tests.inbox.test_closing import answered_conversation, close
from tests.security.world import signed_in

pytestmark = pytest.mark.django_db


def uses(user: User) -> dict[str, int]:
    counted: dict[str, int] = signed_in(user).get(reverse("typification-uses")).json()["uses"]
    return counted


def test_uses_are_counted_over_what_the_reader_sees(cast: Cast) -> None:
    used = leaf()
    for user in (cast.luis, cast.eva):
        user.user_permissions.add(permission("manage_typifications"))
    close(answered_conversation(cast), cast.ana, used.name)
    assert [uses(each) for each in (cast.admin, cast.luis, cast.eva)] == [{str(used.pk): 1}, {str(used.pk): 1}, {}]
    # Kept for a while for whoever sees everything; another's count is not theirs.
    assert uses(cast.luis) == {str(used.pk): 1}
    assert uses(cast.eva) == {}

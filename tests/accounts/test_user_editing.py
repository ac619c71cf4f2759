"""Users are edited, let in again, and listed."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.actions import create_user
from accounts.actions.profiles import Profile, edit_user
from accounts.events import AccessRevoked, MembershipChanged
from accounts.models import ApiToken, Team, User
from core.models import JournalEntry, JournalValue
from core.versions import Stale
from tests.accounts.test_users import Browse, profile_page, role
from tests.factories import Cast
from tests.witness import announced, refused

# ── Editing


@pytest.mark.shows("S12")
def test_another_role_ends_the_sessions_and_another_team_makes_sockets_look_again(cast: Cast) -> None:
    own = vars(Profile.of(cast.ana))
    with announced() as facts:
        edit_user(cast.ana.pk, profile=Profile(**(own | {"roles": frozenset({role("supervisor").pk})})), by=cast.admin)
    assert facts == [AccessRevoked(user_id=cast.ana.pk)]
    own = vars(Profile.of(cast.ana))
    with announced() as facts:
        edit_user(cast.ana.pk, profile=Profile(**(own | {"teams": {}})), by=cast.admin)
    assert facts == [MembershipChanged(user_id=cast.ana.pk)]
    with announced() as facts:
        edit_user(cast.ana.pk, profile=Profile.of(User.objects.get(pk=cast.ana.pk)), by=cast.admin)
    assert facts == []


def test_two_editors_do_not_overwrite_each_other(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("user", args=[cast.ana.pk])
    mine, theirs = profile_page(cast, cast.ana, last_name="Mía"), profile_page(cast, cast.ana, email="suya@example.com")
    assert client.post(path, theirs).status_code == 302
    answer = client.post(path, mine)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "suya@example.com" in text
    assert 'value="Mía"' in text
    assert User.objects.get(pk=cast.ana.pk).last_name == "Gómez"
    version = re.search(r'name="version" value="(\w+)"', text)
    assert version is not None
    assert client.post(path, mine | {"version": version.group(1)}).status_code == 302
    assert User.objects.get(pk=cast.ana.pk).last_name == "Mía"
    with refused(Stale):
        edit_user(
            cast.ana.pk,
            profile=Profile(first_name="x", roles=frozenset({role("agent").pk})),
            by=cast.admin,
            version="x",
        )


def test_the_journal_keeps_what_changed_and_names_apart(cast: Cast) -> None:
    own = vars(Profile.of(cast.ana))
    edit_user(cast.ana.pk, profile=Profile(**(own | {"email": "ana@example.com", "may_export": True})), by=cast.admin)
    entry = JournalEntry.objects.get(verb="user_edited")
    assert entry.details == {"before": {"may_export": False}, "after": {"may_export": True}}
    assert set(JournalValue.objects.filter(entry=entry).values_list("name", "value")) == {
        ("email.before", ""),
        ("email.after", "ana@example.com"),
    }


# ── Ways in


@pytest.mark.shows("S12")
def test_a_deactivated_user_is_out_at_once_and_comes_back_as_they_were(cast: Cast, browse: Browse) -> None:
    ana, admin = browse(cast.ana), browse(cast.admin)
    assert ana.get("/api/v1/me/").status_code == 200
    answer = admin.post(reverse("user-deactivate", args=[cast.ana.pk]), follow=True)
    assert ana.get("/api/v1/me/").status_code == 401
    assert reverse("user-reactivate", args=[cast.ana.pk]) in answer.content.decode()
    admin.post(reverse("user-deactivate", args=[cast.ana.pk]))
    assert JournalEntry.objects.filter(verb="user_deactivated").count() == 1
    admin.post(reverse("user-reactivate", args=[cast.ana.pk]))
    again = User.objects.get(pk=cast.ana.pk)
    assert again.is_active
    assert again.groups.get().name == "agent"


@pytest.mark.shows("S12")
def test_ended_sessions_are_out_and_a_lost_second_factor_goes(cast: Cast, browse: Browse) -> None:
    ana, admin = browse(cast.ana), browse(cast.admin)
    Authenticator.objects.create(user=cast.ana, type="totp", data={})
    with announced() as facts:
        admin.post(reverse("user-end-sessions", args=[cast.ana.pk]))
    assert AccessRevoked(user_id=cast.ana.pk) in facts
    assert ana.get("/api/v1/me/").status_code == 401
    admin.post(reverse("user-reset-factor", args=[cast.ana.pk]))
    assert not Authenticator.objects.filter(user=cast.ana).exists()
    assert JournalEntry.objects.filter(verb="second_factor_reset").count() == 1


@pytest.mark.shows("S21")
def test_a_token_is_shown_once_works_and_is_revoked(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("user-security", args=[cast.ana.pk])
    asked = {"name": "Informes", "client_id": str(uuid.uuid4())}
    answer = client.post(path, asked)
    shown = re.search(r'<code id="shown-once">([^<]+)</code>', answer.content.decode())
    assert shown is not None
    program = Client(headers={"Authorization": f"Token {shown.group(1)}"})
    assert program.get("/api/v1/me/").json()["id"] == cast.ana.pk
    again = client.post(path, asked)
    assert again.status_code == 400
    assert ApiToken.objects.count() == 1
    assert shown.group(1) not in client.get(path).content.decode()
    client.post(reverse("user-token-revoke", args=[cast.ana.pk, ApiToken.objects.get().pk]))
    assert program.get("/api/v1/me/").status_code == 401
    assert client.post(reverse("user-token-revoke", args=[cast.eva.pk, ApiToken.objects.get().pk])).status_code == 404


# ── The list


def test_the_list_finds_narrows_and_asks_the_database_as_often_for_many(
    cast: Cast, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    client = browse(cast.admin)
    client.get(reverse("users"))
    for number in range(60):
        create_user(f"agente{number:02}", role="agent", password=None, teams=[cast.team], first_name="Ágata")
    with django_assert_max_num_queries(12):
        page = client.get(reverse("users"), {"q": "agata", "team": cast.team.pk}).context["page"]
    assert len(page.rows) == 50
    assert page.count == 60
    assert page.next_url
    assert [row.username for row in client.get(reverse("users"), {"q": "gomez"}).context["page"].rows] == ["ana"]
    assert client.get(reverse("users"), {"role": role("supervisor").pk}).context["page"].count == 1
    empty = client.get(reverse("users"), {"q": "nadie se llama así"}).content.decode()
    assert "Sin resultados" in empty


def test_a_team_that_is_not_there_is_as_if_not_said(cast: Cast, browse: Browse) -> None:
    Team.objects.all()
    assert browse(cast.admin).get(reverse("users"), {"team": "0 OR 1=1", "state": "x"}).context["page"].count == 4

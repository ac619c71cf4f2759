"""Users are managed by whoever may, and nobody reaches beyond their own rights (S08, S12)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.actions import create_user
from accounts.actions.access import make_token
from accounts.actions.profiles import Profile, add_user, edit_user, switch_user_off
from accounts.actions.rights import LastAdministrator
from accounts.models import ApiToken, User
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from tests.accounts.conftest import fields
from tests.concurrency import together
from tests.factories import PASSWORD, Cast
from tests.witness import refused

Browse = Callable[[User], Client]
Give = Callable[..., User]


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "username": "nora",
        "first_name": "Nora",
        "last_name": "Vega",
        "email": "nora@example.com",
        "way": "invitation",
        "language": "es",
        "time_zone": "America/Asuncion",
        "roles": [role("agent").pk],
        "teams": [cast.team.pk],
        "capacity": "7",
        "may_log_out_with_active": "on",
    } | changes


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def profile_page(cast: Cast, user: User, **changes: Any) -> dict[str, Any]:
    """What the user's page would send back unchanged, but for the changes."""
    profile = Profile.of(user)
    return {
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "email": profile.email,
        "language": profile.language,
        "time_zone": profile.time_zone,
        "roles": sorted(profile.roles),
        "teams": sorted(profile.teams),
        "supervised": [team for team, supervises in profile.teams.items() if supervises],
        "capacity": user.capacity_for("whatsapp"),
        "may_log_out_with_active": "on",
        "version": profile.version,
    } | changes


# ── Making one


def test_an_invited_user_chooses_a_password_by_the_link_and_signs_in(cast: Cast, browse: Browse) -> None:
    answer = browse(cast.admin).post(reverse("user-new"), typed(cast))
    assert answer.status_code == 302
    nora = User.objects.get(username="nora")
    assert not nora.has_usable_password()
    assert nora.capacity_for("whatsapp") == 7
    assert [team.name for team in nora.teams.all()] == ["Ventas"]
    (letter,) = mail.outbox
    assert letter.to == ["nora@example.com"]
    assert "nora" in letter.body
    link = re.search(r"https?://\S+", letter.body)
    assert link is not None
    client = Client()
    form = client.get(link.group(), follow=True)
    path = form.request["PATH_INFO"]
    client.post(path, {"password1": "una-clave-nueva-y-larga", "password2": "una-clave-nueva-y-larga"})
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": "nora", "password": "una-clave-nueva-y-larga"})
    assert fresh.get("/api/v1/me/").status_code == 200
    assert (
        JournalEntry.objects.filter(verb="user_invited", subject_id=str(nora.pk), actor_id=cast.admin.pk).count() == 1
    )


def test_a_first_password_is_shown_once_and_kept_nowhere(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    answer = client.post(reverse("user-new"), typed(cast, way="password", email=""))
    shown = re.search(r'<code id="shown-once">([^<]+)</code>', answer.content.decode())
    assert shown is not None
    assert "no-store" in answer["Cache-Control"]
    assert shown.group(1) not in client.get(reverse("users")).content.decode()
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": "nora", "password": shown.group(1)})
    assert fresh.get("/api/v1/me/").status_code == 200


def test_a_mail_that_cannot_leave_is_said_and_the_user_is_there(
    cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_options: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", away)
    client = browse(cast.admin)
    answer = client.post(reverse("user-new"), typed(cast), follow=True)
    assert "no se pudo enviar" in answer.content.decode()
    assert User.objects.filter(username="nora").exists()
    assert not JournalEntry.objects.filter(verb="user_invited").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "con espacios"}, "username"),
        ({"username": "ANA"}, "username"),
        ({"email": "no es"}, "email"),
        ({"email": ""}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": [987654]}, "roles"),
        ({"teams": ["x"]}, "teams"),
        ({"capacity": "muchas"}, "capacity"),
        ({"capacity": "-1"}, "capacity"),
        ({"time_zone": "Marte/Olympus"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"first_name": "x" * 151}, "first_name"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_rest_is_kept(
    cast: Cast, browse: Browse, wrong: dict[str, Any], field: str
) -> None:
    before = User.objects.count()
    answer = browse(cast.admin).post(reverse("user-new"), typed(cast, **wrong))
    assert answer.status_code == 400
    assert list(fields(answer)) == [field]
    assert User.objects.count() == before
    if "first_name" not in wrong:
        assert 'value="Nora"' in answer.content.decode()


def test_the_same_form_twice_makes_one_user(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    assert client.post(reverse("user-new"), typed(cast)).status_code == 302
    assert list(fields(client.post(reverse("user-new"), typed(cast, email="otra@example.com")))) == ["username"]
    assert User.objects.filter(username="nora").count() == 1


@pytest.mark.shows("S08")
def test_fields_the_page_does_not_have_change_nothing(cast: Cast, browse: Browse) -> None:
    more = {"is_superuser": "on", "is_staff": "on", "session_epoch": "7", "user_permissions": ["1"], "password": "x"}
    browse(cast.admin).post(reverse("user-new"), typed(cast) | more)
    nora = User.objects.get(username="nora")
    assert (nora.is_superuser, nora.is_staff, nora.session_epoch) == (False, False, 0)
    assert not nora.user_permissions.exists()
    assert not nora.has_usable_password()


# ── Reach


@pytest.mark.shows("S08")
def test_nobody_gives_a_role_beyond_their_own_rights(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_users")
    answer = browse(luis).post(reverse("user-new"), typed(cast, roles=[role("admin").pk]))
    assert list(fields(answer)) == ["roles"]
    with refused(Invalid):
        add_user(
            "nora",
            profile=Profile(first_name="N", roles=frozenset({role("admin").pk}), teams={cast.team.pk: False}),
            by=luis,
        )
    # Nor to themselves.
    own = Profile.of(luis)
    with refused(Invalid):
        edit_user(luis.pk, profile=Profile(**(vars(own) | {"roles": own.roles | {role("admin").pk}})), by=luis)
    assert browse(luis).post(reverse("user-new"), typed(cast)).status_code == 302


@pytest.mark.shows("S08")
def test_nobody_touches_somebody_with_more_rights(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_users")
    cast.team.memberships.create(user=cast.admin)
    profile = Profile.of(cast.admin)
    with refused(NotAllowed):
        edit_user(cast.admin.pk, profile=Profile(**(vars(profile) | {"email": "mine@example.com"})), by=luis)
    with refused(NotAllowed):
        switch_user_off(cast.admin.pk, by=luis)
    client = browse(luis)
    for name in ("user-end-sessions", "user-reset-factor", "user-deactivate"):
        client.post(reverse(name, args=[cast.admin.pk]))
    client.post(reverse("user-security", args=[cast.admin.pk]), {"name": "x", "client_id": uuid.uuid4()})
    admin = User.objects.get(pk=cast.admin.pk)
    assert (admin.is_active, admin.session_epoch, admin.email) == (True, 0, "")
    assert not ApiToken.objects.filter(user=admin).exists()
    page = client.get(reverse("user-security", args=[cast.admin.pk])).content.decode()
    assert page.count('aria-disabled="true"') >= 3


@pytest.mark.shows("S05", "S08")
@pytest.mark.parametrize("supervises", [False, True])
def test_nobody_becomes_somebody_who_sees_another_team(cast: Cast, with_rights: Give, supervises: bool) -> None:
    luis = with_rights(cast.luis, "manage_users")
    if supervises:
        cast.team.memberships.filter(user=luis).update(is_supervisor=False)
        cast.team.memberships.filter(user=cast.ana).update(is_supervisor=True)
    else:
        cast.other_team.memberships.create(user=cast.ana)
    before = Profile.of(cast.ana)
    with refused(NotAllowed):
        make_token(cast.ana.pk, name="x", client_id=uuid.uuid4(), by=luis)
    with refused(NotAllowed):
        edit_user(cast.ana.pk, profile=replace(before, email="mine@example.com"), by=luis)
    assert not ApiToken.objects.exists()
    edit_user(cast.ana.pk, profile=replace(before, first_name="Anita"), by=luis)
    edit_user(cast.ana.pk, profile=replace(before, email="hers@example.com"), by=cast.admin)
    assert User.objects.get(pk=cast.ana.pk).email == "hers@example.com"


@pytest.mark.shows("S01", "S05")
def test_another_teams_user_does_not_exist_for_whom_sees_their_own_teams(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    luis = with_rights(cast.luis, "manage_users")
    client = browse(luis)
    listed = client.get(reverse("users")).content.decode()
    assert "Ana Gómez" in listed
    assert "Eva Núñez" not in listed
    assert "Soporte" not in listed
    for name in ("user", "user-security"):
        assert client.get(reverse(name, args=[cast.eva.pk])).status_code == 404
    for name in ("user", "user-deactivate", "user-end-sessions", "user-reset-factor", "user-reactivate", "user-invite"):
        assert client.post(reverse(name, args=[cast.eva.pk]), {}).status_code == 404
    with refused(NotFound):
        switch_user_off(cast.eva.pk, by=luis)
    answer = client.post(reverse("user-new"), typed(cast, teams=[cast.other_team.pk]))
    assert list(fields(answer)) == ["teams"]
    answer = client.post(reverse("user-new"), typed(cast, teams=[]))
    assert list(fields(answer)) == ["teams"]


@pytest.mark.shows("S15")
def test_an_address_that_was_replaced_gets_no_link_for_a_password(cast: Cast) -> None:
    User.objects.filter(pk=cast.ana.pk).update(email="old@example.com")
    EmailAddress.objects.create(user=cast.ana, email="old@example.com", verified=True, primary=True)
    before = Profile.of(User.objects.get(pk=cast.ana.pk))
    edit_user(cast.ana.pk, profile=replace(before, email="new@example.com"), by=cast.admin)
    for address in ("old@example.com", "new@example.com"):
        Client().post(reverse("account_reset_password"), {"email": address})
    links = {message.to[0] for message in mail.outbox if "/password/reset/key/" in message.body}
    assert links == {"new@example.com"}


@pytest.mark.shows("S08")
def test_exporting_is_given_only_by_whom_may(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_users")
    answer = browse(luis).post(reverse("user", args=[cast.ana.pk]), profile_page(cast, cast.ana, may_export="on"))
    assert list(fields(answer)) == ["may_export"]
    browse(cast.admin).post(reverse("user", args=[cast.ana.pk]), profile_page(cast, cast.ana, may_export="on"))
    assert User.objects.get(pk=cast.ana.pk).may_export


def test_the_last_administrator_stays(cast: Cast, browse: Browse) -> None:
    own = Profile.of(cast.admin)
    with refused(LastAdministrator):
        edit_user(
            cast.admin.pk, profile=Profile(**(vars(own) | {"roles": frozenset({role("agent").pk})})), by=cast.admin
        )
    with refused(Invalid):
        switch_user_off(cast.admin.pk, by=cast.admin)
    other = create_user("otra", role="admin", password=PASSWORD)
    switch_user_off(other.pk, by=cast.admin)
    with refused(LastAdministrator):
        switch_user_off(cast.admin.pk, by=None)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one(committed_cast: Cast) -> None:
    other = create_user("otra", role="admin", password=PASSWORD)
    agents = frozenset({role("agent").pk})

    def demote(user: User, by: User) -> None:
        edit_user(user.pk, profile=Profile(**(vars(Profile.of(user)) | {"roles": agents})), by=by)

    together([lambda: demote(other, committed_cast.admin), lambda: demote(committed_cast.admin, other)])
    assert User.objects.filter(is_active=True, groups__name="admin").count() == 1

"""Teams, roles and auxiliaries: the grid of rights, who may change it, and what people on their desks notice (S04, S08, 000-01)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.actions import roles, seed_roles_and_aux_states, switch_aux_state
from accounts.actions.aux_states import AuxSheet, StillNeeded, archive_aux_state, edit_aux_state, order_aux_states
from accounts.actions.rights import LastAdministrator
from accounts.actions.roles import (
    RoleInUse,
    create_role,
    delete_role,
    grid_version,
    rename_role,
    set_grid,
    stored_grid,
)
from accounts.actions.team_setup import TeamSheet, edit_team
from accounts.events import MembershipChanged
from accounts.models import AuxState, Team, TeamMember, User
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from core.versions import Stale
from tests.accounts.conftest import fields
from tests.concurrency import together
from tests.factories import Cast
from tests.witness import announced, refused

Browse = Callable[[User], Client]
Give = Callable[..., User]


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def boxes(grid: dict[int, set[str]]) -> dict[str, Any]:
    return {
        "right": [f"{pk}:{right}" for pk, rights in grid.items() for right in rights],
        "version": grid_version(stored_grid()),
    }


def with_right(grid: dict[int, set[str]], name: str, right: str) -> dict[int, set[str]]:
    pk = role(name).pk
    return grid | {pk: grid[pk] | {right}}


# ── The grid


@pytest.mark.shows("S04")
def test_a_right_given_in_the_grid_is_held_at_once_and_open_sockets_look_again(cast: Cast, browse: Browse) -> None:
    client, ana = browse(cast.admin), browse(cast.ana)
    assert ana.get(reverse("teams")).status_code == 403
    with announced() as facts:
        answer = client.post(reverse("roles"), boxes(with_right(stored_grid(), "agent", "accounts.manage_teams")))
    assert answer.status_code == 302
    assert {MembershipChanged(user_id=cast.ana.pk), MembershipChanged(user_id=cast.eva.pk)} == set(facts)
    assert ana.get(reverse("teams")).status_code == 200
    entry = JournalEntry.objects.get(verb="role_edited")
    assert entry.details == {"role": "agent", "given": ["accounts.manage_teams"], "taken": []}
    # The same boxes again: nothing more.
    client.post(reverse("roles"), boxes(stored_grid()))
    assert JournalEntry.objects.filter(verb="role_edited").count() == 1


def test_what_was_taken_away_does_not_come_back_with_the_next_start(cast: Cast) -> None:
    grid = stored_grid()
    grid[role("supervisor").pk] -= {"accounts.see_numbers"}
    set_grid(grid, by=cast.admin)
    seed_roles_and_aux_states()
    assert "accounts.see_numbers" not in stored_grid()[role("supervisor").pk]


@pytest.mark.shows("S08")
def test_nobody_gives_or_takes_a_right_they_do_not_have(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_roles")
    before = stored_grid()
    answer = browse(luis).post(reverse("roles"), boxes(with_right(before, "agent", "accounts.see_all_teams")))
    assert answer.status_code == 400
    # Their page sends no box they may not touch: what others have of those stays.
    answer = browse(luis).post(
        reverse("roles"), boxes({pk: {each for each in rights if luis.has_perm(each)} for pk, rights in before.items()})
    )
    assert answer.status_code == 302
    assert stored_grid() == before
    with refused(Invalid):
        set_grid(with_right(before, "agent", "accounts.see_all_teams"), by=luis)
    with refused(Invalid):
        set_grid(with_right(before, "agent", "auth.add_permission"), by=cast.admin)
    page = browse(luis).get(reverse("roles")).content.decode()
    assert f'value="{role("agent").pk}:accounts.see_all_teams"' not in page
    assert f'value="{role("agent").pk}:accounts.see_numbers"' in page


def test_two_who_edit_the_grid_do_not_overwrite_each_other(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    mine = boxes(with_right(stored_grid(), "agent", "accounts.manage_teams"))
    client.post(reverse("roles"), boxes(with_right(stored_grid(), "supervisor", "accounts.manage_users")))
    assert client.post(reverse("roles"), mine).status_code == 400
    assert "accounts.manage_users" in stored_grid()[role("supervisor").pk]
    with refused(Stale):
        set_grid(stored_grid(), by=cast.admin, version="x")


def test_nobody_takes_the_last_keys(cast: Cast) -> None:
    grid = stored_grid()
    grid[role("admin").pk] -= {"accounts.manage_roles"}
    with refused(LastAdministrator):
        set_grid(grid, by=cast.admin)


@pytest.mark.shows("S08")
def test_a_role_of_ones_own_begins_with_what_its_maker_has_and_is_deleted_when_free(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    luis = with_rights(cast.luis, "manage_roles")
    answer = browse(luis).post(reverse("role-new"), {"new-name": "Calidad", "new-like": role("admin").pk})
    assert answer.status_code == 302
    made = role("Calidad")
    rights = stored_grid()[made.pk]
    assert "accounts.see_numbers" in rights
    assert "accounts.see_all_teams" not in rights
    assert browse(luis).post(reverse("role-new"), {"new-name": "calidad"}).status_code == 400
    assert browse(luis).post(reverse("role-new"), {"new-name": ""}).status_code == 400
    cast.eva.groups.add(made)
    with refused(RoleInUse):
        delete_role(made.pk, by=luis)
    cast.eva.groups.remove(made)
    renamed = browse(luis).post(reverse("role-rename", args=[made.pk]), {f"role-{made.pk}-name": "Control"})
    assert renamed.status_code == 302
    assert role("Control").pk == made.pk
    browse(luis).post(reverse("role-delete", args=[made.pk]))
    assert not Group.objects.filter(pk=made.pk).exists()
    with refused(RoleInUse):
        delete_role(role("agent").pk, by=cast.admin)


def test_a_name_that_is_refused_is_not_lost(cast: Cast, browse: Browse) -> None:
    """It stands in the dialog it was typed into, which opens again, with the reason beside it."""
    made = create_role("Calidad", like=None, by=cast.admin)
    admin, field = browse(cast.admin), f"role-{made.pk}-name"
    create_role("Cobranzas", like=None, by=cast.admin)
    for name in ("cobranzas", "C" * 200):
        answer = admin.post(reverse("role-rename", args=[made.pk]), {field: name})
        page = answer.content.decode()
        assert answer.status_code == 400
        assert f'id="role-{made.pk}" aria-labelledby="role-{made.pk}-title" data-refused' in page
        assert f'value="{name}"' in page
        assert 'aria-invalid="true"' in page
        assert page.count("data-refused") == 1
    assert role("Calidad").pk == made.pk
    page = admin.post(reverse("role-new"), {"new-name": "cobranzas"}).content.decode()
    assert 'id="new-role" aria-labelledby="new-role-title" data-refused' in page
    assert 'value="cobranzas"' in page
    built_in = admin.post(reverse("role-rename", args=[role("agent").pk]), {f"role-{role('agent').pk}-name": "Otro"})
    assert built_in.status_code == 400
    assert role("agent")
    assert admin.post(reverse("role-rename", args=[0]), {"role-0-name": "Otro"}).status_code == 404
    # Its own name is nobody else's: written in other letters it is no second one.
    assert admin.post(reverse("role-rename", args=[made.pk]), {field: "CALIDAD"}).status_code == 302
    assert role("CALIDAD").pk == made.pk


# ── Teams


def test_a_team_is_made_changed_archived_and_brought_back(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    said = {"name": "Cobranzas", "members": [cast.ana.pk], "supervisors": [cast.luis.pk]}
    assert client.post(reverse("team-new"), said).status_code == 302
    team = Team.objects.get(name="Cobranzas")
    assert dict(team.memberships.values_list("user_id", "is_supervisor")) == {cast.ana.pk: False, cast.luis.pk: True}
    version = TeamSheet.of(team).version
    path = reverse("team", args=[team.pk])
    with announced() as facts:
        client.post(path, {"name": "Cobros", "supervisors": [cast.luis.pk], "version": version})
    assert facts == [MembershipChanged(user_id=cast.ana.pk)]
    answer = client.post(path, {"name": "Otra", "version": version})
    assert answer.status_code == 400
    assert "Cobros" in answer.content.decode()
    answer = client.post(reverse("team-archive", args=[team.pk]), follow=True)
    assert reverse("team-restore", args=[team.pk]) in answer.content.decode()
    assert "Cobros" not in [row.name for row in answer.context["page"].rows]
    client.post(reverse("team-archive", args=[team.pk]))
    assert JournalEntry.objects.filter(verb="team_archived").count() == 1
    client.post(reverse("team-restore", args=[team.pk]))
    assert not Team.objects.get(pk=team.pk).archived


@pytest.mark.parametrize(
    ("wrong", "field"), [({"name": ""}, "name"), ({"name": "VENTAS"}, "name"), ({"members": ["x"]}, "members")]
)
def test_a_wrong_team_is_told_at_its_field(cast: Cast, browse: Browse, wrong: dict[str, Any], field: str) -> None:
    answer = browse(cast.admin).post(reverse("team-new"), {"name": "Cobranzas"} | wrong)
    assert list(fields(answer)) == [field]
    assert Team.objects.count() == 2


@pytest.mark.shows("S08")
def test_who_only_belongs_to_a_team_makes_no_supervisor_of_it(cast: Cast, browse: Browse, with_rights: Give) -> None:
    cast.team.memberships.filter(user=cast.luis).update(is_supervisor=False)
    luis = with_rights(cast.luis, "manage_teams")
    path = reverse("team", args=[cast.team.pk])
    said = {
        "name": "Ventas",
        "members": [cast.ana.pk],
        "supervisors": [luis.pk],
        "version": TeamSheet.of(cast.team).version,
    }
    assert list(fields(browse(luis).post(path, said))) == ["supervisors"]
    assert not cast.team.memberships.filter(is_supervisor=True).exists()
    assert browse(cast.admin).post(path, said).status_code == 302
    assert cast.team.memberships.get(user=luis).is_supervisor


@pytest.mark.shows("S01")
def test_another_team_does_not_exist_for_whom_sees_their_own(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_teams")
    client = browse(luis)
    assert "Soporte" not in client.get(reverse("teams")).content.decode()
    for name in ("team", "team-archive", "team-restore"):
        assert client.post(reverse(name, args=[cast.other_team.pk]), {"name": "x"}).status_code == 404
    with refused(NotFound):
        edit_team(cast.other_team.pk, sheet=TeamSheet(name="x"), by=luis)
    with refused(Invalid):
        edit_team(
            cast.team.pk,
            sheet=TeamSheet(name="Ventas", members={cast.eva.pk: False, cast.ana.pk: False, cast.luis.pk: True}),
            by=luis,
        )
    client.post(reverse("team-new"), {"name": "Nuestra"})
    assert TeamMember.objects.get(team__name="Nuestra").user == luis


def test_the_list_of_teams_asks_as_often_for_many(
    cast: Cast, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    client = browse(cast.admin)
    client.get(reverse("teams"))
    for number in range(55):
        TeamMember.objects.create(team=Team.objects.create(name=f"Equipo {number}"), user=cast.luis, is_supervisor=True)
    with django_assert_max_num_queries(9):
        page = client.get(reverse("teams")).context["page"]
    assert (len(page.rows), page.count) == (50, 57)


# ── Auxiliaries


def aux(code: str) -> AuxState:
    return AuxState.objects.get(code=code)


@pytest.mark.shows("000-01")
def test_an_auxiliary_is_made_ordered_archived_and_no_longer_offered(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    said = {"name": "Almuerzo", "color": "ochre", "icon": "utensils", "routing": "not_ready", "max_minutes": "45"}
    assert client.post(reverse("aux-state-new"), said).status_code == 302
    made = aux("almuerzo")
    assert (made.max_minutes, made.productive, made.accepts_new) == (45, False, False)
    client.post(reverse("aux-state-order"), {"order": "", "step": f"up:{made.pk}"})
    live = list(AuxState.objects.live())
    assert live.index(made) == len(live) - 2
    order_aux_states([made.pk], by=cast.admin)
    assert AuxState.objects.live().first() == made
    ana = browse(cast.ana)
    offered = {each["id"] for each in ana.get("/api/v1/aux-states/").json()["results"]}
    assert made.pk in offered
    client.post(reverse("aux-state-archive", args=[made.pk]))
    assert made.pk not in {each["id"] for each in ana.get("/api/v1/aux-states/").json()["results"]}
    answer = ana.put("/api/v1/me/aux-state/", {"aux_state": made.pk}, content_type="application/json")
    assert answer.status_code in (400, 404)
    client.post(reverse("aux-state-restore", args=[made.pk]))
    assert not aux("almuerzo").archived


def test_where_everybody_begins_and_where_somebody_stands_is_not_archived(cast: Cast) -> None:
    initial = AuxState.objects.get(is_initial=True)
    with refused(StillNeeded):
        archive_aux_state(initial.pk, by=cast.admin)
    with refused(StillNeeded):
        edit_aux_state(
            initial.pk, sheet=AuxSheet(**(vars(AuxSheet.of(initial)) | {"is_initial": False})), by=cast.admin
        )
    switch_aux_state(cast.ana, aux("meeting"))
    with refused(StillNeeded):
        archive_aux_state(aux("meeting").pk, by=cast.admin)
    other = aux("mixed")
    edit_aux_state(other.pk, sheet=AuxSheet(**(vars(AuxSheet.of(other)) | {"is_initial": True})), by=cast.admin)
    assert AuxState.objects.get(is_initial=True) == other


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "reunión"}, "name"),
        ({"name": ""}, "name"),
        ({"color": "magenta"}, "color"),
        ({"icon": "skull"}, "icon"),
        ({"max_minutes": "0"}, "max_minutes"),
        ({"routing": "ready"}, "accepts_new"),
        ({"accepts_new": "on"}, "routing"),
    ],
)
def test_a_wrong_auxiliary_is_told_at_its_field(cast: Cast, browse: Browse, wrong: dict[str, Any], field: str) -> None:
    said = {"name": "Almuerzo", "color": "ochre", "icon": "utensils", "routing": "not_ready"}
    before = AuxState.objects.count()
    answer = browse(cast.admin).post(reverse("aux-state-new"), said | wrong)
    assert list(fields(answer)) == [field]
    assert AuxState.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_two_renames_to_one_name_at_once_leave_one_and_tell_the_other(committed_cast: Cast) -> None:
    admin = committed_cast.admin
    for turn in range(5):
        first = create_role(f"Primero {turn}", like=None, by=admin)
        second = create_role(f"Segundo {turn}", like=None, by=admin)
        renames = [partial(rename_role, each.pk, name=f"Turno {turn}", by=admin) for each in (first, second)]
        outcomes = together(renames)
        assert [type(each) for each in outcomes if isinstance(each, BaseException)] == [Invalid]
        assert Group.objects.filter(name=f"Turno {turn}").count() == 1
        assert JournalEntry.objects.filter(verb="role_renamed").count() == turn + 1


@pytest.mark.django_db(transaction=True)
def test_a_rename_that_the_constraint_refuses_is_a_refusal_at_the_name(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race, with the look before the write made blind: only the constraint is left to say no."""
    admin = committed_cast.admin
    create_role("Tomado", like=None, by=admin)
    mine = create_role("Mío", like=None, by=admin)
    monkeypatch.setattr(roles, "free_name", lambda name, **_asked: name)
    with pytest.raises(Invalid) as refusal:
        rename_role(mine.pk, name="Tomado", by=admin)
    assert list(refusal.value.fields) == ["name"]
    assert Group.objects.get(pk=mine.pk).name == "Mío"

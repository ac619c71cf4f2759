"""Clients, projects and campaigns on the back office's pages, and the journal that tells of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions import switch_aux_state
from accounts.actions.profiles import Profile, edit_user
from accounts.models import AuxState, User
from campaigns.actions.campaign_setup import (
    NotReady,
    Outcomes,
    change_campaign_state,
    set_agents,
    set_outcomes,
)
from campaigns.actions.portfolio import StillAtWork, archive_client
from campaigns.actions.serving import set_accounts
from campaigns.events import CampaignAgentsChanged
from campaigns.models import Campaign, Client, Project
from core.journal_words import journal_words
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from inbox.actions.distribution import assign_waiting
from tests import factories
from tests.accounts.conftest import fields
from tests.factories import Cast
from tests.witness import announced, refused
from typification.models import Typification

Browse = Callable[[User], Browser]
Give = Callable[..., User]


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Retención",
        "project": cast.campaign.project_id,
        "team": cast.team.pk,
        "kind": "inbound",
        "distribution": "manual",
        "reopen_within_h": "0",
        "history_hours": "",
        "ring_timeout_s": "30",
        "allow_external_resources": "on",
    } | changes


def version_at(client: Browser, path: str) -> str:
    return str(client.get(path).context["form"]["version"].value())


# ── Clients and projects


def test_a_client_and_its_projects_are_made_changed_and_archived(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    said = {
        "name": "Agua Clara",
        "sla_optimal": 2,
        "sla_low_s": 10,
        "max_history_conversations": 5,
        "max_inactivity": 0,
        "inactivity_attempts": 0,
    }
    client.post(reverse("client-new"), said)
    made = Client.objects.get(name="Agua Clara")
    assert (made.sla_optimal_s, made.sla_low_s) == (120, 600)
    client.post(reverse("project-new", args=[made.pk]), {"project-name": "Hogares"})
    project = Project.objects.get(client=made)
    answer = client.post(reverse("project-new", args=[made.pk]), {"project-name": "HOGARES"})
    assert answer.status_code == 400
    assert Project.objects.filter(client=made).count() == 1
    path = reverse("project", args=[project.pk])
    assert client.post(path, {"name": "Empresas"}).status_code == 400
    client.post(path, {"name": "Empresas", "version": version_at(client, path)})
    assert Project.objects.get(pk=project.pk).name == "Empresas"
    client.post(reverse("project-archive", args=[project.pk]))
    client.post(reverse("client-archive", args=[made.pk]))
    assert Client.objects.get(pk=made.pk).archived
    client.post(reverse("client-restore", args=[made.pk]))
    assert not Client.objects.get(pk=made.pk).archived
    with refused(StillAtWork):
        archive_client(cast.campaign.project.client_id, by=cast.admin)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "FIBRA SUR"}, "name"),
        ({"name": ""}, "name"),
        ({"sla_low_s": 1}, "sla_low_s"),
        ({"sla_optimal": "x"}, "sla_optimal"),
        ({"inactivity_attempts": 21}, "inactivity_attempts"),
    ],
)
def test_a_wrong_client_is_told_at_its_field(cast: Cast, browse: Browse, wrong: dict[str, Any], field: str) -> None:
    said = {
        "name": "Agua",
        "sla_optimal": 2,
        "sla_low_s": 10,
        "max_history_conversations": 5,
        "max_inactivity": 0,
        "inactivity_attempts": 0,
    }
    answer = browse(cast.admin).post(reverse("client-new"), said | wrong)
    assert list(fields(answer)) == [field]
    assert Client.objects.count() == 2


# ── Campaigns


def test_a_campaign_begins_as_a_draft_and_starts_with_its_agents(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    assert client.post(reverse("campaign-new"), typed(cast, history_hours="48")).status_code == 302
    made = Campaign.objects.get(name="Retención")
    assert (made.state, made.history_hours) == ("draft", 48)
    assert made.offered.filter(purpose="finish").exists()
    state = reverse("campaign-state", args=[made.pk])
    client.post(state, {"state": "active"})
    assert Campaign.objects.get(pk=made.pk).state == "draft"
    path = reverse("campaign-agents", args=[made.pk])
    said = {"agents": [cast.ana.pk], f"channels_{cast.ana.pk}": ["whatsapp"], "version": version_at(client, path)}
    with announced() as facts:
        client.post(path, said)
    assert facts == [CampaignAgentsChanged(campaign_id=made.pk, user_ids=(cast.ana.pk,))]
    assert made.memberships.get().channels == ["whatsapp"]
    client.post(state, {"state": "active"})
    client.post(state, {"state": "active"})
    assert Campaign.objects.get(pk=made.pk).state == "active"
    assert JournalEntry.objects.filter(verb="campaign_state_changed").count() == 1
    with refused(NotReady):
        change_campaign_state(made.pk, state="draft", by=cast.admin)
    with refused(NotReady):
        change_campaign_state(cast.campaign.pk, state="finished", by=cast.admin)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "altas"}, "name"),
        ({"project": "99999999"}, "project"),
        ({"team": "x"}, "team"),
        ({"kind": "magic"}, "kind"),
        ({"history_hours": "0"}, "history_hours"),
        ({"history_hours": "721"}, "history_hours"),
        ({"reopen_within_h": "-1"}, "reopen_within_h"),
    ],
)
def test_a_wrong_campaign_is_told_at_its_field(cast: Cast, browse: Browse, wrong: dict[str, Any], field: str) -> None:
    answer = browse(cast.admin).post(reverse("campaign-new"), typed(cast, **wrong))
    assert list(fields(answer)) == [field]
    assert Campaign.objects.count() == 2


def test_two_who_edit_a_campaign_do_not_overwrite_each_other(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign", args=[cast.campaign.pk])
    version = client.get(path).context["form"]["version"].value()
    base = typed(cast, name="Altas", version=version)
    assert client.post(path, base | {"history_hours": "24"}).status_code == 302
    answer = client.post(path, base | {"reopen_within_h": "12"})
    assert answer.status_code == 400
    assert "Otra persona cambió esto" in answer.content.decode()
    assert Campaign.objects.get(pk=cast.campaign.pk).reopen_within_h == 0


def test_a_paused_campaign_gives_nothing_out(cast: Cast) -> None:
    Campaign.objects.filter(pk=cast.campaign.pk).update(distribution="assign")
    switch_aux_state(cast.ana, AuxState.objects.get(code="social_new_and_active"))
    factories.be_here(cast.ana)
    waiting = factories.conversation(cast)
    change_campaign_state(cast.campaign.pk, state="paused", by=cast.admin)
    assert assign_waiting(waiting.pk) is None
    change_campaign_state(cast.campaign.pk, state="active", by=cast.admin)
    assert assign_waiting(waiting.pk) == cast.ana


def test_the_outcomes_offered_and_the_one_chosen_beforehand(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-outcomes", args=[cast.campaign.pk])
    version = client.get(path).context["form"]["version"].value()
    leaf = factories.leaf()
    said = {"offer_finish": [leaf.pk], "default_finish": leaf.pk, "version": version}
    assert client.post(path, said).status_code == 302
    assert list(cast.campaign.offered.values_list("typification_id", "purpose", "is_default")) == [
        (leaf.pk, "finish", True)
    ]
    assert client.post(path, said).status_code == 400
    other = Typification.objects.get(name="Reclamo")
    with refused(Invalid):
        set_outcomes(
            cast.campaign.pk,
            outcomes=Outcomes(offered={"finish": frozenset({leaf.pk})}, defaults={"finish": other.pk}),
            by=cast.admin,
        )
    with refused(Invalid):
        set_outcomes(cast.campaign.pk, outcomes=Outcomes(offered={"finish": frozenset({987654})}), by=cast.admin)


def test_an_account_whose_new_conversations_come_here_is_not_taken_away(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-accounts", args=[cast.campaign.pk])
    version = client.get(path).context["form"]["version"].value()
    assert list(fields(client.post(path, {"version": version}))) == ["accounts"]
    other = reverse("campaign-accounts", args=[cast.other_campaign.pk])
    assert client.post(other, {"accounts": [cast.account.pk], "version": version_at(client, other)}).status_code == 302
    assert cast.account in cast.other_campaign.accounts.all()
    assert client.post(other, {"version": version_at(client, other)}).status_code == 302
    assert not cast.other_campaign.accounts.exists()
    assert "simulated-token" not in client.get(path).content.decode()


@pytest.mark.shows("S01", "S05")
def test_another_teams_campaign_does_not_exist(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_campaigns")
    client = browse(luis)
    listed = client.get(reverse("campaigns")).content.decode()
    assert "Altas" in listed
    assert "Reclamos" not in listed
    for name in ("campaign", "campaign-agents", "campaign-accounts", "campaign-outcomes"):
        assert client.get(reverse(name, args=[cast.other_campaign.pk])).status_code == 404
        assert client.post(reverse(name, args=[cast.other_campaign.pk]), typed(cast)).status_code == 404
    assert client.post(reverse("campaign-state", args=[cast.other_campaign.pk]), {"state": "paused"}).status_code == 404
    with refused(NotFound):
        set_agents(cast.other_campaign.pk, agents={}, by=luis)
    with refused(Invalid):
        set_agents(cast.campaign.pk, agents={cast.ana.pk: (), cast.eva.pk: ()}, by=luis)
    answer = client.post(reverse("campaign-new"), typed(cast, team=cast.other_team.pk))
    assert list(fields(answer)) == ["team"]


@pytest.mark.shows("S01", "S02")
def test_another_teams_number_is_neither_shown_nor_taken(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_campaigns")
    theirs = factories.account_of(cast.other_campaign)
    client, path = browse(luis), reverse("campaign-accounts", args=[cast.campaign.pk])
    assert theirs.name not in client.get(path).content.decode()
    said = {"accounts": [cast.account.pk, theirs.pk], "version": version_at(client, path)}
    assert list(fields(client.post(path, said))) == ["accounts"]
    with refused(Invalid):
        set_accounts(cast.campaign.pk, account_ids=frozenset({cast.account.pk, theirs.pk}), by=luis)
    assert theirs not in cast.campaign.accounts.all()


def test_the_lists_ask_as_often_for_many(cast: Cast, browse: Browse, django_assert_max_num_queries: Any) -> None:
    client = browse(cast.admin)
    for name in ("campaigns", "clients"):
        client.get(reverse(name))
    for number in range(55):
        owner = Client.objects.create(name=f"Cliente {number}")
        project = Project.objects.create(client=owner, name="P")
        Campaign.objects.create(project=project, team=cast.team, name=f"Campaña {number}")
    for name, most in (("campaigns", 11), ("clients", 8)):
        with django_assert_max_num_queries(most):
            assert client.get(reverse(name)).context["page"].count == 57


# ── The journal


def test_the_journal_is_narrowed_paged_and_told_in_words(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    JournalEntry.objects.bulk_create(
        JournalEntry(
            actor_id=cast.ana.pk,
            actor_label="ana",
            verb="signed_in",
            subject_type="accounts.user",
            subject_id=str(cast.ana.pk),
        )
        for _number in range(120)
    )
    seen, url = [], "?actor=" + str(cast.ana.pk) + "&verb=signed_in"
    while url:
        page = client.get(reverse("journal") + url).context["page"]
        seen += [row.pk for row in page.rows]
        url = page.next_url
    assert len(seen) == len(set(seen)) == 120
    text = client.get(reverse("journal"), {"verb": "user_created"}).content.decode()
    assert "Creó un usuario" in text
    assert "Ana Gómez" in text
    assert client.get(reverse("journal"), {"until": "2001-01-01"}).context["page"].count == 0
    assert client.get(reverse("journal"), {"since": "mañana", "verb": "'; DROP"}).status_code == 200


@pytest.mark.shows("S01")
def test_whoever_sees_their_own_teams_reads_of_their_own_people(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "view_journalentry")
    for user in (cast.ana, cast.eva):
        switch_aux_state(user, AuxState.objects.get(code="meeting"))
    client = browse(luis)
    actors = {row.actor_label for row in client.get(reverse("journal")).context["page"].rows}
    assert "ana" in actors
    assert "eva" not in actors
    hers = JournalEntry.objects.filter(actor_label="eva").latest("id")
    assert client.get(reverse("journal-entry", args=[hers.pk])).status_code == 404
    mine = JournalEntry.objects.filter(actor_label="ana").latest("id")
    assert client.get(reverse("journal-entry", args=[mine.pk])).status_code == 200


@pytest.mark.shows("S05")
def test_an_entry_names_nobody_of_another_team(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "view_journalentry")
    cast.team.memberships.create(user=cast.admin, is_supervisor=False)
    for user in (cast.ana, cast.eva):
        profile = Profile.of(user)
        edit_user(
            user.pk,
            profile=replace(profile, email=f"{user.username}@example.com"),
            by=cast.admin,
            version=profile.version,
        )
    pages = {}
    for user in (cast.ana, cast.eva):
        entry = JournalEntry.objects.get(verb="user_edited", subject_id=str(user.pk))
        pages[user.username] = browse(luis).get(reverse("journal-entry", args=[entry.pk])).content.decode()
    assert "ana@example.com" in pages["ana"]
    assert "eva@example.com" not in pages["eva"]


@pytest.mark.shows("S06")
@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01"])
def test_the_ends_of_the_calendar_are_days_too(cast: Cast, browse: Browse, day: str) -> None:
    assert browse(cast.admin).get(reverse("journal"), {"since": "2020-01-01", "until": day}).status_code == 200
    assert browse(cast.admin).get(reverse("journal"), {"since": day}).status_code == 200


def test_the_journals_pages_are_read_by_an_index(cast: Cast, browse: Browse) -> None:
    JournalEntry.objects.bulk_create(
        JournalEntry(actor_id=1, actor_label="x", verb=f"verb_{number % 50}", subject_type="x.y", subject_id="1")
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_journalentry")
    client = browse(cast.admin)
    following = client.get(reverse("journal")).context["page"].next_url
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("journal") + following)
    (asked,) = [
        each["sql"]
        for each in queries
        if "core_journalentry" in each["sql"] and "ORDER BY" in each["sql"] and "COUNT" not in each["sql"]
    ]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_an_entry_shows_before_and_after_and_leads_to_its_subject(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    change_campaign_state(cast.campaign.pk, state="paused", by=cast.admin)
    entry = JournalEntry.objects.get(verb="campaign_state_changed")
    text = client.get(reverse("journal-entry", args=[entry.pk])).content.decode()
    assert "active" in text
    assert "paused" in text
    assert reverse("campaign", args=[cast.campaign.pk]) in text


def test_every_verb_that_is_written_is_said_in_words() -> None:
    """Found in the sources: the first argument of journal.record, and `verb=` wherever it is passed on."""
    written = set()
    for app in ("accounts", "campaigns", "contacts", "inbox", "typification", "webhooks"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                named = ast.unparse(node.func)
                # What a contact point's button does is no deed.
                if named == "Opening":
                    continue
                first = node.args[0] if named in ("journal.record", "record") and node.args else None
                for value in (first, *(each.value for each in node.keywords if each.arg == "verb")):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        written.add(value.value)
    assert "user_created" in written
    assert written <= set(journal_words().verbs), written - set(journal_words().verbs)


def test_each_purposes_two_columns_are_named(cast: Cast, browse: Browse) -> None:
    text = browse(cast.admin).get(reverse("campaign-outcomes", args=[cast.campaign.pk])).content.decode()
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert head.count(">Por defecto<") == head.count("Ofrecida") == head.count('scope="colgroup"') > 1


def test_what_was_done_is_told_once_above_a_form(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    path = reverse("campaign-state", args=[cast.campaign.pk])
    page = client.post(path, {"state": "paused"}, follow=True).content.decode()
    assert page.count("La campaña está en pausa") == 1

"""Campaigns over JSON: the same rules as on the pages, part by part."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns.actions.campaign_setup import CampaignSheet
from campaigns.models import Campaign
from contacts.actions.bases import BaseSheet, create_base
from tests import factories
from tests.factories import Cast
from tests.witness import nothing_happens

Browse = Callable[[User], Client]
Give = Callable[..., User]
PARTS = (
    "campaign", "campaign-agents", "campaign-accounts", "campaign-typifications", "campaign-schedule", "campaign-holidays",
    "campaign-messages", "campaign-bases",
)  # fmt: skip


class Program:
    """A signed-in client that speaks JSON about one campaign."""

    def __init__(self, client: Client, campaign_id: int | None) -> None:
        self.client, self.campaign_id = client, campaign_id

    def get(self, name: str) -> Any:
        answer = self.client.get(self.address(name))
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def send(self, method: str, name: str, /, *, expect: int = 200, **body: Any) -> Any:
        send = getattr(self.client, method)
        answer = send(self.address(name), json.dumps(body), content_type="application/json")
        assert answer.status_code == expect, answer.content
        return json.loads(answer.content) if answer.content else None

    def address(self, name: str) -> str:
        return reverse(f"api:{name}", args=[self.campaign_id] if self.campaign_id else [])


@pytest.fixture
def program(cast: Cast, browse: Browse) -> Program:
    return Program(browse(cast.admin), cast.campaign.pk)


def test_a_campaign_is_made_read_changed_and_started(cast: Cast, browse: Browse) -> None:
    client = browse(cast.admin)
    said = {"name": "Retención", "project_id": cast.campaign.project_id, "team_id": cast.team.pk, "return_after_s": 90}
    made = Program(client, None).send("post", "campaigns", expect=201, **said)
    assert (made["state"], made["return_after_s"], made["client"]["name"]) == ("draft", 90, "Fibra Sur")
    one = Program(client, made["id"])
    changed = one.send("put", "campaign", **(said | {"name": "Retención dos", "version": made["version"]}))
    assert changed["name"] == "Retención dos"
    again = one.send("put", "campaign", expect=409, **(said | {"version": made["version"]}))
    assert again["error"]["code"] == "stale"
    refused = one.send("put", "campaign-state", expect=409, state="active")
    assert refused["error"]["code"] == "not_ready"
    one.send("put", "campaign-agents", agents=[{"user": cast.ana.pk, "channels": ["whatsapp"]}])
    assert one.send("put", "campaign-state", state="active")["state"] == "active"
    names = [each["name"] for each in Program(client, None).get("campaigns")["results"]]
    assert names == ["Altas", "Reclamos", "Retención dos"]


def test_each_part_is_read_and_written_with_its_version(cast: Cast, program: Program) -> None:
    base = create_base(BaseSheet(name="Altas", team_ids=frozenset({cast.team.pk})), by=cast.admin)
    leaf = factories.leaf().pk
    bodies: dict[str, dict[str, Any]] = {
        "campaign-agents": {"agents": [{"user": cast.ana.pk, "channels": ["whatsapp"]}]},
        "campaign-accounts": {"accounts": [cast.account.pk], "default_for": [cast.account.pk]},
        "campaign-typifications": {"finish": {"offered": [leaf], "default_id": leaf}},
        "campaign-schedule": {"monday": ["8-12", "14:00–20:00"], "time_zone": "America/Lima"},
        "campaign-messages": {"welcome_message": "Hola", "opt_out_words": ["BAJA"]},
        "campaign-bases": {"bases": [base.pk], "default_base": base.pk},
    }
    for name, body in bodies.items():
        version = program.get(name)["version"]
        written = program.send("put", name, **(body | {"version": version}))
        assert written == program.get(name)
        stale = program.send(
            "put", name, expect=409 if name != "campaign-accounts" else 200, **(body | {"version": version})
        )
        assert name == "campaign-accounts" or stale["error"]["code"] == "stale"
    assert program.get("campaign-schedule")["monday"] == ["08:00–12:00", "14:00–20:00"]
    assert program.get("campaign-typifications")["finish"] == {"offered": [leaf], "default_id": leaf}
    # A purpose that was not named is as it was.
    assert program.get("campaign-typifications")["transfer"]["default_id"] is not None
    assert program.get("campaign-bases")["bases"] == [{"id": base.pk, "name": "Altas", "state": "draft"}]


def test_holidays_and_copies(cast: Cast, program: Program) -> None:
    holiday = program.send("post", "campaign-holidays", expect=201, on="2031-12-25", name="Navidad", is_yearly=True)
    assert program.get("campaign-holidays")["results"] == [holiday]
    copy = program.send("post", "campaign-copies", expect=201, name="Altas diciembre")
    assert Program(program.client, copy["id"]).get("campaign-holidays")["results"][0]["name"] == "Navidad"
    address = reverse("api:campaign-holiday", args=[cast.campaign.pk, holiday["id"]])
    assert [program.client.delete(address).status_code for _again in range(2)] == [204, 404]


@pytest.mark.shows("S06", "S08")
@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("campaign", {"name": "X"}, "project_id"),
        ("campaign-state", {"state": "draft"}, "state"),
        ("campaign-agents", {"agents": [{"user": "x"}]}, "agents"),
        ("campaign-agents", {"agents": [{"user": 1, "channels": ["telepathy"]}]}, "agents"),
        ("campaign-accounts", {"accounts": [987654321], "default_for": []}, "accounts"),
        ("campaign-accounts", {"accounts": []}, "default_for"),
        ("campaign-typifications", {"finish": {"offered": [-1]}}, "finish"),
        ("campaign-schedule", {"monday": ["siempre"]}, "monday"),
        ("campaign-schedule", {"monday": ["8-12", "11-13"]}, "monday"),
        ("campaign-schedule", {"time_zone": "Marte/Olympus"}, "time_zone"),
        ("campaign-messages", {"opt_out_words": "baja"}, "opt_out_words"),
        ("campaign-bases", {"bases": [], "default_base": 1}, "default_base"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    cast: Cast, program: Program, name: str, body: dict[str, Any], field: str
) -> None:
    with nothing_happens():
        answer = program.send("put", name, expect=400, **body)
    assert field in answer["error"]["fields"]


@pytest.mark.shows("S08")
def test_what_nobody_may_say_is_as_if_it_had_not_been_said(cast: Cast, program: Program) -> None:
    said = CampaignSheet.of(cast.campaign).as_values()
    program.send("put", "campaign", **said, state="finished", id=1, welcome_message="X")
    campaign = Campaign.objects.get(pk=cast.campaign.pk)
    assert (campaign.state, campaign.welcome_message) == ("active", "")


@pytest.mark.shows("S01", "S05", "S07")
def test_another_teams_campaign_does_not_exist_and_an_agent_manages_none(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    luis = with_rights(cast.luis, "manage_campaigns")
    client = browse(luis)
    assert [each["name"] for each in Program(client, None).get("campaigns")["results"]] == ["Altas"]
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "campaign-agents": ("put", {"agents": []}),
        "campaign-state": ("put", {"state": "paused"}),
        "campaign-schedule": ("put", {}),
        "campaign-messages": ("put", {}),
        "campaign-bases": ("put", {"bases": []}),
        "campaign-holidays": ("post", {"on": "2031-12-25"}),
        "campaign-copies": ("post", {"name": "Ajena"}),
    }
    with nothing_happens():
        for name in PARTS:
            assert client.get(reverse(f"api:{name}", args=[cast.other_campaign.pk])).status_code == 404
        for name, (method, body) in bodies.items():
            Program(client, cast.other_campaign.pk).send(method, name, expect=404, **body)
    for name in PARTS:
        assert browse(cast.ana).get(reverse(f"api:{name}", args=[cast.campaign.pk])).status_code == 403
    # Somebody of another team who works in it is neither named nor taken away.
    cast.campaign.memberships.create(user=cast.eva)
    seen = Program(client, cast.campaign.pk)
    assert [each["name"] for each in seen.get("campaign-agents")["agents"]] == ["Ana Gómez"]
    seen.send("put", "campaign-agents", agents=[])
    assert list(cast.campaign.memberships.values_list("user", flat=True)) == [cast.eva.pk]


def test_the_page_shows_every_purpose_as_it_was_set_and_sets_it(cast: Cast, browse: Browse, program: Program) -> None:
    leaf = factories.leaf().pk
    ignoring = {"offered": [leaf], "default_id": leaf}
    version = program.send("put", "campaign-typifications", ignore_comment=ignoring)["version"]
    path, client = reverse("campaign-outcomes", args=[cast.campaign.pk]), browse(cast.admin)
    box = f'name="offer_ignore_comment" value="{leaf}" checked'
    assert box in client.get(path).content.decode()
    said = {"offer_finish": [leaf], "offer_ignore_comment": [leaf], "version": version}
    assert client.post(path, said).status_code == 302
    assert program.get("campaign-typifications")["finish"] == {"offered": [leaf], "default_id": None}
    assert program.get("campaign-typifications")["ignore_comment"] == ignoring | {"default_id": None}

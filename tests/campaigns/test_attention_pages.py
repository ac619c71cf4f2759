"""How a campaign attends, on its pages: every field kept and told, wrong ones refused where they were written."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from campaigns.actions.campaign_setup import CampaignSheet, edit_campaign
from campaigns.actions.duplicating import copy_campaign
from campaigns.actions.schedules import ScheduleSheet, add_holiday, set_schedule
from campaigns.actions.wording import MessagesSheet, set_messages
from campaigns.actions.working_bases import BasesSheet, set_bases
from campaigns.hours import Period
from campaigns.models import Campaign
from contacts.actions.bases import BaseSheet, create_base
from contacts.models import ContactBase
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from tests import factories
from tests.accounts.conftest import fields
from tests.campaigns.test_campaign_pages import typed, version_at
from tests.factories import Cast
from tests.witness import nothing_happens, refused

Browse = Callable[[User], Browser]
Give = Callable[..., User]
PARTS = ("campaign-schedule", "campaign-messages", "campaign-bases", "campaign-copy")


def base(cast: Cast, name: str, *, state: str = "active", is_theirs: bool = False) -> ContactBase:
    team = cast.other_team if is_theirs else cast.team
    made = create_base(BaseSheet(name=name, team_ids=frozenset({team.pk})), by=cast.admin)
    ContactBase.objects.filter(pk=made.pk).update(state=state)
    return made


# ── The general part


def test_every_rule_of_attention_is_kept_and_told(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign", args=[cast.campaign.pk])
    said = typed(
        cast,
        name="Altas",
        distribution="ring",
        ring_timeout_s="45",
        return_after="5",
        exclusive_fallback_min="30",
        blending="on",
        version=version_at(client, path),
    )
    assert client.post(path, said).status_code == 302
    campaign = Campaign.objects.get(pk=cast.campaign.pk)
    assert (campaign.distribution, campaign.ring_timeout_s, campaign.return_after_s) == ("ring", 45, 300)
    assert (campaign.exclusive_fallback_min, campaign.blending, campaign.allow_transfer) == (30, True, False)
    after = JournalEntry.objects.filter(verb="campaign_edited").latest("id").details["after"]
    assert after["return_after_s"] == 300
    assert client.get(path).context["form"]["return_after"].value() == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ring_timeout_s": "4"}, "ring_timeout_s"),
        ({"ring_timeout_s": "601"}, "ring_timeout_s"),
        ({"return_after": "0"}, "return_after"),
        ({"return_after": "1441"}, "return_after"),
        ({"exclusive_fallback_min": "0"}, "exclusive_fallback_min"),
        ({"distribution": "lottery"}, "distribution"),
    ],
)
def test_a_wrong_rule_is_told_at_its_field(cast: Cast, browse: Browse, wrong: dict[str, Any], field: str) -> None:
    client = browse(cast.admin)
    with nothing_happens():
        answer = client.post(reverse("campaign-new"), typed(cast, **wrong))
    assert list(fields(answer)) == [field]


@pytest.mark.parametrize("wrong", [{"ring_timeout_s": 1}, {"return_after_s": 10}, {"exclusive_fallback_min": 99_999}])
def test_the_action_asks_again(cast: Cast, wrong: dict[str, int]) -> None:
    sheet = CampaignSheet(**(CampaignSheet.of(cast.campaign).as_values() | wrong))
    with refused(Invalid) as refusal:
        edit_campaign(cast.campaign.pk, sheet=sheet, by=cast.admin)
    assert list(refusal.value.fields) == list(wrong)


# ── Hours


def test_a_week_is_written_as_people_say_it(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-schedule", args=[cast.campaign.pk])
    said = {
        "same_workdays": "on",
        "workdays": "8 a 12, 14:00-20:00",
        "monday": "esto no cuenta",
        "saturday": "08:00–13:00",
        "sunday": "",
        "time_zone": "America/Lima",
        "out_of_hours_action": "close",
        "out_of_hours_message": "Atendemos de lunes a sábado.",
        "version": version_at(client, path),
    }
    assert client.post(path, said).status_code == 302
    campaign = Campaign.objects.get(pk=cast.campaign.pk)
    assert campaign.business_hours.count() == 11
    assert (campaign.time_zone, campaign.out_of_hours_action) == ("America/Lima", "close")
    form = client.get(path).context["form"]
    assert form["workdays"].value() == "08:00–12:00, 14:00–20:00"
    assert form["same_workdays"].value() is True
    # The same again with an old version is somebody else's change.
    assert client.post(path, said | {"workdays": "9-10"}).status_code == 400
    different = said | {"same_workdays": "", "monday": "22:00-06:00", "version": version_at(client, path)}
    assert client.post(path, different).status_code == 302
    assert ScheduleSheet.of(Campaign.objects.get(pk=cast.campaign.pk)).periods == (
        Period(0, 1320, 1440),
        Period(1, 0, 360),
        Period(5, 480, 780),
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"saturday": "mañana"}, "saturday"),
        ({"saturday": "8-12, 11-14"}, "saturday"),
        ({"same_workdays": "on", "workdays": "8-12, 11-14"}, "workdays"),
        ({"same_workdays": "on", "workdays": "siempre"}, "workdays"),
        ({"out_of_hours_action": "close"}, "out_of_hours_message"),
        ({"time_zone": "Marte/Olympus"}, "time_zone"),
    ],
)
def test_a_wrong_week_is_told_where_it_was_written(
    cast: Cast, browse: Browse, wrong: dict[str, str], field: str
) -> None:
    client, path = browse(cast.admin), reverse("campaign-schedule", args=[cast.campaign.pk])
    said = {"out_of_hours_action": "queue", "version": version_at(client, path)} | wrong
    with nothing_happens():
        answer = client.post(path, said)
    # Once, also of five days that were written at once.
    assert {name: len(errors) for name, errors in fields(answer).items()} == {field: 1}
    # Nothing typed is lost.
    assert wrong.get(field, "") in answer.content.decode()


def test_a_night_shift_is_shown_as_it_was_written(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-schedule", args=[cast.campaign.pk])
    said = {"same_workdays": "on", "workdays": "22:00–06:00", "out_of_hours_action": "queue"}
    assert client.post(path, said | {"version": version_at(client, path)}).status_code == 302
    form = client.get(path).context["form"]
    assert (form["same_workdays"].value(), form["workdays"].value()) == (True, "22:00–06:00")
    assert form["saturday"].value() == ""
    assert Campaign.objects.get(pk=cast.campaign.pk).business_hours.count() == 10


def test_holidays_are_added_and_removed_on_the_page(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-schedule", args=[cast.campaign.pk])
    new = reverse("campaign-holiday-new", args=[cast.campaign.pk])
    said = {"holiday-on": "2031-12-25", "holiday-name": "Navidad", "holiday-is_yearly": "on"}
    assert client.post(new, said).status_code == 302
    text = client.get(path).content.decode()
    assert "Navidad" in text
    assert "Todos los años" in text
    answer = client.post(new, {"holiday-on": "31/31/2031", "holiday-name": "Nunca"})
    assert answer.status_code == 400
    assert "Nunca" in answer.content.decode()
    holiday = cast.campaign.holidays.get()
    assert client.post(reverse("campaign-holiday-remove", args=[cast.campaign.pk, holiday.pk])).status_code == 302
    assert client.post(reverse("campaign-holiday-remove", args=[cast.campaign.pk, holiday.pk])).status_code == 404


# ── Messages and bases


def test_what_it_says_by_itself_and_the_words_to_be_left_alone(cast: Cast, browse: Browse) -> None:
    client, path = browse(cast.admin), reverse("campaign-messages", args=[cast.campaign.pk])
    said = {
        "welcome_message": " Hola {nombre} ",
        "opt_out_words": "BAJA, Stop , baja",
        "version": version_at(client, path),
    }
    assert client.post(path, said).status_code == 302
    campaign = Campaign.objects.get(pk=cast.campaign.pk)
    assert (campaign.welcome_message, campaign.opt_out_words) == ("Hola {nombre}", ["baja", "stop"])
    assert client.post(path, said | {"welcome_message": "Otra"}).status_code == 400
    for sheet, field in (
        (MessagesSheet(welcome_message="x" * 1001), "welcome_message"),
        (MessagesSheet(opt_out_words=("x" * 41,)), "opt_out_words"),
        # Every message of signs alone would be one.
        (MessagesSheet(opt_out_words=("baja", "🚫")), "opt_out_words"),
        (MessagesSheet(opt_out_words=tuple(f"palabra {each}" for each in range(31))), "opt_out_words"),
    ):
        with refused(Invalid) as refusal:
            set_messages(cast.campaign.pk, sheet=sheet, by=cast.admin)
        assert list(refusal.value.fields) == [field]


@pytest.mark.shows("000-16")
def test_the_bases_its_agents_may_use_and_the_one_proposed(cast: Cast, browse: Browse) -> None:
    ours, draft, closed = base(cast, "Altas"), base(cast, "Otra", state="draft"), base(cast, "Vieja", state="closed")
    client, path = browse(cast.admin), reverse("campaign-bases", args=[cast.campaign.pk])
    assert "Vieja" not in client.get(path).content.decode()
    said = {"bases": [ours.pk, draft.pk], "default_base": ours.pk, "version": version_at(client, path)}
    assert client.post(path, said).status_code == 302
    assert BasesSheet.of(cast.campaign) == BasesSheet(bases=frozenset({ours.pk, draft.pk}), default_base=ours.pk)
    alone = {"bases": [draft.pk], "default_base": ours.pk, "version": version_at(client, path)}
    assert list(fields(client.post(path, alone))) == ["default_base"]
    with refused(Invalid):
        set_bases(cast.campaign.pk, sheet=BasesSheet(bases=frozenset({closed.pk})), by=cast.admin)
    # One that was closed since stays, and stays shown.
    ContactBase.objects.filter(pk=ours.pk).update(state="closed")
    assert client.post(path, said | {"default_base": "", "version": version_at(client, path)}).status_code == 302
    assert BasesSheet.of(cast.campaign).default_base is None


@pytest.mark.shows("S05", "S09")
def test_another_teams_base_is_neither_shown_nor_taken_nor_lost(cast: Cast, browse: Browse, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_campaigns")
    ours, theirs = base(cast, "Altas"), base(cast, "Cobranzas", is_theirs=True)
    client, path = browse(luis), reverse("campaign-bases", args=[cast.campaign.pk])
    assert "Cobranzas" not in client.get(path).content.decode()
    with refused(Invalid):
        set_bases(cast.campaign.pk, sheet=BasesSheet(bases=frozenset({theirs.pk})), by=luis)
    both = BasesSheet(bases=frozenset({ours.pk, theirs.pk}), default_base=theirs.pk)
    set_bases(cast.campaign.pk, sheet=both, by=cast.admin)
    text = client.get(path).content.decode()
    assert "Cobranzas" not in text
    assert client.post(path, {"bases": [], "version": version_at(client, path)}).status_code == 302
    # What he does not see he neither keeps nor takes away.
    assert BasesSheet.of(cast.campaign) == BasesSheet(bases=frozenset({theirs.pk}), default_base=theirs.pk)


@pytest.mark.shows("S01")
def test_another_teams_parts_do_not_exist(cast: Cast, browse: Browse, with_rights: Give) -> None:
    client = browse(with_rights(cast.luis, "manage_campaigns"))
    for name in PARTS:
        path = reverse(name, args=[cast.other_campaign.pk])
        assert client.get(path).status_code == 404
        with nothing_happens():
            assert client.post(path, {"name": "Copia"}).status_code == 404
    with nothing_happens():
        said = {"holiday-on": "2031-12-25"}
        assert client.post(reverse("campaign-holiday-new", args=[cast.other_campaign.pk]), said).status_code == 404


@pytest.mark.shows("S07")
def test_an_agent_enters_none_of_them(cast: Cast, browse: Browse) -> None:
    for name in PARTS:
        assert browse(cast.ana).get(reverse(name, args=[cast.campaign.pk])).status_code == 403


# ── Another one like it


def test_a_copy_has_everything_but_conversations_and_begins_as_a_draft(cast: Cast, browse: Browse) -> None:
    ours = base(cast, "Altas")
    set_schedule(
        cast.campaign.pk, sheet=ScheduleSheet(periods=(Period(0, 480, 720),), time_zone="America/Lima"), by=cast.admin
    )
    add_holiday(cast.campaign.pk, on=datetime.date(2031, 12, 25), name="Navidad", by=cast.admin)
    set_messages(cast.campaign.pk, sheet=MessagesSheet(welcome_message="Hola", opt_out_words=("baja",)), by=cast.admin)
    set_bases(cast.campaign.pk, sheet=BasesSheet(bases=frozenset({ours.pk}), default_base=ours.pk), by=cast.admin)
    factories.conversation(cast)
    client, path = browse(cast.admin), reverse("campaign-copy", args=[cast.campaign.pk])
    assert list(fields(client.post(path, {"name": "ALTAS"}))) == ["name"]
    assert client.post(path, {"name": "Altas diciembre"}).status_code == 302
    source, copy = Campaign.objects.get(pk=cast.campaign.pk), Campaign.objects.get(name="Altas diciembre")
    assert copy.state == "draft"
    named = CampaignSheet.of(source).as_values() | {"name": "Altas diciembre"}
    assert CampaignSheet.of(copy).as_values() == named
    for of in (ScheduleSheet.of, MessagesSheet.of, BasesSheet.of):
        assert of(copy) == of(source)  # type: ignore[operator]  # each sheet reads a campaign
    assert sorted(copy.memberships.values_list("user", "channels")) == sorted(
        source.memberships.values_list("user", "channels")
    )
    assert set(copy.offered.values_list("typification", "purpose", "is_default")) == set(
        source.offered.values_list("typification", "purpose", "is_default")
    )
    assert [each.name for each in copy.holidays.all()] == ["Navidad"]
    # The number is shared now, and its new conversations go where they went.
    cast.account.refresh_from_db()
    assert cast.account in copy.accounts.all()
    assert cast.account.default_campaign == source
    assert factories.conversation(cast).campaign == source
    assert JournalEntry.objects.get(verb="campaign_copied").details["from"] == source.pk


@pytest.mark.shows("S01", "S05")
def test_a_copy_leaves_out_what_its_maker_does_not_see(cast: Cast, with_rights: Give) -> None:
    luis = with_rights(cast.luis, "manage_campaigns")
    theirs = base(cast, "Cobranzas", is_theirs=True)
    set_bases(cast.campaign.pk, sheet=BasesSheet(bases=frozenset({theirs.pk})), by=cast.admin)
    cast.campaign.memberships.create(user=cast.eva)
    copy = copy_campaign(cast.campaign.pk, name="Otra", by=luis)
    assert list(copy.memberships.values_list("user", flat=True)) == [cast.ana.pk]
    assert not copy.worked_bases.exists()
    with refused(NotFound):
        copy_campaign(cast.other_campaign.pk, name="Ajena", by=luis)

"""A number that serves another team is not taken by whom does not see it, and a set-up that went meanwhile says so."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from campaigns.actions import AccountWishes, begin_setup, choose_numbers, connect_chosen, forget_setups, give_access
from campaigns.actions import connecting as connecting_actions
from campaigns.models import AccountSetup, ChannelAccount
from core.refusals import Invalid, NotFound
from tests import factories
from tests.campaigns.conftest import OTHER_NUMBER, Meta
from tests.factories import TOKEN, WABA_ID, Cast
from tests.witness import refused

Browse = Callable[[User], Client]
Give = Callable[..., User]


@pytest.fixture
def manager(cast: Cast, with_rights: Give) -> User:
    """Luis connects numbers, of his own team alone."""
    return with_rights(cast.luis, "manage_channel_accounts", "see_channel_accounts")


def setup_of(user: User) -> AccountSetup:
    return give_access(begin_setup(by=user, app=None).pk, by=user, waba_id=WABA_ID, token=TOKEN)


@pytest.mark.shows("S05", "S09")
def test_a_number_that_serves_another_team_is_refused_and_stays_as_it_was(
    cast: Cast, meta: Meta, manager: User, browse: Browse
) -> None:
    theirs = factories.account_of(cast.other_campaign, name="Reclamos", phone_number_id=OTHER_NUMBER)
    setup = setup_of(manager)
    with refused(Invalid) as refusal:
        choose_numbers(setup.pk, by=manager, external_ids=[OTHER_NUMBER])
    assert list(refusal.value.fields) == ["numbers"]
    page = browse(manager).get(reverse("account-setup-numbers", args=[setup.uuid])).content.decode()
    assert "Reclamos" not in page
    answer = browse(manager).post(reverse("account-setup-numbers", args=[setup.uuid]), {"numbers": [OTHER_NUMBER]})
    assert answer.status_code == 400
    assert "otro equipo" in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.default_campaign == cast.other_campaign


@pytest.mark.shows("S05", "S09")
def test_a_number_that_went_to_another_team_after_it_was_chosen_is_refused_at_the_end(
    cast: Cast, meta: Meta, manager: User
) -> None:
    setup = setup_of(manager)
    choose_numbers(setup.pk, by=manager, external_ids=[OTHER_NUMBER])
    factories.account_of(cast.other_campaign, name="Reclamos", phone_number_id=OTHER_NUMBER)
    wishes = AccountWishes(names={OTHER_NUMBER: "Mía"}, campaigns=(cast.campaign,), default_campaign=cast.campaign)
    with refused(Invalid):
        connect_chosen(setup.pk, by=manager, wishes=wishes)


def test_a_number_of_ones_own_team_or_of_nobody_may_be_connected_again(cast: Cast, meta: Meta, manager: User) -> None:
    nobodys = factories.account_of(cast.other_campaign, name="Suelta", phone_number_id=OTHER_NUMBER)
    nobodys.campaigns.clear()
    ChannelAccount.objects.filter(pk=nobodys.pk).update(default_campaign=None)
    setup = setup_of(manager)
    numbers = [factories.PHONE_NUMBER_ID, OTHER_NUMBER]
    choose_numbers(setup.pk, by=manager, external_ids=numbers)
    names = {factories.PHONE_NUMBER_ID: "Ventas", OTHER_NUMBER: "Suelta"}
    done = connect_chosen(setup.pk, by=manager, wishes=AccountWishes(names=names, default_campaign=cast.campaign))
    assert sorted(done.connected) == sorted([cast.account.pk, nobodys.pk])


def test_a_set_up_thrown_away_while_meta_answers_is_said_to_be(
    cast: Cast, meta: Meta, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = setup_of(cast.admin)
    choose_numbers(setup.pk, by=cast.admin, external_ids=[OTHER_NUMBER])

    def answers_late(*_asked: Any) -> None:
        AccountSetup.objects.filter(pk=setup.pk).update(created_at=timezone.now() - datetime.timedelta(days=2))
        forget_setups()

    monkeypatch.setattr(connecting_actions, "subscribe_app", answers_late)
    page = {f"name_{OTHER_NUMBER}": "Cobranzas", "update_message_statuses": "on"}
    answer = browse(cast.admin).post(reverse("account-setup-campaign", args=[setup.uuid]), page)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Empieza de nuevo" in text
    assert "Cobranzas" in text
    assert not ChannelAccount.objects.filter(external_id=OTHER_NUMBER).exists()
    with refused(NotFound):
        choose_numbers(setup.pk, by=cast.admin, external_ids=[OTHER_NUMBER])

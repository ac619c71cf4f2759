"""Clients and projects are nobody's own; whose campaigns they have is told to whom sees those campaigns (S05)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from campaigns.actions import remove_app
from campaigns.actions.portfolio import StillAtWork, archive_client
from campaigns.errors import StillUsed
from campaigns.models import Campaign, ChannelAccount, Client, ProviderApp
from tests.factories import Cast, leaf


@pytest.mark.shows("S05")
def test_other_teams_campaigns_are_neither_named_nor_counted_beside_their_client(
    cast: Cast, browse: Callable[[User], Browser], with_rights: Callable[..., User]
) -> None:
    project = cast.other_campaign.project
    ours = Campaign.objects.create(project=project, team=cast.team, name="Bajas")
    luis = browse(with_rights(cast.luis, "manage_clients"))
    admin = browse(cast.admin)

    def counted(client: Browser) -> dict[str, int]:
        return {each.name: each.campaign_count for each in client.get(reverse("clients")).context["page"].rows}

    def named(client: Browser) -> list[Any]:
        return list(client.get(reverse("project", args=[project.pk])).context["campaigns"])

    assert (counted(admin)["Otro"], counted(luis)["Otro"]) == (2, 1)
    assert (named(admin), named(luis)) == ([ours, cast.other_campaign], [ours])
    for client, many in ((admin, 2), (luis, 1)):
        (shown,) = client.get(reverse("client", args=[project.client_id])).context["projects"]
        assert shown.campaign_count == many


@pytest.mark.shows("S05")
def test_the_list_of_campaigns_is_narrowed_by_clients_of_campaigns_one_sees(
    cast: Cast, browse: Callable[[User], Browser], with_rights: Callable[..., User]
) -> None:
    Client.objects.create(name="Nadie todavía")
    for user, names in (
        (cast.admin, ["Fibra Sur", "Otro"]),
        (with_rights(cast.luis, "manage_campaigns"), ["Fibra Sur"]),
    ):
        page = browse(user).get(reverse("campaigns")).context["page"]
        assert [each.name for each in page.filters.fields["client"].queryset] == names


@pytest.mark.shows("S05")
def test_another_teams_campaign_keeps_its_client_in_use_without_being_named(
    cast: Cast, with_rights: Callable[..., User]
) -> None:
    client = cast.other_campaign.project.client
    with pytest.raises(StillAtWork, match="Reclamos"):
        archive_client(client.pk, by=cast.admin)
    with pytest.raises(StillAtWork) as refusal:
        archive_client(client.pk, by=with_rights(cast.luis, "manage_clients"))
    assert "Reclamos" not in refusal.value.message
    client.refresh_from_db()
    assert not client.archived


@pytest.mark.shows("S05")
def test_another_teams_account_keeps_its_app_in_use_without_being_named(
    cast: Cast, browse: Callable[[User], Browser], with_rights: Callable[..., User]
) -> None:
    app = ProviderApp.objects.create(key="cobranzas", name="Cobranzas")
    account = ChannelAccount.objects.create(kind="whatsapp", external_id="777", name="Reclamos 777", provider_app=app)
    cast.other_campaign.accounts.add(account)
    luis = with_rights(cast.luis, "manage_channel_accounts")
    for user, is_named in ((cast.admin, True), (luis, False)):
        client = browse(user)
        (listed,) = client.get(reverse("provider-apps")).context["apps"]
        assert [each.name for each in listed.accounts.all()] == ["Reclamos 777"] * is_named
        page = client.get(reverse("provider-app", args=[app.pk])).content.decode()
        assert ("Reclamos 777" in page, "Hay cuentas que reciben por ella" in page) == (is_named, True)
        with pytest.raises(StillUsed) as refusal:
            remove_app(app.pk, by=user)
        assert ("Reclamos 777" in refusal.value.message) == is_named
    assert ProviderApp.objects.filter(pk=app.pk).exists()


@pytest.mark.shows("S05")
def test_an_outcomes_page_names_campaigns_that_one_sees(
    cast: Cast, browse: Callable[[User], Browser], with_rights: Callable[..., User]
) -> None:
    path = reverse("typification-campaigns", args=[leaf().pk])
    luis = with_rights(cast.luis, "manage_typifications")
    seen = {user: browse(user).get(path).content.decode() for user in (cast.admin, luis)}
    assert {name: name in seen[cast.admin] for name in ("Altas", "Reclamos")} == {"Altas": True, "Reclamos": True}
    assert {name: name in seen[luis] for name in ("Altas", "Reclamos")} == {"Altas": True, "Reclamos": False}

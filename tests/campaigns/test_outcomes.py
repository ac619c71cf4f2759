"""Which outcomes a campaign offers, for which purpose, and which one is chosen beforehand."""

from __future__ import annotations

import pytest
from django.utils import translation

from campaigns.actions.campaign_setup import CampaignSheet, Outcomes, create_campaign, set_outcomes
from campaigns.models import Campaign, CampaignTypification
from campaigns.outcomes import default_outcome, offered_outcomes
from core.refusals import Invalid
from tests import factories
from tests.factories import Cast, leaf
from tests.witness import refused
from typification.actions import add_node
from typification.models import Typification


def names(campaign: Campaign | None, purpose: str = "finish", *, medium: str = "chat") -> list[str]:
    return [each.name for each in offered_outcomes(campaign.pk if campaign else None, purpose, medium=medium)]


def offer(cast: Cast, purpose: str, *nodes: Typification, default: Typification | None = None) -> None:
    before = Outcomes.of(cast.campaign)
    outcomes = Outcomes(
        offered={**before.offered, purpose: frozenset(each.pk for each in nodes)},
        defaults={**before.defaults, purpose: default.pk if default else None},
    )
    set_outcomes(cast.campaign.pk, outcomes=outcomes, by=cast.admin)


def system(code: str) -> Typification:
    return Typification.objects.get(system_code=code)


@pytest.mark.shows("000-06", "004-20")
def test_a_heading_brings_all_that_stands_below_it_however_deep(cast: Cast) -> None:
    heading = leaf("Interesado")
    middle = add_node("Por zona", by=cast.admin, parent_id=heading.pk)
    deep = add_node("Zona norte", by=cast.admin, parent_id=middle.pk)
    offer(cast, "finish", heading)
    assert names(cast.campaign) == [
        "Llamar más tarde",
        "Pide propuesta por correo",
        "Compara con otro proveedor",
        "Espera aprobación familiar",
        "Zona norte",
    ]
    offer(cast, "finish", middle)
    assert names(cast.campaign) == ["Zona norte"]
    # A heading alone is no outcome, and what was archived is offered no more.
    Typification.objects.filter(pk=deep.pk).update(archived=True)
    assert names(cast.campaign) == ["Por zona"]
    Typification.objects.filter(pk=heading.pk).update(archived=True)
    assert names(cast.campaign) == []


def test_each_medium_has_its_own(cast: Cast) -> None:
    calls, chats = leaf("Cobertura"), leaf("Estado de pedido")
    Typification.objects.filter(pk=calls.pk).update(applies_to="phone")
    Typification.objects.filter(pk=chats.pk).update(applies_to="chat")
    offer(cast, "finish", leaf("Información entregada"))
    assert names(cast.campaign) == ["Precios y planes", "Estado de pedido"]
    assert names(cast.campaign, medium="phone") == ["Precios y planes", "Cobertura"]


def test_without_a_campaign_all_that_people_may_choose_is_offered(cast: Cast) -> None:
    offered = offered_outcomes(None, "finish", medium="chat")
    assert {each.system_code for each in offered} == {None}
    assert "Venta concretada" in [each.name for each in offered]


@pytest.mark.parametrize(("purpose", "name"), [("transfer", "Transferencia"), ("inactivity", "Inactividad")])
@pytest.mark.shows("004-24")
def test_where_nothing_is_chosen_the_products_own_stands_for_it(cast: Cast, purpose: str, name: str) -> None:
    cast.campaign.offered.filter(purpose=purpose).delete()
    assert names(cast.campaign, purpose) == [name]
    chosen = default_outcome(cast.campaign.pk, purpose, medium="chat")
    assert chosen is not None
    assert chosen.name == name
    offer(cast, purpose, leaf("Cobertura"), default=leaf("Cobertura"))
    assert names(cast.campaign, purpose) == ["Cobertura"]
    assert default_outcome(cast.campaign.pk, purpose, medium="chat") == leaf("Cobertura")


def test_a_new_campaign_begins_with_them(cast: Cast) -> None:
    sheet = CampaignSheet(name="Nueva", project_id=cast.campaign.project_id, team_id=cast.team.pk)
    campaign = create_campaign(sheet, by=cast.admin)
    marked = campaign.offered.filter(is_default=True).values_list("purpose", "typification__system_code")
    assert sorted(marked) == [("inactivity", "inactivity"), ("transfer", "transfer")]
    assert sorted(cast.campaign.offered.filter(is_default=True).values_list("purpose", flat=True)) == [
        "inactivity",
        "transfer",
    ]


def test_what_is_chosen_beforehand_below_a_heading_is_offered_by_itself(cast: Cast) -> None:
    offer(cast, "finish", leaf("Interesado"), default=leaf("Llamar más tarde"))
    row = CampaignTypification.objects.get(campaign=cast.campaign, purpose="finish", is_default=True)
    assert row.typification == leaf("Llamar más tarde")
    assert default_outcome(cast.campaign.pk, "finish", medium="chat") == leaf("Llamar más tarde")
    # One that got others below it is a heading by now: nothing is chosen beforehand.
    add_node("Mañana", by=cast.admin, parent_id=leaf("Llamar más tarde").pk)
    assert default_outcome(cast.campaign.pk, "finish", medium="chat") is None


def test_what_cannot_be_chosen_beforehand_is_refused_with_the_reason(cast: Cast) -> None:
    interested, sale = leaf("Interesado"), leaf("Venta concretada")
    with translation.override("es"):
        for purpose, nodes, chosen, reason in (
            ("finish", [sale], interested, "también"),
            ("finish", [interested], interested, "«Interesado»"),
            ("inactivity", [sale], sale, "«Venta concretada»"),
        ):
            with refused(Invalid) as refusal:
                offer(cast, purpose, *nodes, default=chosen)
            assert reason in refusal.value.message
    # What stands already is not asked again: it may have been allowed when it was chosen.
    offer(cast, "inactivity", leaf("Cobertura"), default=leaf("Cobertura"))
    Typification.objects.filter(pk=leaf("Cobertura").pk).update(requires_note=True)
    offer(cast, "inactivity", leaf("Cobertura"), leaf("No responde"), default=leaf("Cobertura"))
    assert cast.campaign.offered.filter(purpose="inactivity").count() == 2


def test_system_outcomes_may_be_offered_for_finishing(cast: Cast) -> None:
    offer(cast, "finish", system("spam"), leaf("Cobertura"))
    assert names(cast.campaign) == ["Cobertura", "Spam"]
    assert factories.conversation(cast).campaign == cast.campaign

"""The journal says what things are called and leads to them, and names nothing that its reader may not see (S05)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import TeamMember, User
from campaigns.models import Shortcut
from contacts.actions.associating import associate_contacts
from contacts.actions.bases import BaseSheet, create_base
from contacts.models import BaseMember, Contact
from core import journal
from core.journal_words import journal_words
from inbox.models import Conversation
from tests import factories
from tests.contacts.people import person
from tests.factories import Cast

Browse = Callable[[User], Client]
Give = Callable[..., User]


def test_every_kind_that_is_spoken_of_exists_and_has_a_name_or_is_known_by_its_number() -> None:
    words = journal_words()
    for kind in words.subjects:
        assert apps.get_model(kind)._meta.label_lower == kind
    assert set(words.names) <= set(words.subjects)


def test_a_shortcut_is_called_by_its_code_and_leads_to_its_page(cast: Cast, browse: Browse) -> None:
    shortcut = Shortcut.objects.create(campaign=cast.campaign, code="saludo", text="Hola")
    entry = journal.record("shortcut_changed", shortcut, by=cast.ana)
    for page in (reverse("journal"), reverse("journal-entry", args=[entry.pk])):
        text = browse(cast.admin).get(page).content.decode()
        assert f'href="{reverse("shortcut", args=[shortcut.pk])}">saludo</a>' in text
        assert f"#{shortcut.pk}" not in text


def test_a_conversation_is_called_by_its_customer_and_opens_on_the_desk(cast: Cast, browse: Browse) -> None:
    conversation = factories.conversation(cast)
    journal.record("conversation_started", conversation, by=cast.ana)
    text = browse(cast.admin).get(reverse("journal")).content.decode()
    assert f'href="{reverse("desk")}?c={conversation.pk}">{conversation.contact_name}</a>' in text


def test_a_base_and_its_records_are_called_by_their_names_for_whoever_sees_them(
    cast: Cast, browse: Browse, with_rights: Give
) -> None:
    rosalia = person(cast.team, first_name="Rosalía", last_name="Ñandutí")
    base = create_base(BaseSheet(name="Renovaciones", team_ids=frozenset({cast.team.pk})), by=cast.admin)
    associate_contacts(base.pk, [rosalia.pk], by=cast.admin)
    member = BaseMember.objects.get()
    journal.record("base_created", base, by=cast.ana)
    journal.record("member_taken", member, by=cast.ana)
    text = browse(cast.admin).get(reverse("journal")).content.decode()
    assert f'href="{reverse("base", args=[base.pk])}">Renovaciones</a>' in text
    assert "Rosalía Ñandutí" in text
    luis = with_rights(cast.luis, "view_journalentry")
    TeamMember.objects.filter(user=luis).delete()
    text = browse(luis).get(reverse("journal")).content.decode()
    assert "Renovaciones" not in text
    assert "Rosalía" not in text


@pytest.mark.shows("S05")
def test_what_another_team_owns_is_neither_named_nor_linked(cast: Cast, browse: Browse, with_rights: Give) -> None:
    """Luis reads what Ana did; what she did it to has left his team since."""
    luis = with_rights(cast.luis, "view_journalentry", "manage_ready_words", "manage_campaigns")
    shortcut = Shortcut.objects.create(campaign=cast.other_campaign, code="ajeno", text="Hola")
    conversation = factories.conversation(cast)
    Conversation.objects.filter(pk=conversation.pk).update(campaign=cast.other_campaign, team=cast.other_team)
    contact = conversation.contact
    Contact.objects.get(pk=contact.pk).teams.clear()
    for verb, subject in (
        ("shortcut_changed", shortcut),
        ("campaign_edited", cast.other_campaign),
        ("conversation_closed", conversation),
        ("point_joined", contact),
    ):
        journal.record(verb, subject, by=cast.ana)
    text = browse(luis).get(reverse("journal")).content.decode()
    for hidden in ("ajeno", cast.other_campaign.name, conversation.contact_name):
        assert hidden not in text
    assert f"?c={conversation.pk}" not in text
    assert f"#{conversation.pk}" in text


def test_what_is_gone_keeps_its_number_and_leads_nowhere(cast: Cast, browse: Browse) -> None:
    shortcut = Shortcut.objects.create(campaign=cast.campaign, code="efímero", text="Hola")
    journal.record("shortcut_created", shortcut, by=cast.ana)
    number = shortcut.pk
    shortcut.delete()
    text = browse(cast.admin).get(reverse("journal")).content.decode()
    assert f"#{number}" in text
    assert reverse("shortcut", args=[number]) not in text


def test_a_page_of_the_journal_asks_once_for_each_kind(
    cast: Cast, browse: Browse, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = browse(cast.admin)
    for number in range(20):
        shortcut = Shortcut.objects.create(campaign=cast.campaign, code=f"c{number}", text="Hola")
        journal.record("shortcut_created", shortcut, by=cast.ana)
        journal.record("campaign_edited", cast.campaign, by=cast.ana)
    client.get(reverse("journal"))
    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]  # a context manager
        client.get(reverse("journal"))


def test_what_changed_is_said_in_the_readers_words(cast: Cast, browse: Browse) -> None:
    before, after = {"name": "Altas", "team_id": 1}, {"name": "Bajas", "team_id": 2}
    entry = journal.record(
        "campaign_edited",
        cast.campaign,
        by=cast.ana,
        details=journal.changes(before, after) | {"listed": 4},
        personal={"email.before": "ana@example.com"},
    )
    text = browse(cast.admin).get(reverse("journal-entry", args=[entry.pk])).content.decode()
    for said in ("Nombre", "Equipo", "Encontradas en el proveedor", "Correo electrónico (antes)", "ana@example.com"):
        assert said in text
    for raw in ("team_id", "listed", "email.before"):
        assert raw not in text

"""Privacy's pages: a person is found, handed out, held and erased with their number typed; nobody else gets in."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.models import Contact, LegalHold
from privacy.models import Erasure, PersonExport, RetentionRule, RetentionRun
from privacy.tasks import sweep_requests
from tests import factories
from tests.contacts.people import person, phone_of
from tests.factories import ROCIO, Cast


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.shows("S61", "S62")
def test_a_person_is_found_handed_out_held_and_erased(client: Client, cast: Cast) -> None:
    contact = person(cast.team, first_name="Rocío", last_name="Benítez")
    phone_of(contact, ROCIO)
    signed_in(client, cast.admin)
    page = reverse("privacy-person", args=[contact.pk])
    assert page in client.get(reverse("privacy"), {"q": "0991 651 351"}).text
    assert client.get(page).status_code == 200
    assert client.post(reverse("privacy-export", args=[contact.pk])).status_code == 302
    sweep_requests()
    made = PersonExport.objects.get()
    address = reverse("privacy-export-file", args=[made.pk])
    assert address in client.get(page).text
    answer = client.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert b"Roc" in archive.read("contact.json")
    assert client.post(reverse("privacy-hold", args=[contact.pk]), {"reason": ""}).status_code == 400
    assert client.post(reverse("privacy-hold", args=[contact.pk]), {"reason": "Expediente 12"}).status_code == 302
    erasing = reverse("privacy-erase", args=[contact.pk])
    assert "Expediente 12" in client.get(page).text
    assert erasing not in client.get(page).text
    client.post(erasing, {"confirmation": str(contact.pk)})
    assert not Erasure.objects.exists()
    client.post(reverse("privacy-lift", args=[LegalHold.objects.get().pk]))
    wrong = client.post(erasing, {"confirmation": "Rocío"})
    assert (wrong.status_code, Erasure.objects.exists()) == (400, False)
    assert client.post(erasing, {"confirmation": str(contact.pk)}).status_code == 302
    sweep_requests()
    assert Contact.objects.get(pk=contact.pk).name == ""
    assert "Rocío" not in client.get(page).text
    assert client.get(address).status_code == 404


@pytest.mark.shows("S63")
def test_a_rule_is_made_counted_run_and_removed(client: Client, cast: Cast) -> None:
    signed_in(client, cast.admin)
    assert client.post(reverse("retention-rule-new"), {"kind": "messages", "days": "0"}).status_code == 400
    assert (
        client.post(reverse("retention-rule-new"), {"kind": "messages", "days": "30", "campaign": ""}).status_code
        == 302
    )
    rule = RetentionRule.objects.get()
    assert not rule.is_on
    client.post(reverse("retention-count", args=[rule.pk]))
    client.post(reverse("retention-run", args=[rule.pk]))
    sweep_requests()
    assert sorted(RetentionRun.objects.values_list("is_dry", "state")) == [(False, "done"), (True, "done")]
    for name, arguments in (("retention", []), ("retention-rule", [rule.pk])):
        assert client.get(reverse(name, args=arguments)).status_code == 200
    client.post(reverse("retention-remove", args=[rule.pk]))
    assert not RetentionRule.objects.exists()


@pytest.mark.shows("S07", "S09", "S61", "S62", "S63")
def test_nobody_else_gets_in_and_nothing_happens(client: Client, cast: Cast) -> None:
    contact, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Otra")
    rule = RetentionRule.objects.create(kind="messages", days=30)
    of_person = ("privacy-person", "privacy-export", "privacy-hold", "privacy-erase")
    of_rule = ("retention-rule", "retention-count", "retention-run", "retention-remove")
    said = {"reason": "Juicio", "confirmation": str(contact.pk)}
    signed_in(client, cast.luis)
    for name, key in (*((each, contact.pk) for each in of_person), *((each, rule.pk) for each in of_rule)):
        for send in (client.get, client.post):
            assert send(reverse(name, args=[key]), said).status_code in (403, 405)
    luis = User.objects.get(pk=cast.luis.pk)
    luis.user_permissions.add(factories.permission("manage_privacy"))
    signed_in(client, User.objects.get(pk=luis.pk))
    for name in of_person:
        send = client.get if name == "privacy-person" else client.post
        assert send(reverse(name, args=[foreign.pk]), {**said, "confirmation": str(foreign.pk)}).status_code == 404
    assert "Otra" not in client.get(reverse("privacy"), {"q": "otra"}).text.replace("otra", "")
    assert not PersonExport.objects.exists()
    assert not Erasure.objects.exists()
    assert not LegalHold.objects.exists()
    assert RetentionRule.objects.count() == 1
    assert not RetentionRun.objects.exists()

"""Privacy over REST: asked for, followed until it is done, and journaled; another team's person, and who has no right, reach nothing."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from contacts.models import Contact, LegalHold
from core.models import JournalEntry
from privacy.models import Erasure, PersonExport, RetentionRule, RetentionRun
from privacy.tasks import sweep_requests
from tests import factories
from tests.contacts.people import person, phone_of
from tests.factories import ROCIO, Cast
from tests.untouched import untouched

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def keeper(cast: Cast) -> User:
    """A supervisor of Ventas who may manage privacy, and sees their own team alone."""
    cast.luis.user_permissions.add(factories.permission("manage_privacy"))
    user: User = User.objects.get(pk=cast.luis.pk)
    return user


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    content = {"content_type": "application/json"} if method != "get" else {}
    return getattr(client, method)(f"/api/v1/privacy/{path}", body, **content)


def verbs(contact: Contact) -> set[str]:
    return set(JournalEntry.objects.filter(subject_id=str(contact.pk)).values_list("verb", flat=True))


@pytest.mark.shows("S61", "S62", "B-10")
def test_a_person_is_counted_handed_out_held_and_erased_over_rest(cast: Cast, keeper: User) -> None:
    contact = person(cast.team, first_name="Rocío", last_name="Benítez")
    phone_of(contact, ROCIO)
    luis, here = signed_in(keeper), f"people/{contact.pk}/"
    held = send(luis, "get", here).json()
    assert (held["contact_id"], held["counts"]["points"], held["hold"], held["exports"]) == (contact.pk, 1, None, [])

    asked = send(luis, "post", f"{here}exports/")
    assert (asked.status_code, asked.json()["state"], asked.json()["is_fetchable"]) == (202, "queued", False)
    again = send(luis, "post", f"{here}exports/")
    assert again.json()["id"] == asked.json()["id"], "a double click is one export"
    one = f"exports/{asked.json()['id']}/"
    assert send(luis, "get", f"{one}file/").status_code == 404, "it is not made yet"
    sweep_requests()
    made = send(luis, "get", one).json()
    assert (made["state"], made["is_fetchable"], made["counts"]["contact"]) == ("done", True, 1)
    archive = zipfile.ZipFile(io.BytesIO(send(luis, "get", f"{one}file/").getvalue()))
    assert "Rocío".encode() in archive.read("contact.json")

    assert send(luis, "post", f"{here}holds/", {"reason": " "}).status_code == 400
    hold = send(luis, "post", f"{here}holds/", {"reason": "Expediente 12"})
    assert (hold.status_code, hold.json()["reason"]) == (201, "Expediente 12")
    refused = send(luis, "post", f"{here}erasures/", {"confirmation": str(contact.pk)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "under_legal_hold")
    assert "Expediente 12" in refused.json()["error"]["message"]
    assert not Erasure.objects.exists()
    assert send(luis, "delete", f"holds/{hold.json()['id']}/").status_code == 204

    wrong = send(luis, "post", f"{here}erasures/", {"confirmation": "Rocío"})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (400, ["confirmation"])
    erasing = send(luis, "post", f"{here}erasures/", {"confirmation": str(contact.pk)})
    assert (erasing.status_code, erasing.json()["state"]) == (202, "queued")
    sweep_requests()
    # The contact is nobody's to see any more; who asked still reads what became of it, and whose name it was stands nowhere.
    after = send(luis, "get", f"erasures/{erasing.json()['id']}/")
    assert (after.status_code, after.json()["state"]) == (200, "done")
    assert "Rocío" not in after.content.decode()
    assert send(luis, "get", f"{one}file/").status_code == 404
    assert verbs(contact) >= {
        "person_export_asked", "person_export_made", "person_export_fetched", "legal_hold_placed", "legal_hold_lifted",
        "person_erasure_asked", "person_erased",
    }  # fmt: skip


@pytest.mark.shows("S63")
def test_a_rule_is_made_counted_run_and_removed_over_rest(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    wrong = send(admin, "post", "retention-rules/", {"kind": "messages", "days": 0})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (400, ["days"])
    made = send(admin, "post", "retention-rules/", {"kind": "messages", "days": 30, "campaign": cast.campaign.pk})
    assert (made.status_code, made.json()["campaign_id"], made.json()["is_on"]) == (201, cast.campaign.pk, False)
    one = f"retention-rules/{made.json()['id']}/"
    edited = send(admin, "put", one, {"kind": "messages", "days": 60, "campaign": cast.campaign.pk})
    assert (edited.status_code, edited.json()["days"]) == (200, 60)
    counted = send(admin, "post", f"{one}counts/").json()
    assert (counted["is_dry"], counted["state"], counted["removed"]) == (True, "done", 0)
    asked = send(admin, "post", f"{one}runs/")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    sweep_requests()
    done = send(admin, "get", f"retention-runs/{asked.json()['id']}/").json()
    assert (done["state"], done["percent"]) == ("done", 100)
    assert len(send(admin, "get", f"{one}runs/").json()["results"]) == 2
    assert [each["days"] for each in send(admin, "get", "retention-rules/").json()["results"]] == [60]
    assert send(admin, "delete", one).status_code == 204
    assert send(admin, "get", one).status_code == 404
    assert JournalEntry.objects.filter(verb__startswith="retention_").count() >= 5


@pytest.mark.shows("S01", "S05", "S07", "S61", "S62")
def test_nobody_reaches_another_teams_person_nor_somebody_elses_export(cast: Cast, keeper: User) -> None:
    mine, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Otra")
    admins = signed_in(cast.admin)
    export = send(admins, "post", f"people/{mine.pk}/exports/").json()["id"]
    foreign_export = send(admins, "post", f"people/{foreign.pk}/exports/").json()["id"]
    hold = send(admins, "post", f"people/{foreign.pk}/holds/", {"reason": "Juicio"}).json()["id"]
    erasure = Erasure.objects.create(contact=foreign, asked_by=cast.admin)
    sweep_requests()
    luis, ana = signed_in(keeper), signed_in(cast.ana)
    asked: list[tuple[str, str, Any]] = [
        ("get", f"people/{foreign.pk}/", None),
        ("post", f"people/{foreign.pk}/exports/", None),
        ("post", f"people/{foreign.pk}/holds/", {"reason": "Juicio"}),
        ("post", f"people/{foreign.pk}/erasures/", {"confirmation": str(foreign.pk)}),
        ("delete", f"holds/{hold}/", None),
        ("get", f"erasures/{erasure.pk}/", None),
        ("get", f"exports/{foreign_export}/", None),
        # Of a person of Luis's own team, and asked for by somebody else.
        ("get", f"exports/{export}/", None),
        ("get", f"exports/{export}/file/", None),
        ("get", f"exports/{uuid.uuid4()}/file/", None),
    ]
    with untouched():
        answers = [(path, send(luis, method, path, body)) for method, path, body in asked]
    assert [(path, answer.status_code) for path, answer in answers if answer.status_code != 404] == []
    assert {answer.json()["error"]["code"] for _path, answer in answers} == {"not_found"}
    with untouched():
        refused = [send(ana, method, path, body).status_code for method, path, body in asked]
    assert set(refused) == {403}
    assert LegalHold.objects.get().lifted_at is None
    assert PersonExport.objects.count() == 2


@pytest.mark.shows("S05", "S07", "S63")
def test_who_sees_some_teams_only_rules_over_those_teams_campaigns_alone(cast: Cast, keeper: User) -> None:
    theirs = cast.other_campaign
    everywhere = RetentionRule.objects.create(kind="messages", days=30)
    foreign = RetentionRule.objects.create(kind="files", days=30, campaign=theirs)
    luis = signed_in(keeper)
    assert send(luis, "get", "retention-rules/").json() == {"results": []}
    with untouched():
        for rule in (everywhere, foreign):
            for method, path, body in (
                ("get", "", None), ("put", "", {"kind": "files", "days": 1, "campaign": cast.campaign.pk}), ("delete", "", None),
                ("post", "counts/", None), ("get", "runs/", None), ("post", "runs/", None),
            ):  # fmt: skip
                answer = send(luis, method, f"retention-rules/{rule.pk}/{path}", body)
                assert (method, path, answer.status_code) == (method, path, 404)
        for campaign in (None, theirs.pk):
            answer = send(luis, "post", "retention-rules/", {"kind": "messages", "days": 1, "campaign": campaign})
            assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["campaign"])
    assert not RetentionRun.objects.exists()
    page = luis.get("/settings/privacy/retention/new/").content.decode()
    assert cast.campaign.name in page
    assert theirs.name not in page
    own = send(luis, "post", "retention-rules/", {"kind": "messages", "days": 30, "campaign": cast.campaign.pk})
    assert own.status_code == 201
    assert send(luis, "post", f"retention-rules/{own.json()['id']}/counts/").status_code == 201

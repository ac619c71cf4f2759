"""The back office's pages of shortcuts and resources: who enters, what is found, and that nothing typed or archived is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from campaigns.actions import ResourceWords, ShortcutWords, create_resource, create_shortcut
from campaigns.models import Resource, Shortcut
from tests import factories
from tests.security.vectors import VECTORS
from tests.security.world import picture, signed_in
from tests.untouched import untouched


@pytest.fixture(autouse=True)
def own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def luis(cast: factories.Cast) -> Client:
    return signed_in(cast.luis)


def test_an_agent_does_not_enter_and_another_teams_does_not_exist(cast: factories.Cast, luis: Client) -> None:
    theirs = create_shortcut(ShortcutWords(code="suyo", text="x", campaign_id=cast.other_campaign.pk), by=cast.admin)
    resource = create_resource(
        "text", ResourceWords(name="Suyo", text="x", campaign_id=cast.other_campaign.pk), by=cast.admin
    )
    ana = signed_in(cast.ana)
    for address in (
        "/settings/shortcuts/",
        "/settings/shortcuts/new/",
        "/settings/resources/",
        "/settings/resources/new/",
    ):
        assert ana.get(address).status_code == 403
        assert Client().get(address).status_code == 302
        assert luis.get(address).status_code == 200
    for kind, row in (("shortcuts", theirs), ("resources", resource)):
        assert "suyo" not in luis.get(f"/settings/{kind}/").content.decode().lower()
        with untouched():
            answers = [
                luis.get(f"/settings/{kind}/{row.pk}/"),
                luis.post(f"/settings/{kind}/{row.pk}/", {"code": "mio", "name": "Mío", "text": "x"}),
                luis.post(f"/settings/{kind}/{row.pk}/archive/"),
            ]
        assert [each.status_code for each in answers] == [404, 404, 404]


def test_a_shortcut_is_made_changed_archived_and_comes_back(cast: factories.Cast, luis: Client) -> None:
    form = {
        "code": "/Hola",
        "name": "Saludo",
        "campaign": str(cast.campaign.pk),
        "text": "Hola {nombre}",
        "position": "",
    }
    assert luis.post("/settings/shortcuts/new/", form).status_code == 302
    shortcut = Shortcut.objects.get()
    assert (shortcut.code, shortcut.campaign, shortcut.position) == ("hola", cast.campaign, 0)
    page = luis.get(f"/settings/shortcuts/{shortcut.pk}/")
    version = page.context["form"]["version"].value()
    changed = form | {"text": "Buenas, {nombre}", "version": version}
    assert luis.post(f"/settings/shortcuts/{shortcut.pk}/", changed).status_code == 302
    # A second editor, who read it before, keeps what they typed and is told what is stored.
    stale = luis.post(f"/settings/shortcuts/{shortcut.pk}/", form | {"text": "Otra cosa", "version": version})
    assert stale.status_code == 400
    assert "Otra cosa" in stale.content.decode()
    assert Shortcut.objects.get().text == "Buenas, {nombre}"
    told = luis.post(f"/settings/shortcuts/{shortcut.pk}/archive/", follow=True)
    assert f"/settings/shortcuts/{shortcut.pk}/restore/" in told.content.decode()
    assert "/hola" not in luis.get("/settings/shortcuts/").content.decode()
    assert "/hola" in luis.get("/settings/shortcuts/?state=archived").content.decode()
    luis.post(f"/settings/shortcuts/{shortcut.pk}/restore/")
    assert Shortcut.objects.live().get() == shortcut


def test_what_is_refused_is_said_at_its_field_and_what_was_typed_stays(cast: factories.Cast, luis: Client) -> None:
    create_shortcut(ShortcutWords(code="hola", text="x", campaign_id=cast.campaign.pk), by=cast.luis)
    form = {"code": "hola", "campaign": str(cast.campaign.pk), "text": "Lo que escribí"}
    with untouched():
        again = luis.post("/settings/shortcuts/new/", form)
        company = luis.post("/settings/shortcuts/new/", form | {"code": "otro", "campaign": ""})
        spaced = luis.post("/settings/shortcuts/new/", form | {"code": "con espacio"})
    assert [each.status_code for each in (again, company, spaced)] == [400, 400, 400]
    assert "code" in again.context["form"].errors
    assert "Lo que escribí" in again.content.decode()
    assert "code" in spaced.context["form"].errors


@pytest.mark.shows("004-07")
def test_a_resource_with_a_file_is_uploaded_and_a_wrong_one_refused_at_the_file(
    cast: factories.Cast, luis: Client
) -> None:
    form = {"kind": "image", "name": "Plano", "campaign": str(cast.campaign.pk), "text": "Aquí, {nombre}"}
    with untouched():
        missing = luis.post("/settings/resources/new/", form)
        wrong = luis.post("/settings/resources/new/", form | {"kind": "video", "file": picture()})
    assert (missing.status_code, list(missing.context["form"].errors)) == (400, ["__all__", "file"])
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["__all__", "file"])
    assert luis.post("/settings/resources/new/", form | {"file": picture("plano.png")}).status_code == 302
    resource = Resource.objects.get()
    page = luis.get(f"/settings/resources/{resource.pk}/").content.decode()
    assert "plano.png" in page
    assert f"/media/resources/{resource.pk}/thumbnail/" in page
    assert "Aquí, Rocío" in page


def test_lists_are_searched_and_narrowed(cast: factories.Cast, luis: Client) -> None:
    words = create_resource("text", ResourceWords(name="Garantía", text="Dos años"), by=cast.admin)
    picture_ = create_resource(
        "image", ResourceWords(name="Plano", campaign_id=cast.campaign.pk), by=cast.luis, file=picture()
    )
    create_shortcut(ShortcutWords(code="garantia", resource_id=words.pk), by=cast.admin)
    create_shortcut(ShortcutWords(code="plano", resource_id=picture_.pk, campaign_id=cast.campaign.pk), by=cast.luis)

    def names(address: str) -> list[str]:
        return [str(row) for row in luis.get(address).context["page"].rows]

    assert names("/settings/resources/") == ["Garantía", "Plano"]
    assert names("/settings/resources/?order=-name") == ["Plano", "Garantía"]
    assert names("/settings/resources/?q=garantia") == ["Garantía"]
    assert names("/settings/resources/?kind=image") == ["Plano"]
    assert names("/settings/resources/?campaign=company") == ["Garantía"]
    assert names(f"/settings/resources/?campaign={cast.campaign.pk}") == ["Plano"]
    assert names("/settings/shortcuts/?q=/gar") == ["garantia"]
    assert names("/settings/shortcuts/?kind=text") == ["garantia"]
    assert names("/settings/shortcuts/?kind=image") == ["plano"]
    # The company's is shown to a supervisor and says why it cannot be changed.
    page = luis.get(f"/settings/resources/{words.pk}/").content.decode()
    assert "Es de toda la empresa" in page


@pytest.mark.shows("S30", "S35")
def test_dangerous_texts_stay_texts_on_every_page(cast: factories.Cast, luis: Client) -> None:
    for number, vector in enumerate(VECTORS):
        words = ResourceWords(name=vector[:80] or "x", text=vector, campaign_id=cast.campaign.pk, position=number)
        create_resource("text", words, by=cast.luis)
    pages = [luis.get("/settings/resources/").content.decode()]
    pages += [luis.get(f"/settings/resources/{each.pk}/").content.decode() for each in Resource.objects.all()[:40]]
    for page in pages:
        assert "<script>window.xss" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page

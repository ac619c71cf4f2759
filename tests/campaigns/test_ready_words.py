"""Shortcuts and the gallery of resources: who changes which, what is refused field by field, and what nobody loses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from campaigns import variables
from campaigns.actions import (
    ResourceWords,
    ShortcutWords,
    StillUsed,
    archive_resource,
    archive_shortcut,
    change_resource,
    change_shortcut,
    create_resource,
    create_shortcut,
    restore_shortcut,
)
from campaigns.models import Resource, Shortcut
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from tests import factories
from tests.concurrency import together
from tests.security.vectors import VECTORS
from tests.security.world import picture
from tests.untouched import untouched


@pytest.fixture(autouse=True)
def own_media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


# --- Variables --------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "{{settings.SECRET_KEY}}", "{{nombre}}", "{0.__class__}", "{nombre.__class__}", "{nombre!r}", "{nombre:>10}", "{nombre[0]}", "%", "%s", "%(nombre)s",
    "${nombre}", "{% debug %}", "{__class__}", "{}", "{0}", "{ nombre }", "{settings}", "{otra}", "{nombre", "nombre}", "\\{x}",
]  # fmt: skip
VALUES = {"nombre": "Rocío", "agente": "Ana", "settings": "leaked", "otra": "leaked", "0": "leaked"}


@pytest.mark.shows("S35")
@pytest.mark.parametrize("text", [each for each in HOSTILE if each != "${nombre}"])
def test_what_is_no_listed_variable_stays_as_it_was_written(text: str) -> None:
    assert variables.fill(text, VALUES).text == text
    assert variables.fill(f"a {text} b", VALUES).missing == ()


@pytest.mark.shows("S35")
def test_every_dangerous_text_stays_a_text_in_the_words_and_in_the_values() -> None:
    for vector in VECTORS:
        assert variables.fill(vector, VALUES).text == vector
        # One pass: what a value says is never a variable of its own.
        hostile = variables.fill("{nombre}|{agente}", {"nombre": vector or "x", "agente": "{nombre}"})
        assert hostile.text == f"{vector.strip()}|{{nombre}}"


@pytest.mark.shows("P0-16")
def test_known_values_are_put_in_and_missing_ones_are_named_where_they_stand() -> None:
    filled = variables.fill("Hola {Nombre} {apellido}, soy {agente} de {empresa} ({campaña}) {apellido}", VALUES)
    assert filled.text == "Hola Rocío {apellido}, soy Ana de {empresa} ({campaña}) {apellido}"
    assert filled.missing == ("apellido", "empresa", "campaña")
    assert variables.used_in("{agente} {nada} {AGENTE}") == ("agente",)


# --- Who may ----------------------------------------------------------------------------------------------------------------


def test_a_supervisor_changes_those_of_their_campaigns_and_an_admin_the_companys(cast: factories.Cast) -> None:
    ours = create_shortcut(ShortcutWords(code="Hola1", text="Hola", campaign_id=cast.campaign.pk), by=cast.luis)
    company = create_shortcut(ShortcutWords(code="hola1", text="Buenas"), by=cast.admin)
    assert (ours.code, company.campaign) == ("hola1", None)
    verbs = list(JournalEntry.objects.filter(verb="shortcut_created").values_list("actor_label", flat=True))
    assert sorted(verbs) == ["admin", "luis"]
    refusals: list[tuple[type[Exception], Callable[[], Any]]] = [
        # The company's are not a supervisor's, another team's campaign does not exist for them, and an agent changes nothing.
        (NotAllowed, lambda: create_shortcut(ShortcutWords(code="x", text="x"), by=cast.luis)),
        (NotAllowed, lambda: change_shortcut(company.pk, ShortcutWords(code="x", text="x"), by=cast.luis)),
        (NotFound, lambda: create_shortcut(ShortcutWords(code="x", text="x", campaign_id=cast.other_campaign.pk), by=cast.luis)),
        (NotFound, lambda: create_shortcut(ShortcutWords(code="x", text="x", campaign_id=cast.campaign.pk), by=cast.ana)),
        (NotAllowed, lambda: archive_shortcut(ours.pk, by=cast.ana)),
        (NotFound, lambda: archive_shortcut(ours.pk, by=cast.eva)),
        (NotFound, lambda: change_shortcut(ours.pk, ShortcutWords(code="x", text="x", campaign_id=cast.other_campaign.pk), by=cast.luis)),
        (NotFound, lambda: archive_shortcut(10**9, by=cast.admin)),
    ]  # fmt: skip
    for error, attempt in refusals:
        with untouched(), pytest.raises(error):
            attempt()


def test_everybody_sees_the_companys_and_nobody_those_of_another_team(cast: factories.Cast) -> None:
    ours = create_shortcut(ShortcutWords(code="a", text="a", campaign_id=cast.campaign.pk), by=cast.luis)
    company = create_shortcut(ShortcutWords(code="b", text="b"), by=cast.admin)
    seen = {
        user.username: set(Shortcut.objects.visible_to(user)) for user in (cast.ana, cast.luis, cast.eva, cast.admin)
    }
    assert seen == {"ana": {ours, company}, "luis": {ours, company}, "eva": {company}, "admin": {ours, company}}


# --- Shortcuts --------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-08")
def test_a_code_stands_once_in_its_campaign_whatever_its_capitals_and_is_free_again_when_archived(
    cast: factories.Cast,
) -> None:
    first = create_shortcut(ShortcutWords(code="precio", text="Uno", campaign_id=cast.campaign.pk), by=cast.luis)
    again = ShortcutWords(code="PRECIO", text="Dos", campaign_id=cast.campaign.pk)
    with untouched(), pytest.raises(Invalid) as refused:
        create_shortcut(again, by=cast.luis)
    assert list(refused.value.fields) == ["code"]
    archive_shortcut(first.pk, by=cast.luis)
    archive_shortcut(first.pk, by=cast.luis)
    assert JournalEntry.objects.filter(verb="shortcut_archived").count() == 1
    create_shortcut(again, by=cast.luis)
    with untouched(), pytest.raises(Invalid):
        restore_shortcut(first.pk, by=cast.luis)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_one_code_at_once_one_is_told(committed_cast: factories.Cast) -> None:
    cast = committed_cast

    def save(number: int) -> Shortcut:
        return create_shortcut(ShortcutWords(code="uno", text=str(number)), by=cast.admin)

    outcomes = together([partial(save, number) for number in range(6)])
    saved = [each for each in outcomes if isinstance(each, Shortcut)]
    assert len(saved) == Shortcut.objects.count() == 1
    assert [list(each.fields) for each in outcomes if isinstance(each, Invalid)] == [["code"]] * 5


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (ShortcutWords(code="", text="x"), "code"),
        (ShortcutWords(code="con espacio", text="x"), "code"),
        (ShortcutWords(code="a-b", text="x"), "code"),
        (ShortcutWords(code="a" * 33, text="x"), "code"),
        (ShortcutWords(code="a", text=" "), "text"),
        (ShortcutWords(code="a", text="x" * 4097), "text"),
        (ShortcutWords(code="a", text="x", name="x" * 81), "name"),
        (ShortcutWords(code="a", text="x", position=-1), "position"),
        (ShortcutWords(code="a", resource_id=10**9), "resource"),
    ],
)
def test_a_shortcut_is_refused_at_its_field(cast: factories.Cast, words: ShortcutWords, field: str) -> None:
    with untouched(), pytest.raises(Invalid) as refused:
        create_shortcut(words, by=cast.admin)
    assert list(refused.value.fields) == [field]


# --- Resources --------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("004-07")
def test_a_resource_with_a_file_is_measured_and_a_new_file_takes_the_place_of_the_old(
    cast: factories.Cast, own_media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    words = ResourceWords(name="Plano", text="Hola {nombre}", campaign_id=cast.campaign.pk)
    resource = create_resource("image", words, by=cast.luis, file=picture("plano.png"))
    assert (resource.mime, resource.width, resource.height, resource.file_name) == ("image/png", 3, 2, "plano.png")
    assert len(files(own_media)) == 2  # the file and its small picture
    old = resource.path
    with django_capture_on_commit_callbacks(execute=True):
        changed = change_resource(resource.pk, words, by=cast.luis, file=picture("otro.png"))
    assert changed.path != old
    assert len(files(own_media)) == 2
    change_resource(resource.pk, words, by=cast.luis)
    assert Resource.objects.get().file_name == "otro.png"


@pytest.mark.parametrize(
    ("kind", "file", "field"),
    [
        ("image", None, "file"),
        ("image", SimpleUploadedFile("a.png", b"<script>alert(1)</script>", content_type="image/png"), "file"),
        ("image", SimpleUploadedFile("a.png", b"", content_type="image/png"), "file"),
        ("image", SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 40, content_type="image/png"), "file"),
        ("video", SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 40, content_type="video/mp4"), "file"),
        ("document", SimpleUploadedFile("a.exe", b"MZ", content_type="application/x-msdownload"), "file"),
        ("document", SimpleUploadedFile("a.pdf", b"no pdf", content_type="application/pdf"), "file"),
        ("image", SimpleUploadedFile("a.jpg", b"\xff\xd8\xff" + b"x" * (5 * 1024 * 1024), content_type="image/jpeg"), "file"),
        ("sticker", picture(), "kind"),
    ],
)  # fmt: skip
def test_a_file_that_could_not_be_sent_is_refused_and_nothing_of_it_is_kept(
    cast: factories.Cast, own_media: Path, kind: str, file: SimpleUploadedFile | None, field: str
) -> None:
    with untouched(), pytest.raises(Invalid) as refused:
        create_resource(kind, ResourceWords(name="Algo"), by=cast.admin, file=file)
    assert list(refused.value.fields) == [field]
    assert files(own_media) == []


def test_a_resource_that_a_shortcut_expands_to_is_not_archived_behind_its_back(cast: factories.Cast) -> None:
    resource = create_resource("text", ResourceWords(name="Saludo", text="Hola"), by=cast.admin)
    shortcut = create_shortcut(ShortcutWords(code="s1", resource_id=resource.pk), by=cast.admin)
    assert shortcut.kind == "text"
    with untouched(), pytest.raises(StillUsed):
        archive_resource(resource.pk, by=cast.admin)
    # Nor moved to one campaign, where the company's shortcut would find it no more.
    with untouched(), pytest.raises(Invalid) as refused:
        change_resource(
            resource.pk, ResourceWords(name="Saludo", text="Hola", campaign_id=cast.campaign.pk), by=cast.admin
        )
    assert list(refused.value.fields) == ["campaign"]
    archive_shortcut(shortcut.pk, by=cast.admin)
    assert archive_resource(resource.pk, by=cast.admin).archived_at is not None


def test_a_shortcut_takes_no_resource_that_its_agents_would_not_find(cast: factories.Cast) -> None:
    theirs = create_resource(
        "text", ResourceWords(name="x", text="x", campaign_id=cast.other_campaign.pk), by=cast.admin
    )
    for words in (
        ShortcutWords(code="a", resource_id=theirs.pk),
        ShortcutWords(code="a", resource_id=theirs.pk, campaign_id=cast.campaign.pk),
    ):
        with untouched(), pytest.raises(Invalid):
            create_shortcut(words, by=cast.admin)

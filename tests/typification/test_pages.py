"""The tree's page: who comes in, what each step answers, and that nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import JournalEntry
from tests.factories import Cast
from tests.witness import nothing_happens
from typification.actions import add_node, change_node
from typification.models import Typification

JSON = {"HTTP_ACCEPT": "application/json"}


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def doors(node: Typification) -> list[tuple[str, str]]:
    return [
        ("get", reverse("typifications")),
        ("get", reverse("typification", args=[node.pk])),
        ("post", reverse("typification", args=[node.pk])),
        ("post", reverse("typification-add")),
        *(
            ("post", reverse(f"typification-{step}", args=[node.pk]))
            for step in ("rename", "place", "archive", "restore", "delete")
        ),
        ("get", reverse("typification-uses")),
        ("get", reverse("typification-campaigns", args=[node.pk])),
    ]


@pytest.mark.parametrize("who", ["ana", "luis", "eva"])
@pytest.mark.shows("S01", "S07")
def test_nobody_but_who_may_edit_the_tree_comes_in(cast: Cast, who: str) -> None:
    node = Typification.objects.get(name="Interesado")
    client = signed_in(getattr(cast, who))
    before = list(Typification.objects.order_by("pk").values())
    for method, path in doors(node):
        assert getattr(client, method)(path).status_code == 403
    assert list(Typification.objects.order_by("pk").values()) == before
    assert reverse("typifications").encode() not in client.get("/").content


def test_a_stranger_is_sent_to_the_door_and_a_form_without_its_token_changes_nothing(cast: Cast) -> None:
    node = Typification.objects.get(name="Interesado")
    for method, path in doors(node):
        answer = getattr(Client(), method)(path)
        assert (answer.status_code, "login" in answer["Location"]) == (302, True)
    client = signed_in(cast.admin, enforce_csrf_checks=True)
    with nothing_happens():
        for method, path in doors(node):
            if method == "post":
                assert client.post(path).status_code == 403


def test_the_page_draws_the_tree_with_its_levels(cast: Cast) -> None:
    page = signed_in(cast.admin).get(reverse("typifications")).content.decode()
    assert page.count('role="treeitem"') == Typification.objects.count()
    assert 'aria-level="2"' in page
    assert "Sistema" in page


def saved(node: Typification, **changes: Any) -> dict[str, Any]:
    values = {
        "name": node.name,
        "parent": node.parent_id or "",
        "applies_to": node.applies_to,
        "asks_callback": node.asks_callback,
        "auto_callback_hours": "",
        "version": str(node.version),
        "recyclable": "on",
    }
    return values | changes


def test_a_node_is_saved_with_its_place_and_the_error_stands_at_its_field(cast: Cast) -> None:
    node, heading = Typification.objects.get(name="No responde"), Typification.objects.get(name="Reclamo")
    client = signed_in(cast.admin)
    path = reverse("typification", args=[node.pk])
    answer = client.post(path, saved(node, parent=heading.pk, requires_note="on", auto_callback_hours="24"))
    assert answer.status_code == 302
    node.refresh_from_db()
    assert (node.parent, node.requires_note, node.auto_callback_after.total_seconds()) == (heading, True, 86400)
    with nothing_happens():
        for changes, field in (
            ({"name": ""}, "name"),
            ({"name": "Servicio"}, "name"),
            ({"auto_callback_hours": "0"}, "auto_callback_hours"),
            ({"auto_callback_hours": "mañana"}, "auto_callback_hours"),
            ({"applies_to": "fax"}, "applies_to"),
            ({"parent": node.pk}, "parent"),
            ({"parent": "x"}, "parent"),
        ):
            refused = client.post(path, saved(node, **changes))
            assert refused.status_code == 400
            assert field in refused.context["form"].errors


def test_a_second_editor_keeps_what_was_typed_and_sees_what_is_stored(cast: Cast) -> None:
    node = Typification.objects.get(name="No responde")
    client = signed_in(cast.admin)
    change_node(node.pk, by=cast.luis, version=None, name="No contesta", behaviour={})
    answer = client.post(reverse("typification", args=[node.pk]), saved(node, name="Ocupado"))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="Ocupado"' in page
    assert "No contesta" in page
    again = client.post(
        reverse("typification", args=[node.pk]),
        saved(node, name="Ocupado", version=answer.context["form"].data["version"]),
    )
    assert again.status_code == 302
    node.refresh_from_db()
    assert node.name == "Ocupado"


def test_each_step_answers_the_tree_in_json_and_a_form_with_the_page(cast: Cast) -> None:
    client = signed_in(cast.admin)
    heading = Typification.objects.get(name="Interesado")
    added = client.post(reverse("typification-add"), {"name": "Visita", "parent": heading.pk}, **JSON)
    node_id = added.json()["node"]["id"]
    assert (
        client.post(reverse("typification-rename", args=[node_id]), {"name": "Visita 2"}, **JSON).json()["node"]["name"]
        == "Visita 2"
    )
    refused = client.post(reverse("typification-rename", args=[node_id]), {"name": " "}, **JSON)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["name"])
    assert client.post(reverse("typification-place", args=[node_id]), {"steps": "-1"}, **JSON).status_code == 200
    assert (
        client.post(reverse("typification-place", args=[node_id]), {"parent": "", "before": heading.pk}).status_code
        == 302
    )
    assert Typification.objects.get(pk=node_id).parent is None
    assert client.post(reverse("typification-archive", args=[node_id])).status_code == 302
    assert Typification.objects.get(pk=node_id).archived
    assert client.post(reverse("typification-restore", args=[node_id]), **JSON).status_code == 200
    assert client.post(reverse("typification-delete", args=[node_id])).url == reverse("typifications")
    assert client.post(reverse("typification-delete", args=[node_id]), **JSON).status_code == 404
    assert client.get(reverse("typification", args=[node_id])).status_code == 404
    assert JournalEntry.objects.filter(subject_id=str(node_id)).count() == 7


def test_a_used_node_is_not_deleted_and_the_page_says_why(cast: Cast) -> None:
    client = signed_in(cast.admin)
    used = Typification.objects.get(name="Reclamo")
    answer = client.post(reverse("typification-delete", args=[used.pk]), follow=True)
    assert "Se usa" in answer.content.decode()
    assert Typification.objects.filter(pk=used.pk).exists()


@pytest.mark.shows("S30")
def test_a_name_is_shown_as_text_whatever_it_holds(cast: Cast) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    node = add_node(hostile, by=cast.admin)
    client = signed_in(cast.admin)
    for path in (reverse("typifications"), reverse("typification", args=[node.pk])):
        assert hostile not in client.get(path).content.decode()


def test_the_page_is_told_who_offers_an_outcome(cast: Cast) -> None:
    client = signed_in(cast.admin)
    leaf = Typification.objects.get(name="Servicio")
    page = client.get(reverse("typification-campaigns", args=[leaf.pk])).content.decode()
    assert cast.campaign.name in page
    assert "Reclamo" in page
    assert client.get(reverse("typification-campaigns", args=[0])).status_code == 404
    assert client.get(reverse("typification-uses")).json() == {"uses": {}}

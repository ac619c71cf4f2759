"""Setting contacts up over REST: as the pages do it, for administrators only, and nothing happens for others."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from contacts.models import ContactGroup, DocumentType, FieldDefinition, Tag
from tests.accounts.conftest import browse  # noqa: F401  # a fixture of the back office
from tests.factories import Cast

BODIES: dict[str, tuple[type[Any], dict[str, Any], dict[str, Any], str]] = {
    "document-types": (DocumentType, {"name": "Carné", "pattern": "[0-9]{6}", "example": "123456"}, {"name": "Carné B"}, "pattern"),
    "contact-fields": (FieldDefinition, {"label": "Edad", "kind": "number", "minimum": "18"}, {"label": "Años", "kind": "number"}, "label"),
    "tags": (Tag, {"name": "Promo", "hue": "ochre"}, {"name": "Promo 500"}, "name"),
    "contact-groups": (ContactGroup, {"name": "VIP", "kind": "rule", "rule": {"vip": ["1"]}},
                       {"name": "Los VIP", "kind": "rule", "rule": {"vip": ["1"], "point": ["email"]}}, "name"),
}  # fmt: skip
WRONG: dict[str, dict[str, Any]] = {
    "document-types": {"name": " ", "pattern": "(a+)+"},
    "contact-fields": {"label": " "},
    "tags": {"name": " "},
    "contact-groups": {"name": ""},
}


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.shows("S07")
@pytest.mark.parametrize("path", BODIES)
def test_an_administrator_makes_changes_and_archives_and_others_do_nothing(cast: Cast, browse: Any, path: str) -> None:  # noqa: F811  # a fixture
    model, first, second, field = BODIES[path]
    before = model.objects.count()
    admin, ana = browse(cast.admin), browse(cast.ana)
    assert send(ana, "post", f"{path}/", first).status_code == 403
    assert model.objects.count() == before
    made = send(admin, "post", f"{path}/", first)
    assert made.status_code == 201
    one = f"{path}/{made.json()['id']}/"
    for method in ("put", "delete"):
        assert send(ana, method, one, second).status_code == 403
    wrong = send(admin, "post", f"{path}/", WRONG[path])
    assert (wrong.status_code, field in wrong.json()["error"]["fields"]) == (400, True)
    written = send(admin, "put", one, second | {"version": made.json()["version"]})
    assert written.status_code == 200
    assert send(admin, "put", one, first | {"version": made.json()["version"]}).status_code == 409
    assert send(admin, "delete", one).status_code == 204
    assert model.objects.get(pk=made.json()["id"]).archived_at is not None
    assert send(admin, "delete", f"{path}/987654321/").status_code == 404

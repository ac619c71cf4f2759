"""Every kind that a business may send is looked at as the Graph API looks at it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from simulator.server import Running
from tests.simulator.conftest import send

GOOD: dict[str, Any] = {
    "location": {"latitude": -25.2, "longitude": "-57.6"},
    "contacts": [{"name": {"formatted_name": "Ana Gómez", "first_name": "Ana"}, "phones": [{"phone": "1"}]}],
    "reaction": {"message_id": "wamid.x", "emoji": "👍"},
    "interactive": {
        "type": "button",
        "body": {"text": "¿?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "Sí"}}]},
    },
    "template": {"name": "recordatorio", "language": {"code": "es"}},
}


def buttons(*titles: str) -> list[dict[str, Any]]:
    return [{"type": "reply", "reply": {"id": str(n), "title": title}} for n, title in enumerate(titles)]


def rows(number: int) -> list[dict[str, str]]:
    return [{"id": str(n), "title": str(n)} for n in range(number)]


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_well_formed_is_accepted(graph: httpx.Client, kind: str) -> None:
    assert send(graph, type=kind, text=None, **{kind: GOOD[kind]}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "code", "part"),
    [
        ("location", 100, {"latitude": 91, "longitude": 0}),
        ("location", 100, {"latitude": "norte", "longitude": 0}),
        ("contacts", 100, [{"phones": [{"phone": "1"}]}]),
        ("contacts", 131009, [{"name": {"formatted_name": "Ana"}}]),
        ("reaction", 100, {"emoji": "👍"}),
        ("reaction", 131009, {"message_id": "wamid.x", "emoji": "hola"}),
        ("interactive", 100, GOOD["interactive"] | {"type": "carrusel"}),
        ("interactive", 100, GOOD["interactive"] | {"body": {"text": ""}}),
        ("interactive", 100, GOOD["interactive"] | {"action": {"buttons": buttons("1", "2", "3", "4")}}),
        ("interactive", 131009, GOOD["interactive"] | {"action": {"buttons": buttons("x" * 21)}}),
        ("interactive", 131009, GOOD["interactive"] | {"body": {"text": "x" * 1025}}),
        ("interactive", 131009, {"type": "list", "body": {"text": "¿?"}, "action": {"button": "Ver", "sections": [{"title": "a", "rows": rows(6)}, {"title": "b", "rows": rows(6)}]}}),
        ("interactive", 100, {"type": "cta_url", "body": {"text": "¿?"}, "action": {"name": "cta_url", "parameters": {"display_text": "x", "url": "ftp://x"}}}),
        ("template", 132001, {"name": "promo", "language": {"code": "es"}}),
        ("template", 132001, {"name": "recordatorio", "language": {"code": "en"}}),
        ("template", 132000, {"name": "visita_tecnica", "language": {"code": "es"}}),
        ("template", 132012, {"name": "factura", "language": {"code": "es"}}),
    ],
)  # fmt: skip
def test_what_is_not_is_refused_with_metas_code(graph: httpx.Client, kind: str, code: int, part: Any) -> None:
    answer = send(graph, type=kind, text=None, **{kind: part})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["code"] == code


def test_templates_are_listed_by_pages(graph: httpx.Client, simulator: Running) -> None:
    address, seen, after = f"/v25.0/{simulator.world.config.waba_id}/message_templates", [], ""
    for _page in range(10):
        page = graph.get(address, params={"limit": 3, **({"after": after} if after else {})}).json()
        seen.extend(each["name"] for each in page["data"])
        after = page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
    assert seen == ["recordatorio", "visita_tecnica", "factura", "promo"]
    assert graph.get(address, params={"limit": 0}).json()["error"]["code"] == 100
    assert graph.get(address, params={"after": "nonsense"}).json()["error"]["code"] == 100


def test_a_script_refuses_one_customer_so_many_times(graph: httpx.Client, simulator: Running) -> None:
    simulator.faults(scripts=[{"code": 131048, "customer": "rocio", "times": 2, "status": 429}])
    simulator.write("rocio", "Hola")
    answers = [send(graph) for _n in range(3)]
    assert [each.status_code for each in answers] == [429, 429, 200]
    assert answers[0].json()["error"]["code"] == 131048
    with pytest.raises(ValueError, match="scripts"):
        simulator.faults(scripts=[{"customer": "rocio"}])

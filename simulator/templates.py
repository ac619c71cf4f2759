"""The templates of the business account: listed page by page, and looked at when one is sent."""

import base64
import re
from collections.abc import Iterable
from typing import Any

from simulator import refusals

PAGE = 25
STATUSES = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")

Template = dict[str, Any]


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def demo_templates() -> list[Template]:
    """What a small shop would have had approved, and one that was not."""
    return [
        made("recordatorio", [body("Tienes una cita mañana. Responde a este mensaje para cambiarla.")]),
        made(
            "visita_tecnica",
            [
                {"type": "HEADER", "format": "TEXT", "text": "Visita {{1}}"},
                body("Hola {{1}}, el técnico pasa el {{2}}."),
                {"type": "FOOTER", "text": "Fibra Sur"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirmo"}]},
            ],
        ),
        made(
            "factura",
            [
                {"type": "HEADER", "format": "DOCUMENT"},
                body("Tu factura de {{mes}} ya está lista."),
                {
                    "type": "BUTTONS",
                    "buttons": [{"type": "URL", "text": "Pagar", "url": "https://pagos.example.com/{{1}}"}],
                },
            ],
        ),
        made("promo", [body("¡Oferta!")], category="MARKETING", status="REJECTED", rejected_reason="PROMOTIONAL"),
    ]


def made(
    name: str,
    components: list[dict[str, Any]],
    *,
    language: str = "es",
    category: str = "UTILITY",
    status: str = "APPROVED",
    rejected_reason: str = "NONE",
) -> Template:
    serial = sum(name.encode()) * 10**9 + len(components)
    return {
        "id": str(serial),
        "name": name,
        "language": language,
        "category": category,
        "status": status,
        "components": components,
        "rejected_reason": rejected_reason,
        "quality_score": {"score": "GREEN" if status == "APPROVED" else "UNKNOWN"},
    }


def page(templates: list[Template], *, limit: int, after: str, url: str) -> dict[str, Any]:
    """One page as the Graph API writes it: cursors, and `next` only where there is more."""
    start = _position(after)
    shown = templates[start : start + limit]
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(start + len(shown))}}
    if start + len(shown) < len(templates):
        paging["next"] = f"{url}?limit={limit}&after={paging['cursors']['after']}"
    return {"data": shown, "paging": paging}


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"t{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        found = re.fullmatch(r"t(\d{1,9})", base64.urlsafe_b64decode(cursor).decode())
    except ValueError:
        found = None
    if found is None:
        raise refusals.invalid("Invalid cursor")
    return int(found.group(1))


def check(templates: Iterable[Template], part: dict[str, Any]) -> str:
    """Whether a template may go like this; answers the words the phone shows. Raises the `Refusal` Meta answers with."""
    name, language = part.get("name"), part.get("language")
    if not name or not isinstance(language, dict) or not language.get("code"):
        raise refusals.invalid("The parameters template['name'] and template['language']['code'] are required.")
    known = [each for each in templates if (each["name"], each["language"]) == (name, language["code"])]
    if not known or known[0]["status"] != "APPROVED":
        raise refusals.template(132001, "Template name does not exist in the translation", f"template name ({name})")
    sent = part.get("components", [])
    if not isinstance(sent, list) or not all(isinstance(each, dict) for each in sent):
        raise refusals.invalid("Param template['components'] must be a list of objects.")
    words = []
    for component in known[0]["components"]:
        kind = component["type"].lower()
        if kind == "buttons":
            _check_buttons(component["buttons"], sent)
            continue
        given: list[Any] = next(
            (each.get("parameters", []) for each in sent if str(each.get("type")).lower() == kind), []
        )
        if component.get("format", "TEXT") != "TEXT":
            _check_media(component["format"].lower(), given)
            continue
        words.append(_filled(component.get("text", ""), given))
    return "\n\n".join(word for word in words if word)


def _filled(text: str, given: list[Any]) -> str:
    names = list(dict.fromkeys(re.findall(r"\{\{(\w+)\}\}", text)))
    if len(given) != len(names):
        raise refusals.template(
            132000,
            "Number of parameters does not match the expected number of params",
            f"number of localizable_params ({len(given)}) does not match the expected number of params ({len(names)})",
        )
    is_named = any(not name.isdigit() for name in names)
    values = {}
    for name, parameter in zip(sorted(names, key=int) if not is_named else names, given, strict=True):
        if parameter.get("type") != "text" or not str(parameter.get("text", "")).strip():
            raise refusals.template(132012, "Parameter format does not match format in the created template", text)
        if re.search(r"[\n\t]| {5,}", parameter["text"]):
            raise refusals.template(132018, "Issue with the parameters of the template", "new-line or tab characters")
        values[parameter.get("parameter_name", name) if is_named else name] = parameter["text"]
    if set(values) != set(names):
        raise refusals.template(132012, "Parameter name does not match the created template", text)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found.group(1)], text)


def _check_media(format_: str, given: list[Any]) -> None:
    if len(given) != 1 or given[0].get("type") != format_ or not given[0].get(format_):
        raise refusals.template(
            132012,
            "Parameter format does not match format in the created template",
            f"header: expected {format_.upper()}",
        )


def _check_buttons(buttons: list[dict[str, Any]], sent: list[dict[str, Any]]) -> None:
    given = {str(each.get("index")): each for each in sent if each.get("type") == "button"}
    if any(not index.isdigit() or int(index) >= len(buttons) for index in given):
        raise refusals.template(132012, "Button index does not exist in the template", str(sorted(given)))
    for index, button in enumerate(buttons):
        needs = button["type"] == "COPY_CODE" or (button["type"] == "URL" and "{{" in button.get("url", ""))
        if needs and not given.get(str(index), {}).get("parameters"):
            raise refusals.template(131008, "Required parameter is missing", f"buttons: button at index {index} requires a parameter")  # fmt: skip

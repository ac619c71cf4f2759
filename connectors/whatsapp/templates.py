"""Templates: reading the provider's list, and filling one's variables. The provider counts them; so do we, before it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.kinds import MessageKind
from connectors.outgoing import Location, Problem, gettext_noop, is_web_address
from connectors.whatsapp.access import next_cursor
from connectors.whatsapp.errors import AnswerLost
from connectors.whatsapp.graph import connect, exchange, open_client

NAME_LENGTH: Final = 512
PAGE_SIZE: Final = 100
# Meta allows 250 templates to an unverified account and 6,000 to a verified one; a list without an end is somebody's mistake.
MAX_PAGES: Final = 100
# Meta: a body parameter up to 1,024 characters, a text header 60 in all; a URL's ending up to 2,000; a coupon code 15 (memory).
_BODY_VALUE: Final = 1024
_HEADER_VALUE: Final = 60
_URL_VALUE: Final = 2000
_PAYLOAD: Final = 128
_COUPON: Final = 15
_VARIABLE: Final = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}", re.IGNORECASE)
_MEDIA_HEADERS: Final[Mapping[str, MessageKind]] = {
    "IMAGE": MessageKind.IMAGE,
    "VIDEO": MessageKind.VIDEO,
    "DOCUMENT": MessageKind.DOCUMENT,
}

# Named, because the provider leaves out why it refused one unless it is asked.
_FIELDS: Final = ("id", "name", "language", "category", "status", "components", "rejected_reason", "quality_score")

Component = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """A template as the provider lists it."""

    external_id: str
    name: str
    language: str
    category: str
    status: str
    components: tuple[Component, ...]
    # Why the provider refused it (its own code), and what it thinks of it by how people take it.
    rejected_reason: str = ""
    quality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateValues:
    """What somebody fills a template with.

    Body variables by name (`{{1}}` is "1"); a text header's the same way; buttons by their index. `header_kind` is the kind of the
    file that goes into a media header, None without one.
    """

    header: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    buttons: Mapping[int, str] = field(default_factory=dict)
    header_kind: MessageKind | None = None
    header_location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template ready to go: the parameters for the provider (a media header's file is put in when it is sent) and its words."""

    parameters: tuple[Component, ...]
    text: str


def list_templates(
    graph_url: str, token: str, waba_id: str, *, on_page: Callable[[int], object] = lambda _found: None
) -> list[ListedTemplate]:
    """Return every template of a WhatsApp business account, page after page; `on_page` is told how many there are so far.

    Raises NotSent, SendFailed or AnswerLost (connectors.whatsapp.errors): a list that broke off half-way is no list.
    """
    http = open_client(graph_url)
    try:
        api = connect(graph_url, token, http).api
        found: list[ListedTemplate] = []
        after = ""
        for _page in range(MAX_PAGES):
            pagination = {"limit": PAGE_SIZE, **({"after": after} if after else {})}
            answer = exchange(lambda page=pagination: api.get_templates(waba_id, fields=_FIELDS, pagination=page))  # type: ignore[misc]
            found.extend(_listed(answer))
            on_page(len(found))
            after = next_cursor(answer)
            if not after:
                return found
        raise AnswerLost(f"The list of templates has no end after {MAX_PAGES} pages.")
    finally:
        http.close()


def _listed(answer: Mapping[str, Any]) -> Iterator[ListedTemplate]:
    entries = answer.get("data")
    if not isinstance(entries, list):
        raise AnswerLost("The answer holds no list of templates.")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            continue
        components = entry.get("components")
        yield ListedTemplate(
            external_id=str(entry.get("id") or "")[:64],
            name=entry["name"][:NAME_LENGTH],
            language=str(entry.get("language") or "")[:16],
            category=str(entry.get("category") or "")[:32],
            status=str(entry.get("status") or "")[:32],
            components=tuple(each for each in components if isinstance(each, dict))
            if isinstance(components, list)
            else (),
            rejected_reason=_reason(entry.get("rejected_reason")),
            quality=str(score.get("score") or "")[:16] if isinstance(score := entry.get("quality_score"), dict) else "",
        )


def _reason(said: Any) -> str:
    # NONE is how the provider writes that there is none.
    return said[:64] if isinstance(said, str) and said != "NONE" else ""


def variables_of(text: str) -> list[str]:
    """Return the names of the variables in a component's text, in order, each once: `["1", "2"]` or `["name"]`."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def wanted_values(components: Sequence[Component]) -> dict[str, Any]:
    """Return what a template asks for, for whoever draws its form: header kind, variables of header and body, buttons."""
    header, body = _part(components, "HEADER"), _part(components, "BODY")
    format_ = str(header.get("format") or "").upper()
    return {
        "header_format": format_,
        "header": variables_of(str(header.get("text") or "")) if format_ == "TEXT" else [],
        "body": variables_of(str(body.get("text") or "")),
        "buttons": [
            {"index": index, "type": kind, "text": str(button.get("text") or "")}
            for index, kind, button in _buttons(components)
            if _asks_value(kind, button)
        ],
    }


def fill(components: Sequence[Component], values: TemplateValues) -> tuple[Filled | None, list[Problem]]:
    """Put the values in. Return the filled template, or None and what is wrong with them, field by field."""
    problems: list[Problem] = []
    parameters: list[Component] = []
    header, body = _part(components, "HEADER"), _part(components, "BODY")
    header_text = _fill_header(header, values, parameters, problems)
    body_text = str(body.get("text") or "")
    body_names = variables_of(body_text)
    _check_names("template.body", body_names, values.body, problems)
    _check_lengths("template.body", values.body, _BODY_VALUE, problems)
    if body_names and not problems:
        parameters.append({"type": "body", "parameters": _text_parameters(body_names, values.body)})
    _fill_buttons(components, values, parameters, problems)
    if problems:
        return None, problems
    footer = str(_part(components, "FOOTER").get("text") or "")
    lines = [header_text, _replaced(body_text, values.body), footer]
    return Filled(parameters=tuple(parameters), text="\n\n".join(line for line in lines if line)), []


def with_header_file(parameters: Sequence[Component], kind: MessageKind, media: Component) -> list[Component]:
    """Return the parameters with a media header's uploaded file in them: `{"id": …}`, a document with its file name."""
    header = {"type": "header", "parameters": [{"type": kind.value, kind.value: media}]}
    return [header, *(each for each in parameters if each.get("type") != "header")]


def _fill_header(
    header: Component, values: TemplateValues, parameters: list[Component], problems: list[Problem]
) -> str:
    """Check and add the header's parameter; return the words it shows."""
    format_ = str(header.get("format") or "").upper()
    wanted_kind = _MEDIA_HEADERS.get(format_)
    if values.header_kind is not None and values.header_kind != wanted_kind:
        problems.append(Problem("attachment", gettext_noop("This template does not take such a file.")))
    if wanted_kind is not None and values.header_kind is None:
        problems.append(Problem("attachment", gettext_noop("This template needs a file in its header.")))
    if format_ == "LOCATION":
        if values.header_location is None:
            problems.append(Problem("template.location", gettext_noop("This template needs a location in its header.")))
        else:
            place = {name: str(value) for name, value in values.header_location.as_content().items()}
            parameters.append({"type": "header", "parameters": [{"type": "location", "location": place}]})
    if format_ != "TEXT":
        if values.header:
            problems.append(Problem("template.header", gettext_noop("This template has no such variable.")))
        return ""
    text = str(header.get("text") or "")
    names = variables_of(text)
    _check_names("template.header", names, values.header, problems)
    _check_lengths("template.header", values.header, _HEADER_VALUE, problems)
    if names and not problems:
        parameters.append({"type": "header", "parameters": _text_parameters(names, values.header)})
    return _replaced(text, values.header)


def _fill_buttons(
    components: Sequence[Component], values: TemplateValues, parameters: list[Component], problems: list[Problem]
) -> None:
    known = {index: (kind, button) for index, kind, button in _buttons(components)}
    for index in values.buttons:
        kind, button = known.get(index, ("", {}))
        if not _takes_value(kind, button):
            problems.append(Problem("template.buttons", gettext_noop("This template has no such variable.")))
    for index, (kind, button) in known.items():
        value = values.buttons.get(index, "").strip()
        if not value:
            if _asks_value(kind, button):
                problems.append(
                    Problem("template.buttons", gettext_noop("Every variable of the template needs a value."))
                )
            continue
        longest = {"URL": _URL_VALUE, "COPY_CODE": _COUPON}.get(kind, _PAYLOAD)
        _check_lengths("template.buttons", {str(index): value}, longest, problems)
        if kind == "URL" and not is_web_address(_replaced(str(button.get("url") or ""), {"1": value})):
            problems.append(Problem("template.buttons", gettext_noop("This is not a web address.")))
        parameters.append(_button_parameter(index, kind, value))


def _button_parameter(index: int, kind: str, value: str) -> Component:
    if kind == "COPY_CODE":
        sub_type, parameter = "copy_code", {"type": "coupon_code", "coupon_code": value}
    elif kind == "QUICK_REPLY":
        sub_type, parameter = "quick_reply", {"type": "payload", "payload": value}
    else:
        sub_type, parameter = "url", {"type": "text", "text": value}
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}


def _takes_value(kind: str, button: Component) -> bool:
    return kind == "QUICK_REPLY" or _asks_value(kind, button)


def _asks_value(kind: str, button: Component) -> bool:
    # A one-time password's button is sent as a URL's, with the code as its text.
    return kind in ("COPY_CODE", "OTP") or (kind == "URL" and bool(variables_of(str(button.get("url") or ""))))


def _buttons(components: Sequence[Component]) -> Iterator[tuple[int, str, Component]]:
    buttons = _part(components, "BUTTONS").get("buttons")
    for index, button in enumerate(buttons if isinstance(buttons, list) else []):
        if isinstance(button, dict):
            yield index, str(button.get("type") or "").upper(), button


def _part(components: Sequence[Component], type_: str) -> Component:
    for each in components:
        if str(each.get("type") or "").upper() == type_:
            return each
    return {}


def _check_names(where: str, names: Sequence[str], values: Mapping[str, str], problems: list[Problem]) -> None:
    if set(values) - set(names):
        problems.append(Problem(where, gettext_noop("This template has no such variable.")))
    if any(not values.get(name, "").strip() for name in names):
        problems.append(Problem(where, gettext_noop("Every variable of the template needs a value.")))


def _check_lengths(where: str, values: Mapping[str, str], longest: int, problems: list[Problem]) -> None:
    for value in values.values():
        if len(value) > longest:
            problems.append(Problem(where, gettext_noop("At most %(limit)d characters fit."), {"limit": longest}))
        # Meta refuses a parameter with a line break, a tab or more than four spaces in a row (132018).
        if re.search(r"[\n\r\t]| {5,}", value):
            problems.append(Problem(where, gettext_noop("A variable takes no line breaks, tabs or long gaps.")))


def _text_parameters(names: Sequence[str], values: Mapping[str, str]) -> list[Component]:
    is_positional = all(name.isdecimal() for name in names)
    ordered = sorted(names, key=int) if is_positional else names
    return [
        {"type": "text", "text": values[name].strip(), **({} if is_positional else {"parameter_name": name})}
        for name in ordered
    ]


def _replaced(text: str, values: Mapping[str, str]) -> str:
    # One pass: what a value says is never read as a variable of its own (S35).
    return _VARIABLE.sub(lambda found: values.get(found.group(1), "").strip() or found.group(0), text)

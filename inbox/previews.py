"""The one line of a message that the list shows."""

from __future__ import annotations

from inbox.models.message import Message

LENGTH = 160


def preview_of(message: Message) -> str:
    """The text in one line; where there is none (a picture without a caption) the panel writes the words from `preview_kind`.

    A form that was filled in shows its answers.
    """
    if not message.text.strip():
        return " ".join(named(message)[: LENGTH * 4].split())[:LENGTH]
    return " ".join(message.text[: LENGTH * 4].split())[:LENGTH]


def named(message: Message) -> str:
    answers = message.details.get("interactive", {}).get("answers") or []
    return ", ".join(str(each.get("value", "")) for each in answers)

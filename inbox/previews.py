"""The one line of a message that the list shows."""

from __future__ import annotations

from inbox.models.message import Message

LENGTH = 160


def preview_of(message: Message) -> str:
    """The text in one line; for a picture without a caption the panel writes the words from `preview_kind`, in its language."""
    return " ".join(message.text[: LENGTH * 4].split())[:LENGTH]

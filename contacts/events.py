"""What becomes true about people."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactsChanged(Event):
    """Names or points changed: rows that carry them (denormalised) are to be rewritten."""

    contact_ids: tuple[int, ...]

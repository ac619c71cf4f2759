"""What becomes true about people."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactsChanged(Event):
    """Names or points changed: rows that carry them (denormalised) are to be rewritten."""

    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactsImported(Event):
    """People of a file were made: nothing carries their names yet. One event per chunk."""

    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactsUpdated(Event):
    """As ContactsChanged, of many at once: one event per chunk."""

    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GroupRuleChanged(Event):
    """A group by rule was made, or its rule is another one: who meets it is to be written down anew."""

    group_id: int


@dataclass(frozen=True, kw_only=True)
class GroupMembersChanged(Event):
    """Contacts came into a group by rule or left it. One event per batch."""

    group_id: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactBelongingsChanged(Event):
    """Tags were put on or taken off, or somebody joined or left a group: rows that show them are to be shown anew (001-13)."""

    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactsJoined(Event):
    """`survivor_id` stands for both from now on. `contact_ids`: both, and whoever stood behind the merged one already."""

    survivor_id: int
    merged_id: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactsParted(Event):
    """Two are two again. `contact_ids`: both, and whoever went with the merged one: what was begun with them as one is sorted out."""

    survivor_id: int
    merged_id: int
    contact_ids: tuple[int, ...]

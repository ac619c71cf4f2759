"""What two contacts become as one: which value the survivor has, where the two differ, and how each is taken back.

Nothing is written here. The action joins by it, the preview shows it, so that what was shown is what is done (B-08).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from contacts.models import Contact
from core.text import fold

Side = Literal["survivor", "merged"]
Value = Any  # what JSON holds

CUSTOM: Final = "custom."


class DetachedMember(TypedDict):
    """A membership that the merge took out of its base, and the state it was in."""

    id: int
    state: str


class Before(TypedDict, total=False):
    """`MergeRecord.before`: what the merge changed, for parting to take back and nothing else."""

    # Of the survivor: {name: [as it was, as it became]}.
    fields: dict[str, list[Value]]
    # The merged one's document, which is the survivor's while they are one: a document belongs to one contact.
    document: list[Value]
    # What the survivor was given: ids of teams, tags and groups, and lines it is found by.
    teams: list[int]
    tags: list[int]
    groups: list[int]
    lines: list[str]
    members: list[DetachedMember]


# Given to the survivor as ids or lines.
GIVEN: Final = ("teams", "tags", "groups", "lines")


def is_empty(value: Value) -> bool:
    return value in (None, "", [], ["", ""], [None, ""])


def read(contact: Contact, name: str) -> Value:
    """The value of a joined field, as the record keeps it."""
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        return [contact.custom[key]] if key in contact.custom else []
    return READERS[name](contact)


def write(contact: Contact, name: str, value: Value) -> None:
    """Put the value of a joined field on the row; the caller saves."""
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        rest = {each: known for each, known in contact.custom.items() if each != key}
        contact.custom = rest | ({key: value[0]} if value else {})
    else:
        WRITERS[name](contact, value)


def read_moment(contact: Contact) -> str | None:
    return contact.last_interaction_at.isoformat() if contact.last_interaction_at else None


def write_name(contact: Contact, value: Value) -> None:
    contact.first_name, contact.last_name = value


def write_profile_name(contact: Contact, value: Value) -> None:
    contact.profile_name = value


def write_document(contact: Contact, value: Value) -> None:
    contact.document_type_id, contact.document_number = value


def write_company(contact: Contact, value: Value) -> None:
    contact.company_id, contact.company_sort_name = value


def write_moment(contact: Contact, value: Value) -> None:
    contact.last_interaction_at = datetime.datetime.fromisoformat(value) if value else None


def write_flag(name: str) -> Callable[[Contact, Value], None]:
    def write_it(contact: Contact, value: Value) -> None:
        setattr(contact, name, value)

    return write_it


READERS: Final[Mapping[str, Callable[[Contact], Value]]] = {
    "name": lambda contact: [contact.first_name, contact.last_name],
    "profile_name": lambda contact: contact.profile_name,
    "document": lambda contact: [contact.document_type_id, contact.document_number],
    "company": lambda contact: [contact.company_id, contact.company_sort_name],
    "is_vip": lambda contact: contact.is_vip,
    "blocked": lambda contact: contact.blocked,
    "do_not_contact": lambda contact: contact.do_not_contact,
    "last_interaction_at": read_moment,
}
WRITERS: Final[Mapping[str, Callable[[Contact, Value], None]]] = {
    "name": write_name,
    "profile_name": write_profile_name,
    "document": write_document,
    "company": write_company,
    "is_vip": write_flag("is_vip"),
    "blocked": write_flag("blocked"),
    "do_not_contact": write_flag("do_not_contact"),
    "last_interaction_at": write_moment,
}


def either(first: Value, second: Value) -> Value:
    return bool(first or second)


def later(first: Value, second: Value) -> Value:
    known = [each for each in (first, second) if each]
    return max(known, key=datetime.datetime.fromisoformat) if known else None


# What nobody chooses: who asked not to be contacted, or was blocked, stays so whichever contact stands for them.
COMBINED: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "is_vip": either,
    "blocked": either,
    "do_not_contact": either,
    "last_interaction_at": later,
}


@dataclass(frozen=True)
class Joined:
    """One field of two contacts: what each has, what the survivor will have, and whether a person may choose."""

    name: str
    survivor: Value
    merged: Value
    outcome: Value

    @property
    def is_conflict(self) -> bool:
        return (
            self.name not in COMBINED
            and self.name != "profile_name"
            and self.survivor != self.merged
            and not is_empty(self.survivor)
            and not is_empty(self.merged)
        )

    @property
    def is_change(self) -> bool:
        return bool(self.outcome != self.survivor)


def field_names(*contacts: Contact) -> list[str]:
    """Every field that is joined: the fixed ones, then each custom field that any of the contacts has."""
    custom = sorted({key for contact in contacts for key in contact.custom})
    return [*READERS, *(f"{CUSTOM}{key}" for key in custom)]


def join_fields(survivor: Contact, merged: Contact, choices: Mapping[str, Side]) -> list[Joined]:
    """What the survivor will have, field by field. Where both have a value and they differ, `choices` decides; else the survivor's stays."""
    return [join_field(survivor, merged, name, choices.get(name, "survivor")) for name in field_names(survivor, merged)]


def join_field(survivor: Contact, merged: Contact, name: str, choice: Side) -> Joined:
    mine, theirs = read(survivor, name), read(merged, name)
    if combine := COMBINED.get(name):
        return Joined(name, mine, theirs, combine(mine, theirs))
    if is_empty(mine):
        return Joined(name, mine, theirs, mine if is_empty(theirs) else theirs)
    return Joined(name, mine, theirs, theirs if choice == "merged" and not is_empty(theirs) else mine)


def lines_of(contact: Contact) -> list[str]:
    """What a contact is found by, beside the name it has now: its company and addresses, and what those joined with it brought."""
    return contact.search_text.split("\n")[1:]


def name_anew(contact: Contact, lines: Iterable[str]) -> None:
    """Let the row be sorted by its name of now, and be found by it and the other lines; the caller saves."""
    contact.sort_name = fold(contact.name)[:170]
    contact.search_text = "\n".join([contact.sort_name, *lines])


def take_back(
    survivor: Contact, record: Before, others: Sequence[tuple[Before, Contact]], later_ones: Sequence[Before]
) -> None:
    """Give the survivor back the fields it had before `record`, while `others` (records with whom they merged) still stand.

    What another merge gives as well stays, and is that one's from now on; what another merge changed after this one keeps its value,
    and goes back further when that one is undone; what somebody edited since stays as edited. The caller saves rows and records.
    """
    for name, (was, became) in record.get("fields", {}).items():
        successor = next((each for each in later_ones if name in each.get("fields", {})), None)
        if successor is not None:
            if is_unedited(name, became, successor["fields"][name][0]):
                reach_back(successor, name, was)
        elif is_unedited(name, became, read(survivor, name)):
            write(survivor, name, was)
            if combine := COMBINED.get(name):
                hand_on(survivor, name, others, combine)


def is_unedited(name: str, before: Value, now: Value) -> bool:
    """Whether a field still has the value it had: a company is the same one under a new name."""
    return bool(before == now or (name == "company" and before[0] is not None and before[0] == now[0]))


def reach_back(record: Before, name: str, was: Value) -> None:
    became = record["fields"][name][1]
    if is_unedited(name, was, became):
        del record["fields"][name]
    else:
        record["fields"][name] = [was, became]


def hand_on(
    survivor: Contact, name: str, others: Sequence[tuple[Before, Contact]], combine: Callable[[Value, Value], Value]
) -> None:
    """What others who are still merged bring stays: blocked by two, the survivor is blocked until both are parted."""
    for record, contact in others:
        mine = read(survivor, name)
        joined = combine(mine, read(contact, name))
        if joined != mine:
            was = record.get("fields", {}).get(name, [mine])[0]
            record.setdefault("fields", {})[name] = [was, joined]
            write(survivor, name, joined)

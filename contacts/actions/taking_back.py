"""Outcomes that landed on records are taken back, many at once: parts of somebody else's transaction (B-02)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db import connection

from accounts.models import User
from contacts.actions.slices import touch
from contacts.models import Attempt, BaseMember
from core import journal

RESTORE = """
UPDATE contacts_basemember AS member
   SET state = was.state, cycle = was.cycle, attempts = was.attempts, first_contact_at = was.first_contact_at,
       last_contact_at = was.last_contact_at, last_user_id = was.last_user_id, last_typification_id = was.last_typification_id,
       due_at = was.due_at
  FROM jsonb_array_elements(%s::jsonb) AS landing(told),
       jsonb_to_record(landing.told->'figures') AS was(state varchar, cycle smallint, attempts smallint, first_contact_at timestamptz,
           last_contact_at timestamptz, last_user_id bigint, last_typification_id bigint, due_at timestamptz)
 WHERE member.id = (landing.told->>'member')::bigint
"""


def hold_records(member_ids: Iterable[int]) -> None:
    """Hold these records to the end of the transaction, in the order of their keys."""
    held = BaseMember.objects.select_for_update(no_key=True).filter(pk__in=sorted(set(member_ids))).order_by("pk")
    list(held.values_list("pk"))


def take_back(landings: Mapping[uuid.UUID, dict[str, Any]], *, by: User) -> None:
    """Put records that the caller holds back to what they were before these interactions landed there (contacts.landings), whoever asked
    that nothing happened to them since. What was no attempt before is none again. No two are of one record.
    """
    if not landings:
        return
    with connection.cursor() as cursor:
        cursor.execute(RESTORE, [orjson.dumps(list(landings.values())).decode()])
    new = [interaction for interaction, told in landings.items() if told["attempt"] is None]
    Attempt.objects.filter(interaction_id__in=new, member__in=[landings[each]["member"] for each in new]).delete()
    for interaction, told in landings.items():
        if told["attempt"] is not None:
            Attempt.objects.filter(interaction_id=interaction, member=told["member"]).update(**told["attempt"])
    members = list(BaseMember.objects.filter(pk__in=[told["member"] for told in landings.values()]).order_by("pk"))
    touch((each.base_id, each.pk) for each in members)
    journal.record_many("member_taken_back", members, by=by)

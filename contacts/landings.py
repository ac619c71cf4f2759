"""Records as an interaction's outcome finds and leaves them: whoever takes one back compares, and knows what was (B-02)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.db import connection

# What begins anew or lands, as a ledger says it: two moments compare equal only if all of it is.
FIGURES = """
jsonb_build_object('state', member.state, 'cycle', member.cycle, 'attempts', member.attempts,
  'first_contact_at', member.first_contact_at, 'last_contact_at', member.last_contact_at, 'last_user_id', member.last_user_id,
  'last_typification_id', member.last_typification_id, 'due_at', member.due_at)
"""
LANDINGS = f"""
SELECT told.interaction, jsonb_build_object('member', member.id, 'figures', {FIGURES}, 'attempt', (
         SELECT jsonb_build_object('typification_id', attempt.typification_id, 'counts', attempt.counts) FROM contacts_attempt attempt
          WHERE attempt.member_id = member.id AND attempt.interaction_id = told.interaction LIMIT 1))::text
  FROM unnest(%s::uuid[], %s::bigint[]) AS told(interaction, member_id) JOIN contacts_basemember member ON member.id = told.member_id
"""  # noqa: S608  # a constant of ours


def landings_of(members: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, dict[str, Any]]:
    """By interaction: its record's figures and the attempt that it is there, if it is one. `members`: which record each is about."""
    if not members:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LANDINGS, [list(members), list(members.values())])
        return {interaction: orjson.loads(told) for interaction, told in cursor.fetchall()}

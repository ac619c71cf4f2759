"""Members begin anew, many at once: Reciclado takes their history away, Reprocesamiento keeps it, and both can be taken back.

Each acts on members that it locks in order, leaves what became of them in `bulk_outcome` (core.outcomes), and is a part of somebody
else's transaction.
"""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import QuerySet

from contacts.actions.slices import SLICE_BITS
from contacts.landings import FIGURES
from contacts.models import BaseMember
from contacts.recycling import CHANGED, RecyclingFilter

LOCK = """
SELECT count(*) FROM (SELECT FROM contacts_basemember WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) AS held
"""
JUDGE = f"""
INSERT INTO bulk_outcome (target, reason, before)
SELECT judged.target, judged.reason, CASE WHEN judged.reason = '' THEN {FIGURES} END
  FROM ({{judged}}) AS judged JOIN contacts_basemember member ON member.id = judged.target
"""  # noqa: S608  # constants of ours
RENEW = f"""
WITH renewed AS (
    UPDATE contacts_basemember AS member
       SET state = 'unprocessed', cycle = member.cycle + 1, attempts = 0, first_contact_at = NULL, last_contact_at = NULL,
           last_user_id = NULL, last_typification_id = NULL, due_at = NULL
      FROM bulk_outcome outcome
     WHERE member.id = ANY(%(ids)s::bigint[]) AND outcome.target = member.id AND outcome.reason = ''
    RETURNING member.id, {FIGURES} AS after
)
UPDATE bulk_outcome SET after = renewed.after FROM renewed WHERE bulk_outcome.target = renewed.id
"""  # noqa: S608  # a constant of ours
TOUCH = f"""
INSERT INTO contacts_slicetouch (base_id, number)
SELECT DISTINCT member.base_id, member.id >> {SLICE_BITS}
  FROM contacts_basemember member JOIN bulk_outcome outcome ON outcome.target = member.id AND outcome.reason = ''
 WHERE member.id = ANY(%(ids)s::bigint[]) ORDER BY 1, 2
"""  # noqa: S608  # a constant of ours

COLUMNS = "uuid, member_id, cycle, medium, user_id, typification_id, counts, at, interaction_id"
REMOVE = f"""
WITH gone AS (
    DELETE FROM contacts_attempt AS attempt USING bulk_outcome outcome
     WHERE attempt.member_id = ANY(%(ids)s::bigint[]) AND outcome.target = attempt.member_id AND outcome.reason = ''
    RETURNING attempt.*
)
INSERT INTO contacts_removedattempt (removal, id, {COLUMNS}) SELECT %(removal)s, id, {COLUMNS} FROM gone
"""  # noqa: S608  # a constant of ours
BRING_BACK = f"""
WITH back AS (
    DELETE FROM contacts_removedattempt AS attempt USING bulk_outcome outcome
     WHERE attempt.removal = %(removal)s AND attempt.member_id = ANY(%(ids)s::bigint[])
       AND outcome.target = attempt.member_id AND outcome.reason = ''
    RETURNING attempt.*
)
INSERT INTO contacts_attempt (id, {COLUMNS}) SELECT id, {COLUMNS} FROM back
"""  # noqa: S608  # a constant of ours
FORGET = """
DELETE FROM contacts_removedattempt WHERE id IN (SELECT id FROM contacts_removedattempt WHERE removal = %s LIMIT %s)
"""

COMPARE = f"""
INSERT INTO bulk_outcome (target, reason)
SELECT given.target, CASE
         WHEN {FIGURES} <> given.after THEN '{CHANGED}'
         -- Who was taken out and joined again since is in the base by another row.
         WHEN EXISTS (SELECT FROM contacts_basemember other WHERE other.base_id = member.base_id
                         AND other.contact_id = member.contact_id AND other.is_live AND other.id <> member.id) THEN '{CHANGED}'
         ELSE '' END
  FROM bulk_given given JOIN contacts_basemember member ON member.id = given.target
 WHERE member.id = ANY(%(ids)s::bigint[])
"""  # noqa: S608  # constants of ours
RESTORE = """
UPDATE contacts_basemember AS member
   SET state = was.state, cycle = was.cycle, attempts = was.attempts, first_contact_at = was.first_contact_at,
       last_contact_at = was.last_contact_at, last_user_id = was.last_user_id, last_typification_id = was.last_typification_id,
       due_at = was.due_at
  FROM bulk_outcome outcome JOIN bulk_given given USING (target),
       jsonb_to_record(given.before) AS was(state varchar, cycle smallint, attempts smallint, first_contact_at timestamptz,
           last_contact_at timestamptz, last_user_id bigint, last_typification_id bigint, due_at timestamptz)
 WHERE member.id = ANY(%(ids)s::bigint[]) AND outcome.target = member.id AND outcome.reason = ''
"""


def recycle_members(member_ids: list[int], *, among: RecyclingFilter, removal: uuid.UUID) -> None:
    """Begin anew without a history: what was tried with these members is put away under `removal`. Those that may not begin anew (any
    more) stay as they are, and why.
    """
    renew_members(member_ids, among=among)
    with connection.cursor() as cursor:
        cursor.execute(REMOVE, {"ids": member_ids, "removal": removal})


def renew_members(member_ids: list[int], *, among: RecyclingFilter) -> None:
    """Begin anew and keep the history: a new cycle, without attempts. Those that may not stay as they are, and why."""
    lock_and_judge(member_ids, among.judged(member_ids))
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"ids": member_ids})
        cursor.execute(TOUCH, {"ids": member_ids})


def lock_and_judge(member_ids: list[int], judged: QuerySet[BaseMember, tuple[int, str]]) -> None:
    """Hold members in their order and write down of each whether it qualifies, and what it is now.

    First held, then asked: whoever was told meanwhile not to be contacted is seen as such, or finds the member here afterwards.
    """
    asked, values = judged.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"ids": member_ids})
        cursor.execute(JUDGE.format(judged=asked), values)


def restore_members(member_ids: list[int], *, removal: uuid.UUID) -> None:
    """Take it back for members that are still as it left them (B-02): what they were stands in `bulk_given`. What changed since stays."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"ids": member_ids})
        cursor.execute(COMPARE, {"ids": member_ids})
        cursor.execute(RESTORE, {"ids": member_ids})
        cursor.execute(BRING_BACK, {"ids": member_ids, "removal": removal})
        cursor.execute(TOUCH, {"ids": member_ids})


def forget_removed(removal: uuid.UUID, *, most: int) -> int:
    """Purge what a removal took away, up to `most` attempts; return how many went."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [removal, most])
        return int(cursor.rowcount)

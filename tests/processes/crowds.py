"""Bases of very many, made in SQL; and what recycling did to them, counted apart from the product."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from contacts.models import ContactBase
from core.bulk import copy_rows
from inbox.models import Assignment, Conversation
from tests.contacts.members import base_of
from tests.factories import Cast
from tests.processes.runs import outcome

PEOPLE = """
WITH made AS (
    INSERT INTO contacts_contact (first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
        do_not_contact, custom, company_sort_name, created_at, updated_at)
    SELECT 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', false, false, i %% 50 = 0, '{}', '', now(), now()
      FROM generate_series(1, %(many)s) i
    RETURNING id, do_not_contact, sort_name
), shared AS (
    INSERT INTO contacts_contact_teams (contact_id, team_id, sort_name) SELECT id, %(team)s, sort_name FROM made
)
INSERT INTO contacts_basemember (base_id, contact_id, state, cycle, attempts, reserved_from, last_user_id, last_typification_id,
    first_contact_at, last_contact_at)
SELECT %(base)s, id, CASE WHEN do_not_contact THEN 'suppressed' WHEN id %% 20 = 3 THEN 'in_progress' WHEN id %% 3 = 0 THEN 'closed' ELSE 'retry' END,
       1, 2, '', %(user)s, %(outcome)s, now() - interval '2 days', now() - interval '1 day'
  FROM made
"""
ATTEMPTS = """
INSERT INTO contacts_attempt (uuid, member_id, cycle, medium, user_id, typification_id, counts, at)
SELECT gen_random_uuid(), member.id, 1, 'chat', %(user)s, %(outcome)s, true, now() - n * interval '1 day'
  FROM contacts_basemember member, generate_series(1, 2) n WHERE member.base_id = %(base)s
"""
TOUCH = "INSERT INTO contacts_slicetouch (base_id, number) SELECT DISTINCT base_id, id >> 10 FROM contacts_basemember WHERE base_id = %(base)s"


POINTS = """
WITH made AS (
    INSERT INTO contacts_contact (first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
        do_not_contact, custom, company_sort_name, created_at, updated_at)
    SELECT 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', false, false, false, '{}', '', now(), now()
      FROM generate_series(1, %(many)s) i
    RETURNING id, sort_name
), shared AS (
    INSERT INTO contacts_contact_teams (contact_id, team_id, sort_name) SELECT id, %(team)s, sort_name FROM made
)
INSERT INTO contacts_contactpoint (contact_id, kind, scope, value, normalised, digits, variants, is_primary)
SELECT id, 'whatsapp', '', digits, digits, digits, ARRAY[digits], true
  FROM (SELECT id, '595' || lpad((100000000 + id)::text, 9, '0') AS digits FROM made) numbered
RETURNING id, contact_id, digits
"""


def crowded_desk(cast: Cast, many: int) -> list[Conversation]:
    """So many conversations that go on, in the order of their keys: every second one in Ana's hands, the others nobody's."""
    with connection.cursor() as cursor:
        cursor.execute(POINTS, {"many": many, "team": cast.team.pk})
        points = cursor.fetchall()
    now = timezone.now()
    made = [
        Conversation(
            contact_id=contact_id, contact_point_id=pk, channel_account=cast.account, campaign=cast.campaign, team=cast.team,
            contact_name=f"Persona {n}", contact_name_folded=f"persona {n}", contact_number=f"+{digits}", contact_digits=digits,
            status="queued" if n % 2 else "in_progress", assignee=None if n % 2 else cast.ana, assigned_at=None if n % 2 else now,
            needs_first_reply=False, last_activity_at=now,
        )
        for n, (pk, contact_id, digits) in enumerate(points)
    ]  # fmt: skip
    copy_rows(Conversation, made)
    copy_rows(
        Assignment, [Assignment(conversation=each, user=cast.ana, assigned_at=now) for each in made if each.assignee_id]
    )
    return made


def crowded_base(cast: Cast, many: int) -> ContactBase:
    """An active base with so many members, each tried twice; some suppressed, some in an agent's hands."""
    base = base_of(cast, 0)
    said = {"many": many, "team": cast.team.pk, "base": base.pk, "user": cast.ana.pk, "outcome": outcome("Ocupado").pk}
    with connection.cursor() as cursor:
        for statement in (PEOPLE, ATTEMPTS, TOUCH):
            cursor.execute(statement, said)
        # As autovacuum does within a minute.
        cursor.execute("ANALYZE contacts_contact, contacts_contact_teams, contacts_basemember, contacts_attempt")
    ContactBase.objects.filter(pk=base.pk).update(state="active")
    return base


def cycles(base: ContactBase) -> dict[int, int]:
    """Cycle -> how many members are in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cycle, count(*) FROM contacts_basemember WHERE base_id = %s GROUP BY cycle", [base.pk])
        return dict(cursor.fetchall())


def attempts_left(base: ContactBase) -> tuple[int, int]:
    """Attempts in the history, and put away."""
    with connection.cursor() as cursor:
        found = []
        for table in ("contacts_attempt", "contacts_removedattempt"):
            cursor.execute(
                f"SELECT count(*) FROM {table} made JOIN contacts_basemember member ON member.id = made.member_id WHERE member.base_id = %s",
                [base.pk],
            )
            found.append(int(cursor.fetchone()[0]))
    return found[0], found[1]

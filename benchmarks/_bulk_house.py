"""Somebody who runs processes, somebody who works meanwhile, and conversations to work on or to close: made by SQL."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from accounts.actions import create_user, seed_roles_and_aux_states
from accounts.models import Team, User
from benchmarks._report import percentile
from campaigns.actions import ensure_campaign, save_whatsapp_account
from campaigns.models import CampaignAgent, CampaignTypification
from inbox.public_ids import new_public_id
from typification.actions import seed_tree
from typification.models import Typification

PEOPLE = """
WITH made AS (
    INSERT INTO contacts_contact (first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
        do_not_contact, custom, company_sort_name, created_at, updated_at)
    SELECT 'Persona', i::text, 'persona ' || i, 'persona ' || i, '', '', false, false, false, '{}', '', now(), now()
      FROM generate_series(1, %(many)s) i
    RETURNING id
)
INSERT INTO contacts_contactpoint (contact_id, kind, scope, value, normalised, digits, variants, is_primary)
SELECT id, 'whatsapp', '', digits, digits, digits, ARRAY[digits], true
  FROM (SELECT id, '595' || lpad((100000000 + id)::text, 9, '0') AS digits FROM made) numbered
RETURNING id
"""
CONVERSATIONS = """
INSERT INTO inbox_conversation (uuid, public_id, contact_id, contact_point_id, channel_account_id, campaign_id, team_id, assignee_id, status,
    thread_key, contact_name, contact_name_folded, contact_number, contact_digits, contact_is_vip, last_activity_at, preview, preview_kind,
    preview_direction, unread, needs_first_reply, answered, assigned_at, close_mode, close_note, version, change)
SELECT gen_random_uuid(), told.public_id, point.contact_id, point.id, %(account)s, %(campaign)s, %(team)s,
       CASE WHEN told.n %% 2 = 0 THEN %(agent)s END, CASE WHEN told.n %% 2 = 0 THEN 'in_progress' ELSE 'queued' END,
       '', 'Persona', 'persona', '+' || point.digits, point.digits, false, now() - told.n * interval '1 second', 'Hola', 'text',
       'in', 0, false, false, CASE WHEN told.n %% 2 = 0 THEN now() END, '', '', 1, 1
  FROM unnest(%(points)s::bigint[], %(ids)s::text[]) WITH ORDINALITY AS told(point_id, public_id, n)
  JOIN contacts_contactpoint point ON point.id = told.point_id
RETURNING id
"""
ASSIGNMENTS = """
INSERT INTO inbox_assignment (conversation_id, user_id, assigned_at)
SELECT id, assignee_id, assigned_at FROM inbox_conversation WHERE assignee_id IS NOT NULL AND id = ANY(%s::bigint[])
"""


@dataclass(frozen=True)
class House:
    agent: User
    admin: User
    team: Team
    outcome: Typification
    campaign_id: int
    account_id: int


def furnish() -> House:
    seed_roles_and_aux_states()
    seed_tree()
    team = Team.objects.create(name="Ventas")
    agent = create_user("ana", role="agent", password=None, teams=[team], first_name="Ana")
    admin = create_user("alma", role="admin", password=None, teams=[team], first_name="Alma")
    campaign = ensure_campaign("Campaña", team=team)
    account = save_whatsapp_account(name="WhatsApp", phone_number_id="1", waba_id="1", token="x", campaign=campaign)
    CampaignAgent.objects.get_or_create(campaign=campaign, user=agent)
    outcome = Typification.objects.create(name="Cerrada en masa", closes_member=False, counts_as_attempt=True)
    CampaignTypification.objects.create(campaign=campaign, typification=outcome, purpose="finish")
    return House(agent, admin, team, outcome, campaign.pk, account.pk)


def open_conversations(house: House, many: int) -> dict[int, str]:
    """So many that go on, every second one in the agent's hands: key and public id."""
    ids = [new_public_id() for _n in range(many)]
    said = {
        "many": many,
        "account": house.account_id,
        "campaign": house.campaign_id,
        "team": house.team.pk,
        "agent": house.agent.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, said)
        points = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(CONVERSATIONS, said | {"points": points, "ids": ids})
        made = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(ASSIGNMENTS, [made])
        cursor.execute("SELECT id, public_id FROM inbox_conversation WHERE id = ANY(%s::bigint[])", [made])
        return dict(cursor.fetchall())


@contextmanager
def somebody_at_the_desk() -> Iterator[list[float]]:
    """The waits, in milliseconds, of an agent in another process who reads the desk's list meanwhile; complete when the context is left."""
    waits: list[float] = []
    command = [sys.executable, "-m", "benchmarks._bulk_desk"]
    # Our own module.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield waits
        finally:
            told, _nothing = process.communicate("\n")
            waits.extend(float(each) for each in told.split())


def at_rest(seconds: float) -> list[float]:
    with somebody_at_the_desk() as waits:
        time.sleep(seconds)
    return waits


def p95(waits: list[float]) -> float:
    return percentile(waits, 0.95)

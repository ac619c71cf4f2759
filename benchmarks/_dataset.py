"""A contact centre's conversations, made by SQL: 40 teams, 60 campaigns, 200 agents, and nineteen of twenty conversations closed.

Data first, indexes and foreign keys after it, as a restore does it: the very ones that were there, read from the catalogue.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

TEAMS, CAMPAIGNS, AGENTS, ACCOUNTS = 40, 60, 200, 3
LONG_CHAT = 5_000
LOADED = ("contacts_contact", "contacts_contactpoint", "inbox_conversation", "inbox_message", "inbox_conversationevent")

FIRST_NAMES = (
    "Rocío,Mirta,José,Ana,Walter,María Fernanda,Luis,Eva,Alma,Juan Carlos,Sofía,Óscar,Gabriela,Hugo,Lucía,Ramón,Noelia,Derlis,Patricia,"
    "Arnaldo,Verónica,Blas,Celeste,Édgar,Fátima,Gustavo,Iván,Jazmín,Liz,Marcos,Nilda,Osvaldo,Pamela,Raúl,Silvia,Tomás,Úrsula,Vicente,"
    "Ximena,Zulma"
)
LAST_NAMES = (
    "Benítez,Sosa,Gómez,Duarte,Ñáñez,López,Ferreira,Núñez,Acosta,Aquino,Ayala,Báez,Cabrera,Cáceres,Cantero,Cardozo,Colmán,Coronel,Denis,"
    "Domínguez,Escobar,Espínola,Estigarribia,Fernández,Fleitas,Franco,Galeano,Garcete,Giménez,González,Guerrero,Ibarra,Insfrán,Jara,"
    "Leguizamón,Lezcano,Maidana,Martínez,Medina,Mendoza,Meza,Miranda,Morel,Ojeda,Ortiz,Ovelar,Oviedo,Páez,Peralta,Pereira,Pérez,Portillo,"
    "Quintana,Ramírez,Recalde,Riquelme,Rivas,Rojas,Román,Ruiz,Samudio,Sanabria,Sánchez,Santander,Segovia,Servín,Silva,Torales,Torres,"
    "Valdez,Valiente,Vargas,Vázquez,Vera,Villalba,Yegros,Zárate,Zayas,Zelaya,Zubizarreta"
)

# One in 5,000 people has a name like no other's; folding as core.text.fold does, for the letters that occur here.
CONTACTS = """
INSERT INTO contacts_contact (id, first_name, last_name, sort_name, search_text, profile_name, document_number, is_vip, blocked,
    do_not_contact, custom, created_at, updated_at)
SELECT i, first, last, sorted, sorted, '', '', i %% 97 = 0, false, false, '{}',
    now() - interval '2 years', now()
FROM (
    SELECT i, (%(firsts)s::text[])[1 + floor(random() * %(n_firsts)s)::int] AS first,
        CASE WHEN i %% 5000 = 7 THEN 'Kowalczyk'
             ELSE (%(lasts)s::text[])[1 + floor(random() * %(n_lasts)s)::int] || ' '
               || (%(lasts)s::text[])[1 + floor(random() * %(n_lasts)s)::int] END AS last
    FROM generate_series(1, %(contacts)s) i
) named, LATERAL (SELECT translate(lower(first || ' ' || last), 'áéíóúñü', 'aeiounu') AS sorted) folded
"""
POINTS = """
INSERT INTO contacts_contactpoint (id, contact_id, kind, scope, value, normalised, digits, variants, is_primary)
SELECT i, i, 'whatsapp', '', digits, digits, digits, ARRAY[digits], true
FROM (SELECT i, '5959' || (61 + i %% 35)::text || lpad(((i::bigint * 7919) %% 1000003)::text, 6, '0') AS digits
      FROM generate_series(1, %(contacts)s) i) numbered
"""
# Ids follow time. The last six in a hundred are the present: four fifths of them are live, and a tenth of those wait in the queue.
CONVERSATIONS = """
INSERT INTO inbox_conversation (id, uuid, public_id, contact_id, contact_point_id, channel_account_id, campaign_id, team_id, assignee_id,
    status, thread_key, contact_name, contact_name_folded, contact_number, contact_digits, contact_is_vip, last_activity_at,
    last_inbound_at, last_outbound_at, window_expires_at, waiting_since, preview, preview_kind, preview_direction, preview_at, unread,
    needs_first_reply, answered, assigned_at, closed_at, closed_by_id, typification_id, close_mode, close_note, version, change, created_at)
SELECT i, gen_random_uuid(), 'C' || upper(lpad(to_hex(i), 11, '0')), contact.id, contact.id, account_id, campaign_id, team_id,
    CASE WHEN status NOT IN ('queued', 'outreach') THEN agent_id END,
    status, '', contact.first_name || ' ' || contact.last_name, contact.sort_name, '+' || point.digits, point.digits, contact.is_vip, at,
    at, at - interval '2 minutes', at + interval '24 hours',
    CASE WHEN waits THEN at - interval '5 minutes' * r4 END,
    (%(texts)s::text[])[1 + i %% 6], 'text', CASE WHEN waits THEN 'in' ELSE 'out' END, at,
    CASE WHEN waits THEN 1 + floor(r4 * 4)::int ELSE 0 END,
    status IN ('queued', 'assigned'), status <> 'closed' AND NOT waits, CASE WHEN status NOT IN ('queued', 'outreach') THEN at END,
    CASE WHEN status = 'closed' THEN at END, CASE WHEN status = 'closed' THEN agent_id END,
    CASE WHEN status = 'closed' THEN (%(outcomes)s::bigint[])[1 + i %% %(n_outcomes)s] END,
    CASE WHEN status = 'closed' THEN 'manual' ELSE '' END, '', 3 + i %% 40, 3 + i %% 40, at - interval '1 hour'
FROM (
    SELECT i, r4, status, status NOT IN ('closed', 'outreach') AND (status = 'queued' OR r3 < 0.4) AS waits,
        1 + (i * 31 %% %(contacts)s) AS contact_id, 1 + i %% %(accounts)s AS account_id,
        campaign.id AS campaign_id, campaign.team_id,
        (%(agents)s::bigint[])[((campaign.team_id - %(first_team)s) * %(per_team)s + floor(r5 * %(per_team)s))::int + 1] AS agent_id,
        now() - interval '730 days' * (1 - i::float8 / (%(conversations)s + 1)) - interval '6 hours' * r4 AS at
    FROM (
        SELECT i, r3, r4, r5, (%(first_campaign)s + floor(%(campaigns)s * r1 ^ 1.3))::bigint AS campaign_id,
            CASE WHEN i <= %(conversations)s * 0.94 OR r2 > 0.8 THEN 'closed' WHEN r2 < 0.08 THEN 'queued' WHEN r2 < 0.16 THEN 'assigned'
                 WHEN r2 < 0.64 THEN 'in_progress' WHEN r2 < 0.72 THEN 'snoozed' ELSE 'outreach' END AS status
        FROM (SELECT i, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5
              FROM generate_series(1, %(conversations)s) i OFFSET 0) dice
    ) thrown JOIN campaigns_campaign campaign ON campaign.id = thrown.campaign_id
) cast_
JOIN contacts_contact contact ON contact.id = cast_.contact_id
JOIN contacts_contactpoint point ON point.id = cast_.contact_id
"""
# Two messages in each of the newest conversations, and one chat that never ends.
MESSAGES = """
INSERT INTO inbox_message (uuid, conversation_id, channel_account_id, change, happened_at, direction, kind, text, payload, is_note,
    author_kind, author_id, status, provider_id, failure_reason, failure_is_permanent)
SELECT gen_random_uuid(), c.id, c.channel_account_id, n, c.last_activity_at - interval '90 seconds' * (%(each)s - n),
    CASE WHEN n %% 2 = 1 THEN 'in' ELSE 'out' END, 'text', (%(texts)s::text[])[1 + (c.id + n) %% 6], '{}', false,
    CASE WHEN n %% 2 = 1 THEN 'customer' ELSE 'agent' END, CASE WHEN n %% 2 = 0 THEN c.assignee_id END,
    CASE WHEN n %% 2 = 1 THEN 'received' ELSE 'read' END, 'wamid.' || c.id || '.' || n, '', false
FROM inbox_conversation c CROSS JOIN generate_series(1, %(each)s) n
WHERE c.id > %(above)s AND c.id <= %(up_to)s
"""
EVENTS = """
INSERT INTO inbox_conversationevent (conversation_id, change, happened_at, kind, actor_id, details)
SELECT c.id, 1000 + n, c.last_activity_at - interval '90 seconds' * n * 50, 'assigned', c.assignee_id, '{}'
FROM inbox_conversation c CROSS JOIN generate_series(1, 20) n WHERE c.id = %(chat)s
"""
TEXTS = [
    "Hola, ¿siguen teniendo la promo de fibra de 300 megas?",
    "Perfecto, ¿pueden venir el sábado a la mañana? Estoy en casa hasta el mediodía.",
    "Ok",
    "Ya reinicié el módem dos veces y sigue la luz roja",
    "Gracias!! 🙏",
    "Le confirmo el turno del técnico para el martes entre las 14:00 y las 16:00. ¿Algo más en que pueda ayudarle?",
]


@dataclass(frozen=True)
class House:
    """Who is there, made once in the source and copied with it."""

    agents: list[int]
    outcomes: list[int]
    first_team: int
    first_campaign: int
    chat_agent: int


def fill(url: str, *, conversations: int, house: House) -> float:
    """Load so many conversations; return the seconds it took, indexes and statistics included."""
    began = time.monotonic()
    contacts = conversations * 2 // 5
    firsts, lasts = FIRST_NAMES.split(","), LAST_NAMES.split(",")
    values = {
        "conversations": conversations,
        "contacts": contacts,
        "firsts": firsts,
        "n_firsts": len(firsts),
        "lasts": lasts,
        "n_lasts": len(lasts),
        "texts": TEXTS,
        "accounts": ACCOUNTS,
        "campaigns": CAMPAIGNS,
        "agents": house.agents,
        "per_team": AGENTS // TEAMS,
        "first_team": house.first_team,
        "first_campaign": house.first_campaign,
        "outcomes": house.outcomes,
        "n_outcomes": len(house.outcomes),
    }
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'; SET synchronous_commit = off")
        connection.execute("SELECT setseed(0.42)")
        with without_indexes(connection):
            for statement in (CONTACTS, POINTS, CONVERSATIONS):
                connection.execute(statement, values)
            # Indexes of these come with the rest; the joins below need only the primary key.
            connection.execute("ANALYZE inbox_conversation")
            chat = long_chat_id(connection, house.chat_agent)
            newest = {"above": conversations - min(conversations, 400_000), "up_to": conversations, "texts": TEXTS}
            connection.execute(MESSAGES, newest | {"each": 2})
            connection.execute("DELETE FROM inbox_message WHERE conversation_id = %s", [chat])
            connection.execute(MESSAGES, {"above": chat - 1, "up_to": chat, "texts": TEXTS, "each": LONG_CHAT})
            connection.execute(EVENTS, {"chat": chat})
        for table in LOADED:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # names above
            )
        # As after autovacuum: statistics, and a visibility map for index-only scans.
        connection.execute("VACUUM ANALYZE")
    return time.monotonic() - began


def long_chat_id(connection: psycopg.Connection, agent: int) -> int:
    found = connection.execute("SELECT max(id) FROM inbox_conversation WHERE assignee_id = %s", [agent]).fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def without_indexes(connection: psycopg.Connection, tables: Sequence[str] = LOADED) -> Iterator[None]:
    """Take the loaded tables' foreign keys and indexes away, and put the same back. Primary keys and unique constraints stay."""
    keys = connection.execute(
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])""",
        [list(tables)],
    ).fetchall()
    indexes = connection.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
           WHERE indrelid = ANY(%s::regclass[])
             AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)""",
        [list(tables)],
    ).fetchall()
    for table, name, _definition in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        connection.execute(definition)
    for table, name, definition in keys:
        connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

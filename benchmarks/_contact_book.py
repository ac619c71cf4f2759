"""A contact centre's people, made by SQL: forty teams from nearly half of all down to a few hundred, companies, documents, tags, bases.

Data first, indexes and foreign keys after it, as a restore does it; the triggers that place contacts in their teams are left out
while the places themselves are written.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from accounts.actions import create_user, seed_roles_and_aux_states
from accounts.models import Team, User
from benchmarks._dataset import FIRST_NAMES, LAST_NAMES, without_indexes
from contacts.models import ContactBase, ContactGroup, DocumentType, Tag

TEAMS = 40
BIG, MIDDLE, TINY = 0, 12, TEAMS - 1
TINY_TEAM = 250
LOADED = (
    "contacts_contact", "contacts_contactpoint", "contacts_contact_teams", "contacts_company", "contacts_contacttag", "contacts_groupmember",
    "contacts_basemember",
)  # fmt: skip
STREETS = "Mariscal López,Palma,Eusebio Ayala,Artigas,Santa Teresa,Cerro Corá,Brasilia,España"

COMPANIES = """
INSERT INTO contacts_company (id, name, sort_name, document_number, industry, website, created_at, updated_at)
SELECT i, 'Empresa ' || last || ' ' || i, 'empresa ' || translate(lower(last), 'áéíóúñü', 'aeiounu') || ' ' || i, '', '', '', now(), now()
FROM (SELECT i, (%(lasts)s::text[])[1 + i %% %(n_lasts)s] AS last FROM generate_series(1, %(companies)s) i) named
"""
# One in 5,000 people has a name like no other's; a third work for a company; three in five have a document; one in five an address.
CONTACTS = """
INSERT INTO contacts_contact (id, first_name, last_name, sort_name, search_text, profile_name, document_type_id, document_number, company_id,
    company_sort_name, is_vip, blocked, do_not_contact, custom, last_interaction_at, created_at, updated_at)
SELECT i, first, last, sorted, sorted || E'\n' || coalesce(company.sort_name, '') || E'\n'
      || CASE WHEN i %% 5 = 1 THEN translate(lower((%(streets)s::text[])[1 + i %% %(n_streets)s]), 'áéíóúñü', 'aeiounu') || ' ' || i %% 9000 ELSE '' END,
    '', CASE WHEN i %% 5 < 3 THEN %(document_type)s END, CASE WHEN i %% 5 < 3 THEN (1000000 + i)::text ELSE '' END, company.id,
    coalesce(company.sort_name, ''), i %% 97 = 0, i %% 1000 = 1, false, '{}',
    CASE WHEN i %% 10 < 7 THEN now() - interval '730 days' * r END, now() - interval '2 years', now()
FROM (
    SELECT i, random() AS r, (%(firsts)s::text[])[1 + floor(random() * %(n_firsts)s)::int] AS first,
        CASE WHEN i %% 5000 = 7 THEN 'Kowalczyk'
             ELSE (%(lasts)s::text[])[1 + floor(random() * %(n_lasts)s)::int] || ' '
               || (%(lasts)s::text[])[1 + floor(random() * %(n_lasts)s)::int] END AS last
    FROM generate_series(1, %(contacts)s) i
) named
CROSS JOIN LATERAL (SELECT translate(lower(first || ' ' || last), 'áéíóúñü', 'aeiounu') AS sorted) folded
LEFT JOIN contacts_company company ON i %% 3 = 0 AND company.id = 1 + i %% %(companies)s
"""
POINTS = """
INSERT INTO contacts_contactpoint (contact_id, kind, scope, value, normalised, digits, variants, is_primary, created_at)
SELECT i, 'whatsapp', '', digits, '+' || digits, digits, ARRAY[digits], true, now()
FROM (SELECT i, '5959' || (61 + i %% 35)::text || lpad(((i::bigint * 7919) %% 1000003)::text, 6, '0') AS digits
      FROM generate_series(1, %(contacts)s) i) numbered
ON CONFLICT DO NOTHING;
INSERT INTO contacts_contactpoint (contact_id, kind, scope, value, normalised, digits, variants, is_primary, created_at)
SELECT i, 'email', '', address, address, '', '{}', true, now()
FROM (SELECT i, 'persona' || i || '@correo' || i %% 50 || '.com.py' AS address FROM generate_series(1, %(contacts)s, 3) i) addressed
"""
# Two in five people are of the biggest team, the others by a power law; one in ten is of a second team. The tiny team has its own few.
SHARES = """
INSERT INTO contacts_contact_teams (contact_id, team_id, sort_name, company_sort_name, interacted_at)
SELECT contact.id, share.team_id, contact.sort_name, contact.company_sort_name,
    coalesce(contact.last_interaction_at, timestamptz '1970-01-01 00:00:00+00')
FROM (
    SELECT i AS contact_id, %(first_team)s + CASE WHEN random() < 0.4 THEN 0 ELSE 1 + floor((%(teams)s - 2) * random() ^ 1.6)::int END AS team_id
    FROM generate_series(1, %(contacts)s) i
    UNION
    SELECT i, %(first_team)s + 1 + floor((%(teams)s - 2) * random() ^ 1.6)::int FROM generate_series(1, %(contacts)s, 10) i
    UNION
    SELECT 1 + (i::bigint * 3989) %% %(contacts)s, %(first_team)s + %(teams)s - 1 FROM generate_series(1, %(tiny)s) i
) share JOIN contacts_contact contact ON contact.id = share.contact_id
"""
# The first of each is common, the second rare.
BELONGINGS = """
INSERT INTO contacts_contacttag (contact_id, tag_id, created_at)
SELECT i, %(common_tag)s, now() FROM generate_series(1, %(contacts)s, 10) i
UNION ALL SELECT i, %(rare_tag)s, now() FROM generate_series(1, %(contacts)s, 5000) i;
INSERT INTO contacts_groupmember (contact_id, group_id, is_by_rule, created_at)
SELECT i, %(common_group)s, true, now() FROM generate_series(1, %(contacts)s, 7) i
UNION ALL SELECT i, %(rare_group)s, false, now() FROM generate_series(1, %(contacts)s, 3000) i;
INSERT INTO contacts_basemember (base_id, contact_id, state, cycle, attempts, reserved_from, created_at)
SELECT %(common_base)s, i, 'unprocessed', 1, 0, '', now() FROM generate_series(1, %(contacts)s, 3) i
UNION ALL SELECT %(rare_base)s, i, 'unprocessed', 1, 0, '', now() FROM generate_series(1, %(contacts)s, 2500) i
"""


@dataclass(frozen=True)
class Readers:
    """Who asks, and what can be asked for: made once, copied with the database, so that ids agree at every size."""

    admin: User
    supervisor: User
    middle: User
    tiny: User
    first_team: int
    document_type: int
    common: dict[str, int]
    rare: dict[str, int]

    def each(self) -> tuple[tuple[str, User], ...]:
        return (
            ("admin", self.admin),
            ("supervisor of the biggest team", self.supervisor),
            ("agent of a middle team", self.middle),
            ("agent of a tiny team", self.tiny),
        )


def make_readers() -> Readers:
    seed_roles_and_aux_states()
    teams = [Team.objects.create(name=f"Equipo {number:02d}") for number in range(TEAMS)]
    kind = DocumentType.objects.create(code="bench", name="CI")
    common: dict[str, int] = {}
    rare: dict[str, int] = {}
    for chosen, word in ((common, "común"), (rare, "raro")):
        chosen["tag"] = Tag.objects.create(name=word, folded_name=word).pk
        chosen["group"] = ContactGroup.objects.create(name=word, folded_name=word).pk
        base = ContactBase.objects.create(name=word, folded_name=word)
        base.teams.set(teams)
        chosen["base"] = base.pk
    return Readers(
        admin=create_user("admin", role="admin", password=None),
        supervisor=create_user("luis", role="supervisor", password=None, teams=[teams[BIG], teams[5], teams[9]]),
        middle=create_user("ana", role="agent", password=None, teams=[teams[MIDDLE]]),
        tiny=create_user("eva", role="agent", password=None, teams=[teams[TINY]]),
        first_team=teams[0].pk,
        document_type=kind.pk,
        common=common,
        rare=rare,
    )


def fill_book(url: str, *, contacts: int, readers: Readers) -> float:
    """Load so many contacts; return the seconds it took, indexes and statistics included."""
    began = time.monotonic()
    firsts, lasts, streets = FIRST_NAMES.split(","), LAST_NAMES.split(","), STREETS.split(",")
    values = {
        "contacts": contacts,
        "companies": max(1, contacts // 50),
        "firsts": firsts,
        "n_firsts": len(firsts),
        "lasts": lasts,
        "n_lasts": len(lasts),
        "streets": streets,
        "n_streets": len(streets),
        "teams": TEAMS,
        "tiny": TINY_TEAM,
        "first_team": readers.first_team,
        "document_type": readers.document_type,
        **{f"common_{name}": pk for name, pk in readers.common.items()},
        **{f"rare_{name}": pk for name, pk in readers.rare.items()},
    }
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'; SET synchronous_commit = off")
        connection.execute("SELECT setseed(0.42)")
        with without_indexes(connection, LOADED):
            connection.execute("ALTER TABLE contacts_contact_teams DISABLE TRIGGER USER")
            for statements in (COMPANIES, CONTACTS, POINTS, SHARES, BELONGINGS):
                connection.execute(statements, values)
            connection.execute("ALTER TABLE contacts_contact_teams ENABLE TRIGGER USER")
        for table in LOADED:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # names above
            )
        # As after autovacuum: statistics, and a visibility map for index-only scans.
        connection.execute("VACUUM ANALYZE")
    return time.monotonic() - began

"""What people are found by and listed in, made beside whoever writes. Stopped anywhere, it goes on: each step finds what is done."""

import datetime

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.functions import Coalesce

from core.index_making import MakeIndex, MakeUniqueIndex

NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# So many rows at a time, each in a transaction of its own: nobody waits for a million.
WORDS = """
DO $$
DECLARE
    low bigint := 0;
    top bigint := (SELECT coalesce(max(id), 0) FROM contacts_contact);
BEGIN
    WHILE low <= top LOOP
        UPDATE contacts_contact SET search_text = sort_name WHERE id > low AND id <= low + 100000 AND search_text = '';
        COMMIT;
        low := low + 100000;
    END LOOP;
END $$
"""
# Whoever renames somebody meanwhile writes their places too (0004): held, a contact is as it is now, and never as it was a moment ago.
PLACES = """
DO $$
DECLARE
    low bigint := 0;
    top bigint := (SELECT coalesce(max(id), 0) FROM contacts_contact);
BEGIN
    WHILE low <= top LOOP
        WITH held AS MATERIALIZED (
            SELECT id, sort_name, company_sort_name, last_interaction_at FROM contacts_contact
            WHERE id > low AND id <= low + 10000 ORDER BY id FOR SHARE
        )
        UPDATE contacts_contact_teams place SET sort_name = held.sort_name, company_sort_name = held.company_sort_name,
            interacted_at = coalesce(held.last_interaction_at, timestamptz '1970-01-01 00:00:00+00')
        FROM held WHERE held.id = place.contact_id;
        COMMIT;
        low := low + 10000;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0004_people_described")]

    operations = [
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        MakeIndex("contact", GinIndex(fields=["search_text"], name="contact_search_trgm", opclasses=["gin_trgm_ops"])),
        MakeIndex("contact", models.Index(fields=["company_sort_name", "id"], name="contact_by_company")),
        MakeIndex(
            "contact",
            models.Index(
                condition=models.Q(("company__isnull", False)),
                fields=["company", "sort_name", "id"],
                name="contact_of_company",
            ),
        ),
        MakeIndex(
            "contact",
            models.Index(Coalesce("last_interaction_at", models.Value(NEVER)), "id", name="contact_by_interacted"),
        ),
        MakeIndex(
            "contact",
            models.Index(fields=["sort_name", "id"], condition=models.Q(is_vip=True), name="contact_vip_by_name"),
        ),
        MakeIndex(
            "contact",
            models.Index(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=["document_number"],
                name="contact_document_begins",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        MakeUniqueIndex(
            "contact",
            models.UniqueConstraint(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=("document_type", "document_number"),
                name="contact_document_once",
            ),
        ),
        MakeUniqueIndex(
            "contact",
            models.UniqueConstraint(
                condition=models.Q(("client_id__isnull", False)), fields=("client_id",), name="contact_sent_once"
            ),
        ),
        MakeIndex(
            "contactpoint",
            GinIndex(
                condition=models.Q(("kind", "email")),
                fields=["normalised"],
                name="contact_point_mail_trgm",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        MakeIndex("contactteam", models.Index(fields=["team", "sort_name", "contact"], name="contact_team_by_name")),
        MakeIndex(
            "contactteam", models.Index(fields=["team", "company_sort_name", "contact"], name="contact_team_by_company")
        ),
        MakeIndex(
            "contactteam", models.Index(fields=["team", "interacted_at", "contact"], name="contact_team_by_interacted")
        ),
        # Whatever the two plain ones found, the unique one and those above find as well.
        migrations.RunSQL(
            [
                "DROP INDEX CONCURRENTLY IF EXISTS contacts_contact_teams_contact_id_76009c86",
                "DROP INDEX CONCURRENTLY IF EXISTS contacts_contact_teams_team_id_9982352d",
            ],
            [
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_contact_teams_contact_id_76009c86"
                " ON contacts_contact_teams (contact_id)",
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_contact_teams_team_id_9982352d"
                " ON contacts_contact_teams (team_id)",
            ],
        ),
    ]

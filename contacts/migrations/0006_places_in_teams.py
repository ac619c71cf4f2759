"""What a team's list is sorted by stands beside the team's share, kept by the database; and the indexes such lists are read from."""

import datetime

import django.db.models.deletion
import django.db.models.functions
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# The share is held while the contact's words are read: who renames them at this moment comes before or after, never between.
TRIGGERS = """
CREATE FUNCTION contact_placed_in_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT sort_name, company_sort_name, coalesce(last_interaction_at, timestamptz '1970-01-01 00:00:00+00')
    INTO NEW.sort_name, NEW.company_sort_name, NEW.interacted_at
    FROM contacts_contact WHERE id = NEW.contact_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER contact_placed_in_team BEFORE INSERT ON contacts_contact_teams
    FOR EACH ROW EXECUTE FUNCTION contact_placed_in_team();
CREATE FUNCTION contact_moved_in_teams() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contacts_contact_teams SET sort_name = NEW.sort_name, company_sort_name = NEW.company_sort_name,
        interacted_at = coalesce(NEW.last_interaction_at, timestamptz '1970-01-01 00:00:00+00')
    WHERE contact_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER contact_moved_in_teams AFTER UPDATE OF sort_name, company_sort_name, last_interaction_at ON contacts_contact
    FOR EACH ROW WHEN ((OLD.sort_name, OLD.company_sort_name, OLD.last_interaction_at)
        IS DISTINCT FROM (NEW.sort_name, NEW.company_sort_name, NEW.last_interaction_at))
    EXECUTE FUNCTION contact_moved_in_teams();
"""
NO_TRIGGERS = """
DROP TRIGGER contact_moved_in_teams ON contacts_contact;
DROP TRIGGER contact_placed_in_team ON contacts_contact_teams;
DROP FUNCTION contact_moved_in_teams();
DROP FUNCTION contact_placed_in_team();
"""
# A hundred thousand rows at a time, each in a transaction of its own: nobody waits for a million.
PLACES = """
DO $$
DECLARE
    low bigint := 0;
    top bigint := (SELECT coalesce(max(id), 0) FROM contacts_contact_teams);
BEGIN
    WHILE low <= top LOOP
        UPDATE contacts_contact_teams place SET sort_name = contact.sort_name, company_sort_name = contact.company_sort_name,
            interacted_at = coalesce(contact.last_interaction_at, timestamptz '1970-01-01 00:00:00+00')
        FROM contacts_contact contact
        WHERE contact.id = place.contact_id AND place.id > low AND place.id <= low + 100000;
        COMMIT;
        low := low + 100000;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0005_office_rights"), ("contacts", "0005_searching_and_sending_once")]

    operations = [
        # The table is the one Django made for the plain relation: only what is known of it changes.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ContactTeam",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.contact"
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.team"
                            ),
                        ),
                    ],
                    options={"db_table": "contacts_contact_teams", "unique_together": {("contact", "team")}},
                ),
                migrations.AlterField(
                    model_name="contact",
                    name="teams",
                    field=models.ManyToManyField(
                        blank=True, related_name="+", through="contacts.ContactTeam", to="accounts.team"
                    ),
                ),
            ]
        ),
        migrations.AddField(
            "contactteam", "sort_name", models.CharField(db_default="", editable=False, max_length=170)
        ),
        migrations.AddField(
            "contactteam", "company_sort_name", models.CharField(db_default="", editable=False, max_length=160)
        ),
        migrations.AddField(
            "contactteam", "interacted_at", models.DateTimeField(db_default=models.Value(NEVER), editable=False)
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        AddIndexConcurrently(
            "contactteam", models.Index(fields=["team", "sort_name", "contact"], name="contact_team_by_name")
        ),
        AddIndexConcurrently(
            "contactteam", models.Index(fields=["team", "company_sort_name", "contact"], name="contact_team_by_company")
        ),
        AddIndexConcurrently(
            "contactteam", models.Index(fields=["team", "interacted_at", "contact"], name="contact_team_by_interacted")
        ),
        # Whatever the two plain indexes found, the unique one and those above find as well.
        migrations.AlterField(
            "contactteam",
            "contact",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.contact"
            ),
        ),
        migrations.AlterField(
            "contactteam",
            "team",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.team"
            ),
        ),
        AddIndexConcurrently(
            "contact",
            models.Index(
                django.db.models.functions.Coalesce("last_interaction_at", models.Value(NEVER)),
                "id",
                name="contact_by_interacted",
            ),
        ),
        RemoveIndexConcurrently("contact", "contact_by_interaction"),
        AddIndexConcurrently(
            "contact",
            models.Index(fields=["sort_name", "id"], condition=models.Q(is_vip=True), name="contact_vip_by_name"),
        ),
    ]

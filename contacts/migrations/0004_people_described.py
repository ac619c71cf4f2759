"""People's own columns, and their places in their teams' lists: none of it rewrites a row or waits for an index."""

import datetime

import django.db.models.deletion
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


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_bases_and_lots")]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "permissions": [
                    ("edit_contacts", "Creates and edits contacts"),
                    ("merge_contacts", "Joins and parts contacts"),
                    ("manage_contact_setup", "Manages documents, fields, tags, groups and companies"),
                    ("manage_bases", "Manages bases and lots"),
                    ("manage_privacy", "Exports and erases what is held of a contact, and holds it"),
                ]
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="search_text",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        # No product version ever wrote a document: the column of words goes, and the table's rows are not rewritten. The constraint
        # comes back with the other indexes (0005).
        migrations.RemoveConstraint(model_name="contact", name="contact_document_once"),
        migrations.RemoveField(model_name="contact", name="document_type"),
        migrations.AddField(
            model_name="contact",
            name="document_type",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.documenttype",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="company",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="contacts.company",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="company_sort_name",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=160),
        ),
        migrations.AddField(
            model_name="contact", name="last_interaction_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="contact", name="client_id", field=models.UUIDField(blank=True, editable=False, null=True)
        ),
        migrations.AddField(
            model_name="contact", name="erasure_asked_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(model_name="contact", name="erased_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="contact",
            name="tags",
            field=models.ManyToManyField(related_name="contacts", through="contacts.ContactTag", to="contacts.tag"),
        ),
        migrations.AddField(
            model_name="contact",
            name="groups",
            field=models.ManyToManyField(
                related_name="contacts", through="contacts.GroupMember", to="contacts.contactgroup"
            ),
        ),
        # The table is the one Django made for the plain relation: only what is known of it changes. Its two plain indexes go once
        # there are others that find the same (0005).
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
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="contacts.contact",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.team",
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
    ]

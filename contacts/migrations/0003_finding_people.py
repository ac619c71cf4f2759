"""Indexes of the people's table, made beside its writers, and the words people are found by."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# A hundred thousand rows at a time, each in a transaction of its own: nobody waits for a million.
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


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0002_people_and_bases")]

    operations = [
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="contact",
            index=GinIndex(fields=["search_text"], name="contact_search_trgm", opclasses=["gin_trgm_ops"]),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(fields=["company_sort_name", "id"], name="contact_by_company"),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("company__isnull", False)),
                fields=["company", "sort_name", "id"],
                name="contact_of_company",
            ),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(fields=["last_interaction_at", "id"], name="contact_by_interaction"),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=["document_number"],
                name="contact_by_document",
            ),
        ),
    ]

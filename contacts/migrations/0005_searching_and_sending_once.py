"""Documents are found by how they begin and e-mail by a part of it; what is sent twice is one contact. Made beside the writers."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0004_rights")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="client_id",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=["document_number"],
                name="contact_document_begins",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        RemoveIndexConcurrently(model_name="contact", name="contact_by_document"),
        AddIndexConcurrently(
            model_name="contactpoint",
            index=GinIndex(
                condition=models.Q(("kind", "email")),
                fields=["normalised"],
                name="contact_point_mail_trgm",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # What Django makes of a unique constraint with a condition, but without holding the table.
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS contact_sent_once ON contacts_contact (client_id)"
                    " WHERE client_id IS NOT NULL",
                    "DROP INDEX CONCURRENTLY IF EXISTS contact_sent_once",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="contact",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("client_id__isnull", False)),
                        fields=("client_id",),
                        name="contact_sent_once",
                    ),
                )
            ],
        ),
    ]

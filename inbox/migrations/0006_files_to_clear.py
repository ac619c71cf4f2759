from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: files keep arriving while it runs.
    atomic = False

    dependencies = [("inbox", "0005_file_measures")]

    operations = [
        AddIndexConcurrently(
            "attachment",
            models.Index(
                condition=models.Q(("state", "failed"), models.Q(("path", ""), _negated=True)),
                fields=["created_at"],
                name="attachment_to_clear",
            ),
        ),
        AddIndexConcurrently(
            "attachment",
            models.Index(
                condition=models.Q(("message__isnull", True)), fields=["created_at"], name="attachment_never_sent"
            ),
        ),
    ]

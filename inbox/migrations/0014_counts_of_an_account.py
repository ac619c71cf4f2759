from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: messages keep arriving while it runs.
    atomic = False
    dependencies = [("inbox", "0013_words_of_messages")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                condition=models.Q(("direction", "out"), ("kind", "template")),
                fields=["channel_account", "happened_at"],
                name="template_of_account",
            ),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                condition=models.Q(("failure_reason", ""), _negated=True),
                fields=["channel_account", "happened_at"],
                name="failure_of_account",
            ),
        ),
    ]

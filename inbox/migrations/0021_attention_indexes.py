"""Found without reading everything: what rests, and the conversations of a record."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: the table is written to by every message.
    atomic = False

    dependencies = [("inbox", "0021_attention_columns")]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("base_member__isnull", False)),
                fields=["base_member"],
                name="conversation_of_member",
            ),
        ),
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False), ("status", "snoozed")),
                fields=["snoozed_until"],
                name="conversation_snoozed",
            ),
        ),
    ]

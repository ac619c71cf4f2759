from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: messages keep arriving while it runs.
    atomic = False
    dependencies = [("inbox", "0010_moving_stickers")]

    operations = [
        # The letters stay as they are, but the order of a column cannot change without its trigram index being written anew, and all
        # else would wait for that: it goes before and comes back after, and meanwhile a search reads more.
        RemoveIndexConcurrently("conversation", "conversation_name_trgm"),
        migrations.AlterField(
            "conversation", "contact_name_folded", models.CharField(blank=True, db_collation="C", max_length=170)
        ),
        migrations.AlterField(
            "conversationevent",
            "kind",
            models.CharField(
                choices=[
                    ("assigned", "Assigned"),
                    ("taken_over", "Taken over"),
                    ("released", "Released"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("begun", "Begun"),
                    ("new_number", "Changed number"),
                    ("new_identity", "Changed identity"),
                ],
                max_length=12,
            ),
        ),
        AddIndexConcurrently(
            "conversation",
            GinIndex(fields=["contact_name_folded"], opclasses=["gin_trgm_ops"], name="conversation_name_trgm"),
        ),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                condition=models.Q(("status", "closed")), fields=["contact_name_folded", "id"], name="closed_by_name"
            ),
        ),
    ]

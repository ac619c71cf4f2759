from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: messages keep arriving while it runs.
    atomic = False
    dependencies = [("inbox", "0010_moving_stickers")]

    operations = [
        # The letters stay as they are: only the trigram index is written anew, in the new order.
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
            models.Index(
                condition=models.Q(("status", "closed")), fields=["contact_name_folded", "id"], name="closed_by_name"
            ),
        ),
    ]

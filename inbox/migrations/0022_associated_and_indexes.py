from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: conversations keep being written while it runs.
    atomic = False
    dependencies = [("inbox", "0021_rules_of_attention")]

    operations = [
        AddIndexConcurrently(
            "conversation",
            models.Index(
                condition=models.Q(("base_member__isnull", False)),
                fields=["base_member"],
                name="conversation_of_member",
            ),
        ),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                condition=models.Q(("snoozed_until__isnull", False), ("status", "snoozed")),
                fields=["snoozed_until"],
                name="conversation_snoozed",
            ),
        ),
        migrations.AlterField(
            model_name="conversationevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "Assigned"),
                    ("taken_over", "Taken over"),
                    ("released", "Released"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("begun", "Begun"),
                    ("new_number", "Changed number"),
                    ("new_identity", "Changed identity"),
                    ("returned", "Went back"),
                    ("retypified", "Got another outcome"),
                    ("transferred", "Transferred"),
                    ("missed", "Offered in vain"),
                    ("declined", "Declined"),
                    ("snoozed", "Snoozed"),
                    ("woken", "Back from its rest"),
                    ("exclusive", "Exclusive agent changed"),
                    ("associated", "Put into a base"),
                ],
                max_length=12,
            ),
        ),
    ]

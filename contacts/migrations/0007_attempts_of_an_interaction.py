from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: attempts keep being written while it runs.
    atomic = False
    dependencies = [("contacts", "0006_rights")]

    operations = [
        AddIndexConcurrently(
            "attempt",
            models.Index(
                condition=models.Q(("interaction_id__isnull", False)),
                fields=["interaction_id"],
                name="attempt_of_interaction",
            ),
        ),
    ]

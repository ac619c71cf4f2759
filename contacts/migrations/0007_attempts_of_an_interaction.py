from django.db import migrations, models

from core.index_making import MakeIndex


class Migration(migrations.Migration):
    # Concurrently: attempts keep being written while it runs.
    atomic = False
    dependencies = [("contacts", "0006_rights")]

    operations = [
        MakeIndex(
            "attempt",
            models.Index(
                condition=models.Q(("interaction_id__isnull", False)),
                fields=["interaction_id"],
                name="attempt_of_interaction",
            ),
        ),
    ]

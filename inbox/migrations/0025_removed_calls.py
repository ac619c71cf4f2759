"""Calls may leave the history of their record and come back (contacts.RemovedAttempt)."""

from django.db import migrations, models

from core.index_making import MakeIndex


class Migration(migrations.Migration):
    # The index is made beside whoever writes.
    atomic = False

    dependencies = [
        ("contacts", "0008_removed_attempts"),
        ("inbox", "0024_menu"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="removed_in",
            field=models.UUIDField(editable=False, null=True),
        ),
        MakeIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("removed_in__isnull", False)), fields=["removed_in"], name="call_removed"
            ),
        ),
    ]

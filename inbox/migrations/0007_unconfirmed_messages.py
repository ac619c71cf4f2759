"""When a message's answer was lost. By itself: nothing else is done while the table of all messages is locked for an instant."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_templates_and_pauses"),
        ("contacts", "0001_initial"),
        ("inbox", "0006_files_to_clear"),
    ]

    operations = [
        # Behind one long query everybody would wait for a lock that waits: it gives up instead, and is started again.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="message",
            name="unconfirmed_since",
            field=models.DateTimeField(null=True),
        ),
    ]

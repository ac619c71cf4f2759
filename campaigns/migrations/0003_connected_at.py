"""When an account was last given its access."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_templates_and_pauses")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="channelaccount",
            name="connected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]

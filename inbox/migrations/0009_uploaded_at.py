"""When a file of ours was given to the provider, who forgets it after 30 days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0008_lanes_and_own_reactions")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="attachment", name="uploaded_at", field=models.DateTimeField(null=True)),
    ]

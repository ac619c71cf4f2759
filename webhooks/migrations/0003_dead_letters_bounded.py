"""Dead letters: what the provider sent first, and how much of a number nobody connected is only counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_dead_letters_fixed_and_notices")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="deadletter", name="first_body", field=models.BinaryField(null=True)),
        migrations.AddField(
            model_name="deadletter",
            name="number",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="deadletter", name="more", field=models.PositiveIntegerField(db_default=0, default=0)
        ),
    ]

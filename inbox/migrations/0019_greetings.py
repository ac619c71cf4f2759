"""Whether what a campaign says by itself is still to be said to who began: to nobody of those who are here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0018_outcome_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="awaits_greeting",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

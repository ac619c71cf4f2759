from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0004_replies_to_nobody")]

    operations = [
        migrations.AddField("attachment", "duration_ms", models.PositiveIntegerField(null=True)),
        migrations.AddField("attachment", "is_held_up", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "attachment", "thumbnail_path", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField("attachment", "waveform", models.JSONField(null=True)),
    ]

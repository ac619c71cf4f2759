from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0007_lanes_and_own_reactions")]

    # Instant: a default of the database's own.
    operations = [
        migrations.AddField("attachment", "is_moving", models.BooleanField(db_default=False, default=False)),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0009_uploaded_at")]

    # Instant: a default of the database's own.
    operations = [
        migrations.AddField("attachment", "is_moving", models.BooleanField(db_default=False, default=False)),
    ]

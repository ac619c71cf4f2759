"""What is archived says so in the database's own words: a release that does not know the column may still add rows (R48)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_views_of_screens")]

    operations = [
        migrations.AlterField("auxstate", "archived", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField("team", "archived", models.BooleanField(db_default=False, default=False)),
    ]

"""What is archived says so in the database's own words: a release that does not know the column may still add rows (R48)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_accounts_rights")]

    operations = [
        migrations.AlterField("client", "archived", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField("project", "archived", models.BooleanField(db_default=False, default=False)),
    ]

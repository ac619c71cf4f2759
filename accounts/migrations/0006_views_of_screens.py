"""A saved view belongs to one screen; those there are, to the desk."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_office_rights")]

    operations = [
        migrations.AddField(
            "savedview",
            "screen",
            models.CharField(
                choices=[("desk", "Attention panel"), ("contacts", "Contacts")],
                db_default="desk",
                default="desk",
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint("savedview", "saved_view_once"),
        migrations.AddConstraint(
            "savedview",
            models.UniqueConstraint(
                models.F("user"),
                models.F("screen"),
                django.db.models.functions.text.Lower("name"),
                name="saved_view_once_a_screen",
            ),
        ),
    ]

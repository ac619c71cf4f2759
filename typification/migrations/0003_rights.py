"""The administrators there are get the tree's editor."""

from django.db import migrations

from accounts.granting import grant


class Migration(migrations.Migration):
    dependencies = [
        ("typification", "0002_editing"),
        ("accounts", "0005_office_rights"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(
            grant(
                {"manage_typifications": ("typification", "typification", "Edits the tree of typifications")},
                to=("admin",),
            ),
            migrations.RunPython.noop,
        )
    ]

"""What the tree's editor needs: its permission, a version for two editors at once, and what was archived together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("typification", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="typification",
            options={
                "ordering": ["position", "id"],
                "permissions": [("manage_typifications", "Edits the tree of typifications")],
            },
        ),
        migrations.AddField(
            model_name="typification", name="archived_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="typification", name="version", field=models.PositiveIntegerField(db_default=1, default=1)
        ),
    ]

"""Who asked, in a word their campaign knows, to be left alone; and whether that was heeded."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0019_greetings"),
    ]

    operations = [
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("heard_at", models.DateTimeField()),
                ("heeded_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opt_outs",
                        to="inbox.conversation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("heeded_at__isnull", True)), fields=["id"], name="opt_out_to_heed")
                ],
            },
        ),
    ]

"""History that was taken away and may still come back; a new table only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0007_attempts_of_an_interaction"),
        ("typification", "0003_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RemovedAttempt",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("removal", models.UUIDField()),
                ("uuid", models.UUIDField()),
                ("cycle", models.PositiveSmallIntegerField()),
                ("medium", models.CharField(max_length=5)),
                ("counts", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("interaction_id", models.UUIDField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.basemember",
                    ),
                ),
                (
                    "typification",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="typification.typification",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["removal", "member"], name="removed_attempt")],
            },
        ),
    ]

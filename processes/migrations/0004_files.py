"""Files that runs make, and the pieces they are made of; new tables only."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processes", "0003_lines"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunPiece",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="processes.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(choices=[("export", "Export"), ("errors", "Errors")], max_length=6)),
                ("name", models.CharField(max_length=120)),
                ("path", models.CharField(blank=True, default="", max_length=200)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("has_numbers", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="processes.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("path", ""), _negated=True),
                        fields=["expires_at"],
                        name="run_file_to_expire",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "role"), name="run_file_once")],
            },
        ),
    ]

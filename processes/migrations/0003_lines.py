"""Rows of files that runs are asked for with; a new table only."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processes", "0002_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("value", models.CharField(blank=True, default="", max_length=40)),
                ("flaw", models.CharField(blank=True, default="", max_length=40)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="processes.run",
                    ),
                ),
            ],
        ),
    ]

"""Bulk runs, their ledger and what they hold; new tables only."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0008_removed_attempts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("submission", models.UUIDField(editable=False, unique=True)),
                ("kind", models.CharField(max_length=60)),
                ("parameters", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Counting"),
                            ("previewed", "Previewed"),
                            ("queued", "Queued"),
                            ("running", "Under way"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("undone", "Undone"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("frozen_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, default="", max_length=40)),
                ("total", models.PositiveBigIntegerField(default=0)),
                ("applied", models.PositiveBigIntegerField(default=0)),
                ("skipped", models.PositiveBigIntegerField(default=0)),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("preview", models.JSONField(default=dict)),
                ("reasons", models.JSONField(default=dict)),
                ("cursor", models.BigIntegerField(default=0)),
                ("chunk_size", models.PositiveIntegerField(default=500)),
                ("busy_ms", models.PositiveBigIntegerField(default=0)),
                (
                    "wish",
                    models.CharField(
                        blank=True,
                        choices=[("", "Nothing"), ("pause", "Pause"), ("cancel", "Cancel")],
                        default="",
                        max_length=6,
                    ),
                ),
                ("lease_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("undo_until", models.DateTimeField(null=True)),
                ("undo_asked_at", models.DateTimeField(null=True)),
                ("undo_cursor", models.BigIntegerField(default=0)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone", models.PositiveBigIntegerField(default=0)),
                ("kept", models.PositiveBigIntegerField(default=0)),
                ("purged_at", models.DateTimeField(null=True)),
                (
                    "base",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactbase",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undo_asked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-requested_at", "-id"),
                "permissions": [("run_processes", "Runs bulk processes")],
            },
        ),
        migrations.CreateModel(
            name="RunHold",
            fields=[
                ("scope", models.CharField(max_length=80, primary_key=True, serialize=False)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="processes.run"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "target", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("target", models.BigIntegerField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("applied", "Done"),
                            ("skipped", "Left out"),
                            ("failed", "Failed"),
                            ("undone", "Taken back"),
                            ("kept", "Changed since"),
                        ],
                        default="pending",
                        max_length=7,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=40)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="processes.run",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["-requested_at", "-id"], name="runs_lately"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["draft", "queued", "running"]), ("undo_asked_at__isnull", False), _connector="OR"
                ),
                fields=["lease_until"],
                name="runs_to_turn",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("purged_at__isnull", True)),
                fields=["finished_at"],
                name="runs_to_purge",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("applied"), "+", models.F("skipped")
                            ),
                            "+",
                            models.F("failed"),
                        ),
                    )
                ),
                name="run_counts_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("applied"), "+", models.F("skipped")
                            ),
                            "+",
                            models.F("failed"),
                        ),
                    ),
                    _connector="OR",
                ),
                name="run_done_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "applied__gte",
                        django.db.models.expressions.CombinedExpression(models.F("undone"), "+", models.F("kept")),
                    )
                ),
                name="run_undone_was_applied",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "failed"]), ("frozen_at__isnull", False), _connector="OR"),
                name="run_is_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "previewed", "failed", "cancelled"]),
                    ("started_at__isnull", False),
                    _connector="OR",
                ),
                name="run_was_started",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("state__in", ["done", "failed", "cancelled", "undone"])),
                    models.Q(
                        ("finished_at__isnull", True),
                        ("state__in", ["draft", "previewed", "queued", "running", "paused"]),
                        ("undo_asked_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="run_finished_is_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_token__isnull", True), ("lease_until__isnull", True)),
                    models.Q(("lease_token__isnull", False), ("lease_until__isnull", False)),
                    _connector="OR",
                ),
                name="run_lease_is_whole",
            ),
        ),
        # A run rewrites every row of its ledger once, and its own row with every chunk: room for the new versions on the same page.
        migrations.RunSQL(
            "ALTER TABLE processes_runitem SET (fillfactor = 50);ALTER TABLE processes_run SET (fillfactor = 50)",
            migrations.RunSQL.noop,
        ),
    ]

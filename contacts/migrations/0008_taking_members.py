"""Who is next in a base, without an index that bulk processes would have to rewrite (docs/decisions: taking the next member)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

PROMISES = ["auto_callback", "scheduled"]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("contacts", "0007_joining"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BaseSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
                ("counts", models.JSONField(default=dict)),
                ("fresh", models.PositiveIntegerField(default=0)),
                ("retry_since", models.DateTimeField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "base",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slices",
                        to="contacts.contactbase",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="baseslice",
            constraint=models.UniqueConstraint(fields=("base", "number"), name="slice_of_base_once"),
        ),
        migrations.CreateModel(
            name="SliceTouch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
                (
                    "base",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contactbase",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="slicetouch",
            index=models.Index(fields=["base", "number"], name="touch_of_slice"),
        ),
        migrations.AddField(
            model_name="lot",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="basemember",
            name="is_live",
            field=models.GeneratedField(
                expression=models.Q(("state", "detached"), _negated=True),
                output_field=models.BooleanField(),
                db_persist=True,
            ),
        ),
        migrations.RemoveConstraint(model_name="basemember", name="member_live_once"),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True)), fields=("base", "contact"), name="member_live_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reserved_by__isnull", False)),
                fields=("base", "reserved_by"),
                name="member_reserved_one_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("due_at__isnull", True),
                    ("state__in", [*PROMISES, "detached"]),
                    models.Q(("reserved_from__in", PROMISES), ("state", "reserved")),
                    _connector="OR",
                ),
                name="member_due_only_if_promised",
            ),
        ),
        AddIndexConcurrently(
            model_name="basemember",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["base", "due_at"], name="member_promised"
            ),
        ),
        AddIndexConcurrently(
            model_name="basemember",
            index=models.Index(
                condition=models.Q(("reserved_until__isnull", False)), fields=["reserved_until"], name="member_reserved"
            ),
        ),
        # Rewritten all the time by who counts: room for their new versions on the same page.
        migrations.RunSQL(
            "ALTER TABLE contacts_baseslice SET (fillfactor = 50);"
            "ALTER TABLE contacts_slicetouch SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
            "ALTER TABLE contacts_baseslice RESET (fillfactor);"
            "ALTER TABLE contacts_slicetouch RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
        ),
    ]

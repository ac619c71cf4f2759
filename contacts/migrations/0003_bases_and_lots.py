"""Who is to be contacted and what came of it: bases, lots, members, attempts, and the slices members are counted in; new tables only."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_office_rights"),
        ("contacts", "0002_what_describes_people"),
        ("typification", "0003_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactBase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("folded_name", models.CharField(editable=False, max_length=80, unique=True)),
                ("description", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("paused", "Paused"), ("closed", "Closed")],
                        default="draft",
                        max_length=6,
                    ),
                ),
                ("max_attempts", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="accounts.team")),
            ],
            options={
                "ordering": ("folded_name",),
            },
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("folded_name", models.CharField(editable=False, max_length=80)),
                ("source_file", models.CharField(blank=True, max_length=200)),
                (
                    "imported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("imported_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("totals", models.JSONField(blank=True, default=dict)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="accounts.team")),
            ],
            options={
                "ordering": ("-imported_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="LotContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lot",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.lot"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                    ),
                ),
                ("row_number", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("lot", "contact"), name="lot_contact_once")],
            },
        ),
        migrations.CreateModel(
            name="BaseMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "base",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="contacts.contactbase",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="contacts.contact"
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.lot",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unprocessed", "Not worked yet"),
                            ("reserved", "Reserved"),
                            ("in_progress", "In progress"),
                            ("retry", "To try again"),
                            ("auto_callback", "Automatic callback"),
                            ("scheduled", "Scheduled"),
                            ("closed", "Closed"),
                            ("suppressed", "Do not contact"),
                            ("detached", "Taken out"),
                        ],
                        default="unprocessed",
                        max_length=13,
                    ),
                ),
                ("cycle", models.PositiveSmallIntegerField(default=1)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("first_contact_at", models.DateTimeField(blank=True, null=True)),
                ("last_contact_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_typification",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="typification.typification",
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reserved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reserved_until", models.DateTimeField(blank=True, null=True)),
                ("reserved_from", models.CharField(blank=True, default="", max_length=13)),
                (
                    "is_live",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("state", "detached"), _negated=True),
                        output_field=models.BooleanField(),
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["base", "id"], name="member_of_base"),
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["base", "due_at"], name="member_promised"
                    ),
                    models.Index(
                        condition=models.Q(("reserved_until__isnull", False)),
                        fields=["reserved_until"],
                        name="member_reserved",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_live", True)), fields=("base", "contact"), name="member_live_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reserved_by__isnull", False)),
                        fields=("base", "reserved_by"),
                        name="member_reserved_one_each",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("reserved_by__isnull", False),
                                ("reserved_until__isnull", False),
                                ("state", "reserved"),
                                models.Q(("reserved_from", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "reserved"), _negated=True),
                                ("reserved_by__isnull", True),
                                ("reserved_from", ""),
                                ("reserved_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="member_reserved_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["auto_callback", "scheduled"]), _negated=True),
                            ("due_at__isnull", False),
                            _connector="OR",
                        ),
                        name="member_promised_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at__isnull", True),
                            ("state__in", ["auto_callback", "scheduled", "detached"]),
                            models.Q(("reserved_from__in", ["auto_callback", "scheduled"]), ("state", "reserved")),
                            _connector="OR",
                        ),
                        name="member_due_only_if_promised",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts_made",
                        to="contacts.basemember",
                    ),
                ),
                ("cycle", models.PositiveSmallIntegerField()),
                (
                    "medium",
                    models.CharField(
                        choices=[("call", "Call"), ("chat", "Chat"), ("email", "E-mail"), ("other", "Other")],
                        max_length=5,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "typification",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="typification.typification",
                    ),
                ),
                ("counts", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
                ("interaction_id", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["member", "cycle", "-at"], name="attempt_of_member")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("interaction_id__isnull", False)),
                        fields=("member", "interaction_id"),
                        name="attempt_once_each_interaction",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BaseSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "base",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slices",
                        to="contacts.contactbase",
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("counts", models.JSONField(default=dict)),
                ("fresh", models.PositiveIntegerField(default=0)),
                ("retry_since", models.DateTimeField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("base", "number"), name="slice_of_base_once")],
            },
        ),
        migrations.CreateModel(
            name="SliceTouch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "base",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contactbase",
                    ),
                ),
                ("number", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["base", "number"], name="touch_of_slice")],
            },
        ),
        # Bulk processes rewrite most members, and who counts rewrites slices all the time: room for their new versions on the same page
        # (PERFORMANCE.md). Touches only come and go.
        migrations.RunSQL(
            "ALTER TABLE contacts_basemember SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);"
            "ALTER TABLE contacts_baseslice SET (fillfactor = 50);"
            "ALTER TABLE contacts_slicetouch SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
            migrations.RunSQL.noop,
        ),
    ]

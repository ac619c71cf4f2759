"""What becomes of a conversation between two hands: offers, transfers, words for later; promises to call."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0013_exclusive_agents"),
        ("contacts", "0006_rights"),
        ("inbox", "0021_attention_indexes"),
        ("typification", "0003_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="conversationevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "Assigned"),
                    ("taken_over", "Taken over"),
                    ("released", "Released"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("begun", "Begun"),
                    ("new_number", "Changed number"),
                    ("new_identity", "Changed identity"),
                    ("returned", "Went back"),
                    ("retypified", "Got another outcome"),
                    ("transferred", "Transferred"),
                    ("missed", "Offered in vain"),
                    ("declined", "Declined"),
                    ("snoozed", "Snoozed"),
                    ("woken", "Back from its rest"),
                    ("exclusive", "Exclusive agent changed"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offered_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("missed", "Missed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offers", to="inbox.conversation"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "-offered_at"], name="offers_of_user"),
                    models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["until"], name="offers_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("conversation",), name="one_open_offer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("ended_at__isnull", True)),
                            models.Q(("ended_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="offer_ends_with_an_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("offered_at"))), name="offer_lasts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.TextField()),
                ("transferred_at", models.DateTimeField()),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="inbox.conversation"
                    ),
                ),
                (
                    "from_campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.campaign"
                    ),
                ),
                (
                    "from_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "joined_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inbox.conversation",
                    ),
                ),
                (
                    "to_campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "to_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "transferred_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "typification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="typification.typification"
                    ),
                ),
            ],
            options={
                "ordering": ["transferred_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("to_campaign__isnull", True), ("to_user__isnull", False)),
                            models.Q(("to_campaign__isnull", False), ("to_user__isnull", True)),
                            _connector="OR",
                        ),
                        name="transfer_to_one",
                    ),
                    models.CheckConstraint(condition=models.Q(("note", ""), _negated=True), name="transfer_says_why"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.TextField()),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Scheduled"),
                            ("sent", "Sent"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Not sent"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("client_id", models.UUIDField(unique=True)),
                ("failure", models.CharField(blank=True, default="", max_length=40)),
                ("made_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scheduled", to="inbox.conversation"
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "pending")), fields=["due_at"], name="scheduled_due")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), models.Q(("failure", ""), _negated=True)),
                            models.Q(models.Q(("state", "failed"), _negated=True), ("failure", "")),
                            _connector="OR",
                        ),
                        name="scheduled_fails_with_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Callback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("personal", "Personal"), ("global", "Anybody's"), ("automatic", "Automatic")],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=1000)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("interaction_id", models.UUIDField(null=True)),
                ("kept_by_interaction_id", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactpoint",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.basemember",
                    ),
                ),
                (
                    "owner",
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
                "ordering": ["due_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["owner", "due_at"], name="callbacks_of_owner"
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["campaign", "due_at"],
                        name="callbacks_of_campaign",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "personal"), _negated=True), ("owner__isnull", False), _connector="OR"
                        ),
                        name="personal_callback_has_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "pending")),
                            models.Q(models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="callback_ends_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("interaction_id__isnull", False), models.Q(("state", "cancelled"), _negated=True)
                        ),
                        fields=("interaction_id",),
                        name="callback_of_interaction",
                    ),
                ],
            },
        ),
    ]

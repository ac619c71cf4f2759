"""People described, and who is to be contacted: companies, documents, tags, groups, notes; bases, lots, members, attempts."""

import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_office_rights"),
        ("contacts", "0001_initial"),
        ("typification", "0003_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "permissions": [
                    ("edit_contacts", "Creates and edits contacts"),
                    ("merge_contacts", "Joins and parts contacts"),
                    ("manage_contact_setup", "Manages documents, fields, tags, groups and companies"),
                    ("manage_bases", "Manages bases and lots"),
                    ("manage_privacy", "Exports and erases what is held of a contact, and holds it"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160)),
                ("sort_name", models.CharField(editable=False, max_length=160)),
                ("document_number", models.CharField(blank=True, max_length=40)),
                ("industry", models.CharField(blank=True, max_length=80)),
                ("website", models.CharField(blank=True, max_length=200)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="DocumentType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("pattern", models.CharField(blank=True, max_length=200)),
                ("check_digit", models.CharField(blank=True, max_length=20)),
                ("example", models.CharField(blank=True, max_length=40)),
                ("is_for_people", models.BooleanField(default=True)),
                ("is_for_companies", models.BooleanField(default=False)),
                ("position", models.PositiveIntegerField(default=0)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="FieldDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("control_id", models.CharField(max_length=60, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("hint", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("long_text", "Long text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("choice", "One of a list"),
                            ("choices", "Several of a list"),
                            ("yes_no", "Yes or no"),
                        ],
                        default="text",
                        max_length=10,
                    ),
                ),
                ("is_required", models.BooleanField(default=False)),
                ("minimum", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ("maximum", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ("options", models.JSONField(blank=True, default=list)),
                ("position", models.PositiveIntegerField(default=0)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("folded_name", models.CharField(editable=False, max_length=40, unique=True)),
                (
                    "hue",
                    models.CharField(
                        choices=[
                            ("gray", "Gray"),
                            ("blue", "Blue"),
                            ("green", "Green"),
                            ("ochre", "Ochre"),
                            ("rose", "Rose"),
                            ("violet", "Violet"),
                        ],
                        default="gray",
                        max_length=10,
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ("folded_name",),
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="company_sort_name",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=160),
        ),
        migrations.AddField(
            model_name="contact",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="last_interaction_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="search_text",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("department", models.CharField(blank=True, max_length=80)),
                ("province", models.CharField(blank=True, max_length=80)),
                ("district", models.CharField(blank=True, max_length=80)),
                ("line", models.CharField(max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("latitude", models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ("longitude", models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ("is_primary", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="contacts.contact"
                    ),
                ),
            ],
            options={
                "ordering": ("-is_primary", "id"),
            },
        ),
        migrations.CreateModel(
            name="BaseMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("reserved_until", models.DateTimeField(blank=True, null=True)),
                ("reserved_from", models.CharField(blank=True, default="", max_length=13)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="contacts.contact"
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
                    "reserved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("cycle", models.PositiveSmallIntegerField()),
                (
                    "medium",
                    models.CharField(
                        choices=[("call", "Call"), ("chat", "Chat"), ("email", "E-mail"), ("other", "Other")],
                        max_length=5,
                    ),
                ),
                ("counts", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
                ("interaction_id", models.UUIDField(blank=True, null=True)),
                (
                    "typification",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="typification.typification",
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
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts_made",
                        to="contacts.basemember",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="company",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="contacts.company",
            ),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "medium",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "Phone"),
                            ("whatsapp", "WhatsApp"),
                            ("email", "E-mail"),
                            ("messenger", "Messenger"),
                            ("instagram", "Instagram"),
                            ("apple", "Apple"),
                            ("webchat", "Web chat"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_given", models.BooleanField()),
                ("source", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="contacts.contact"
                    ),
                ),
            ],
            options={
                "ordering": ("-recorded_at", "-id"),
            },
        ),
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
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="accounts.team")),
            ],
            options={
                "ordering": ("folded_name",),
            },
        ),
        migrations.AddField(
            model_name="basemember",
            name="base",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="members",
                to="contacts.contactbase",
            ),
        ),
        migrations.CreateModel(
            name="ContactGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("folded_name", models.CharField(editable=False, max_length=60, unique=True)),
                (
                    "hue",
                    models.CharField(
                        choices=[
                            ("gray", "Gray"),
                            ("blue", "Blue"),
                            ("green", "Green"),
                            ("ochre", "Ochre"),
                            ("rose", "Rose"),
                            ("violet", "Violet"),
                        ],
                        default="gray",
                        max_length=10,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("manual", "Put together by hand"), ("rule", "By rule")],
                        default="manual",
                        max_length=6,
                    ),
                ),
                ("rule", models.JSONField(blank=True, default=dict)),
                ("refreshed_at", models.DateTimeField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="accounts.team")),
            ],
            options={
                "ordering": ("folded_name",),
            },
        ),
        migrations.CreateModel(
            name="ContactNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=4000)),
                ("conversation_uuid", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="contacts.contact",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="company",
            name="document_type",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.documenttype",
            ),
        ),
        # No product version ever wrote a document: the column of words goes, and the table's rows are not rewritten.
        migrations.RemoveConstraint(model_name="contact", name="contact_document_once"),
        migrations.RemoveField(model_name="contact", name="document_type"),
        migrations.AddField(
            model_name="contact",
            name="document_type",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.documenttype",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=("document_type", "document_number"),
                name="contact_document_once",
            ),
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_by_rule", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contact",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contactgroup",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="groups",
            field=models.ManyToManyField(
                related_name="contacts", through="contacts.GroupMember", to="contacts.contactgroup"
            ),
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="legal_holds", to="contacts.contact"
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("folded_name", models.CharField(editable=False, max_length=80)),
                ("source_file", models.CharField(blank=True, max_length=200)),
                ("imported_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("totals", models.JSONField(blank=True, default=dict)),
                (
                    "imported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="accounts.team")),
            ],
            options={
                "ordering": ("-imported_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="basemember",
            name="lot",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.lot",
            ),
        ),
        migrations.CreateModel(
            name="LotContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_number", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.lot"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MergeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(default=dict)),
                ("followers", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges_into", to="contacts.contact"
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="contacts.contact"
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ContactTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contact",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.tag"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="tags",
            field=models.ManyToManyField(related_name="contacts", through="contacts.ContactTag", to="contacts.tag"),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                    _connector="OR",
                ),
                name="address_coordinates_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["member", "cycle", "-at"], name="attempt_of_member"),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("interaction_id__isnull", False)),
                fields=("member", "interaction_id"),
                name="attempt_once_each_interaction",
            ),
        ),
        migrations.AddIndex(
            model_name="contactnote",
            index=models.Index(fields=["contact", "-created_at", "-id"], name="contact_note_newest"),
        ),
        migrations.AddIndex(
            model_name="contactnote",
            index=models.Index(
                condition=models.Q(("conversation_uuid__isnull", False)),
                fields=["conversation_uuid"],
                name="contact_note_of_talk",
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["sort_name", "id"], name="company_by_name"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["sort_name"], name="company_name_trgm", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("sort_name", ""), _negated=True), name="company_is_named"
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.UniqueConstraint(
                condition=models.Q(("document_number", ""), _negated=True),
                fields=("document_type", "document_number"),
                name="company_document_once",
            ),
        ),
        migrations.AddIndex(
            model_name="groupmember",
            index=models.Index(fields=["group", "contact"], name="group_member_by_group"),
        ),
        migrations.AddConstraint(
            model_name="groupmember",
            constraint=models.UniqueConstraint(fields=("contact", "group"), name="group_member_once"),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", False), _connector="OR"),
                name="legal_hold_lifted_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="basemember",
            index=models.Index(fields=["base", "id"], name="member_of_base"),
        ),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "detached"), _negated=True),
                fields=("base", "contact"),
                name="member_live_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="basemember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["auto_callback", "scheduled"]), _negated=True),
                    ("due_at__isnull", False),
                    _connector="OR",
                ),
                name="member_promised_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="lotcontact",
            constraint=models.UniqueConstraint(fields=("lot", "contact"), name="lot_contact_once"),
        ),
        migrations.AddConstraint(
            model_name="mergerecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="merged_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="mergerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("survivor", models.F("merged")), _negated=True), name="merged_into_another"
            ),
        ),
        migrations.AddIndex(
            model_name="contacttag",
            index=models.Index(fields=["tag", "contact"], name="contact_tag_by_tag"),
        ),
        migrations.AddConstraint(
            model_name="contacttag",
            constraint=models.UniqueConstraint(fields=("contact", "tag"), name="contact_tag_once"),
        ),
        # Bulk processes rewrite most rows: room for their new versions on the same page (PERFORMANCE.md).
        migrations.RunSQL(
            "ALTER TABLE contacts_basemember SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE contacts_basemember RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]

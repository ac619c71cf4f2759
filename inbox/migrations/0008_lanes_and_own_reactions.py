"""Lanes of the outbox, and our own reactions.

The version before this one goes on sending while it runs: it knows nothing of lanes, so they may be empty. What it leaves without one
gets its lane from the sweeper (inbox.actions.lanes.name_lanes), which is also why nothing is filled in here. A later release
requires them.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_templates_and_pauses"),
        ("contacts", "0001_initial"),
        ("inbox", "0007_unconfirmed_messages"),
    ]

    # Adding is instant: nullable or with a default of the database's, on tables that hold what waits and who reacted.
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="reaction",
            name="status",
            field=models.CharField(
                choices=[("queued", "Queued"), ("sent", "Sent"), ("failed", "Failed")],
                db_default="sent",
                default="sent",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="reaction",
            name="failure_code",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reaction",
            name="failure_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="outboxentry",
            name="channel_account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.channelaccount",
            ),
        ),
        migrations.AddField(
            model_name="outboxentry",
            name="contact_point",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contactpoint"
            ),
        ),
        migrations.AlterField(
            model_name="outboxentry",
            name="message",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="outbox_entry",
                to="inbox.message",
            ),
        ),
        migrations.AddField(
            model_name="outboxentry",
            name="reaction",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="outbox", to="inbox.reaction"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["channel_account", "contact_point", "id"], name="outbox_lane"),
        ),
        migrations.AddConstraint(
            model_name="outboxentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("message__isnull", False), ("reaction__isnull", True)),
                    models.Q(("message__isnull", True), ("reaction__isnull", False)),
                    _connector="OR",
                ),
                name="outbox_message_or_reaction",
            ),
        ),
    ]

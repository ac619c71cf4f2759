"""What becomes of a conversation between two hands, in its own row: its rest, what was asked and told of it, the record it is about."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0006_rights"),
        ("inbox", "0020_opt_outs"),
    ]

    operations = [
        migrations.AddField(model_name="conversation", name="snoozed_until", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="conversation",
            name="reminders_sent",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(model_name="conversation", name="reminded_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="conversation", name="alerted_for", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="conversation", name="sla_breached_for", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="conversation",
            name="base_member",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.basemember",
            ),
        ),
    ]

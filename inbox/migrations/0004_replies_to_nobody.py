from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Messages are many: the index is built beside the traffic, not in front of it.
    atomic = False

    dependencies = [
        ("inbox", "0003_every_kind_and_changes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                condition=models.Q(("reply_to__isnull", True), models.Q(("quoted_provider_id", ""), _negated=True)),
                fields=["channel_account", "quoted_provider_id"],
                name="reply_to_nobody",
            ),
        ),
    ]

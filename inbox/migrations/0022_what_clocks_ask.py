"""What the clocks of attention ask every few seconds: who is still to be greeted, and which promises come next."""

from django.db import migrations, models

from core.index_making import MakeIndex


class Migration(migrations.Migration):
    # Concurrently: messages keep arriving while it runs.
    atomic = False
    dependencies = [("inbox", "0021_rules_of_attention")]

    operations = [
        MakeIndex(
            "conversation",
            models.Index(condition=models.Q(("awaits_greeting", True)), fields=["id"], name="conversation_to_greet"),
        ),
        MakeIndex(
            "callback",
            models.Index(
                condition=models.Q(("reminded_at__isnull", True), ("state", "pending")),
                fields=["due_at"],
                name="callbacks_to_remind",
            ),
        ),
    ]

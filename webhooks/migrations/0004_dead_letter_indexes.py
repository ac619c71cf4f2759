"""By their delivery, by the number nobody connected, and by age: built while letters go on being written."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("webhooks", "0003_dead_letters_bounded")]

    operations = [
        AddIndexConcurrently(
            model_name="deadletter",
            index=models.Index(fields=["delivery_id"], name="dead_letter_of_delivery"),
        ),
        AddIndexConcurrently(
            model_name="deadletter",
            index=models.Index(
                fields=["number", "app_key"],
                condition=models.Q(("state", "dead"), models.Q(("number", ""), _negated=True)),
                name="dead_letter_of_number",
            ),
        ),
        AddIndexConcurrently(
            model_name="deadletter",
            index=models.Index(
                fields=["settled_at"],
                condition=models.Q(("settled_at__isnull", False)),
                name="dead_letter_settled",
            ),
        ),
    ]

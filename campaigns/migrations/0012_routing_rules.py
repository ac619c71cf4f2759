"""Where new conversations of a shared account go."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_rules_of_attention"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[("keyword", "By what they write"), ("hours", "By when they write")], max_length=8
                    ),
                ),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("from_minute", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("until_minute", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="campaigns.channelaccount"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("from_minute__isnull", True), ("kind", "keyword"), ("words__len__gt", 0)),
                            models.Q(
                                ("from_minute__isnull", False),
                                ("from_minute__lt", 1440),
                                ("kind", "hours"),
                                ("until_minute__isnull", False),
                                ("until_minute__lte", 1440),
                                ("weekdays__len__gt", 0),
                                ("words__len", 0),
                            ),
                            _connector="OR",
                        ),
                        name="routing_rule_says_when",
                    )
                ],
            },
        ),
    ]

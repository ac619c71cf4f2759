"""What a campaign says of hours, holidays, bases, distribution and what is written by itself."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_archived_by_default"),
        ("campaigns", "0010_only_owner_replies"),
        ("contacts", "0006_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weekday", models.PositiveSmallIntegerField()),
                ("from_minute", models.PositiveSmallIntegerField()),
                ("until_minute", models.PositiveSmallIntegerField()),
            ],
            options={
                "ordering": ["weekday", "from_minute"],
            },
        ),
        migrations.CreateModel(
            name="CampaignBase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_default", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("name", models.CharField(blank=True, max_length=60)),
                ("is_yearly", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["on"],
            },
        ),
        migrations.AddField(
            model_name="campaign",
            name="allow_transfer",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="blending",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="exclusive_fallback_min",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="opt_out_words",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="out_of_hours_action",
            field=models.CharField(
                choices=[("queue", "They wait for opening time"), ("close", "They are closed")],
                db_default="queue",
                default="queue",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="out_of_hours_message",
            field=models.CharField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.AddField(
            model_name="campaign",
            name="return_after_s",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="ring_timeout_s",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AddField(
            model_name="campaign",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="campaign",
            name="welcome_message",
            field=models.CharField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="distribution",
            field=models.CharField(
                choices=[
                    ("manual", "Agents take them"),
                    ("ring", "Offered to one after the other"),
                    ("assign", "Assigned to the least loaded"),
                ],
                default="manual",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("ring_timeout_s__range", (5, 600))), name="campaign_ring_timeout"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("return_after_s__isnull", True), ("return_after_s__gte", 30), _connector="OR"),
                name="campaign_return_after",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("exclusive_fallback_min__isnull", True), ("exclusive_fallback_min__gte", 1), _connector="OR"
                ),
                name="campaign_exclusive_fallback",
            ),
        ),
        migrations.AddField(
            model_name="businesshours",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="business_hours", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="campaignbase",
            name="base",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contactbase"
            ),
        ),
        migrations.AddField(
            model_name="campaignbase",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="worked_bases", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="holiday",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="holidays", to="campaigns.campaign"
            ),
        ),
        migrations.AddConstraint(
            model_name="businesshours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("weekday__lte", 6), ("until_minute__lte", 1440), ("from_minute__lt", models.F("until_minute"))
                ),
                name="business_hours_of_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="businesshours",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("campaign_id"), "*", models.Value(10080)
                                    ),
                                    "+",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("weekday"), "*", models.Value(1440)
                                    ),
                                ),
                                "+",
                                models.F("from_minute"),
                            ),
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("campaign_id"), "*", models.Value(10080)
                                    ),
                                    "+",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("weekday"), "*", models.Value(1440)
                                    ),
                                ),
                                "+",
                                models.F("until_minute"),
                            ),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        "&&",
                    )
                ],
                name="business_hours_apart",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignbase",
            constraint=models.UniqueConstraint(fields=("campaign", "base"), name="campaign_base_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignbase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("campaign",), name="campaign_base_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.UniqueConstraint(fields=("campaign", "on"), name="campaign_holiday_once"),
        ),
    ]

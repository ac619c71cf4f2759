from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0013_exclusive_agents")]

    operations = [
        migrations.AddField(
            model_name="channelaccount",
            name="menu_text",
            field=models.CharField(blank=True, db_default="", default="", max_length=600),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="label",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AlterField(
            model_name="routingrule",
            name="kind",
            field=models.CharField(
                choices=[
                    ("keyword", "By what they write"),
                    ("hours", "By when they write"),
                    ("menu", "By what they choose"),
                ],
                max_length=8,
            ),
        ),
        migrations.RemoveConstraint(model_name="routingrule", name="routing_rule_says_when"),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_minute__isnull", True), ("kind", "keyword"), ("label", ""), ("words__len__gt", 0)),
                    models.Q(
                        ("from_minute__isnull", True),
                        ("kind", "menu"),
                        ("weekdays__len", 0),
                        ("words__len", 0),
                        models.Q(("label", ""), _negated=True),
                    ),
                    models.Q(
                        ("from_minute__isnull", False),
                        ("from_minute__lt", 1440),
                        ("kind", "hours"),
                        ("label", ""),
                        ("until_minute__isnull", False),
                        ("until_minute__lte", 1440),
                        ("weekdays__len__gt", 0),
                        ("words__len", 0),
                    ),
                    _connector="OR",
                ),
                name="routing_rule_says_when",
            ),
        ),
    ]

"""No two stretches of one agent say something of the same moment; who forced one, and that it was too long."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Two machines' clocks may have let one begin before the other had ended: the earlier one gives way.
MEND = """
UPDATE accounts_agentstateinterval AS earlier SET ended_at = following.next_at
FROM (
  SELECT id, lead(started_at) OVER (PARTITION BY user_id ORDER BY started_at, id) AS next_at FROM accounts_agentstateinterval
) AS following
WHERE following.id = earlier.id AND following.next_at IS NOT NULL
  AND (earlier.ended_at IS NULL OR earlier.ended_at > following.next_at)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_subscriptions_go_with_their_session"),
    ]

    operations = [
        migrations.AddField(
            model_name="agentstateinterval",
            name="forced_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="agentstateinterval",
            name="overrun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="agentstateinterval",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            models.F("user_id"),
                            models.F("user_id"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.F("started_at"),
                            models.F("ended_at"),
                            function="tstzrange",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="intervals_apart",
            ),
        ),
    ]

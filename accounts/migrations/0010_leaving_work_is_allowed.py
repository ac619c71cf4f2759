from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_intervals_apart"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="may_log_out_with_active",
            field=models.BooleanField(default=False),
        ),
    ]

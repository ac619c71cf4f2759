from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0023_associated"), ("campaigns", "0014_menu")]

    operations = [
        migrations.AddField(model_name="conversation", name="chooses_since", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="conversationevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "Assigned"),
                    ("taken_over", "Taken over"),
                    ("released", "Released"),
                    ("closed", "Closed"),
                    ("reopened", "Reopened"),
                    ("begun", "Begun"),
                    ("new_number", "Changed number"),
                    ("new_identity", "Changed identity"),
                    ("returned", "Went back"),
                    ("retypified", "Got another outcome"),
                    ("transferred", "Transferred"),
                    ("missed", "Offered in vain"),
                    ("declined", "Declined"),
                    ("snoozed", "Snoozed"),
                    ("woken", "Back from its rest"),
                    ("exclusive", "Exclusive agent changed"),
                    ("associated", "Put into a base"),
                    ("routed", "Chosen from the menu"),
                ],
                max_length=12,
            ),
        ),
    ]

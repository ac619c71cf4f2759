from django.db import migrations, models


class Migration(migrations.Migration):
    """A note that was deleted may be brought back for a while."""

    dependencies = [("contacts", "0008_taking_members")]

    operations = [
        migrations.AddField(
            model_name="contactnote",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="contactnote",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="contact_note_deleted",
            ),
        ),
    ]

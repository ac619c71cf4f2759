"""A browser's subscription goes with its session in the database, too: one that is kept in the instant its session ends would break
the deletion at its commit (Django deletes what it has read, and reads no second time).
"""

from django.db import migrations

from core.cascades import cascade_in_database


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_archived_by_default"), ("sessions", "0001_initial")]

    operations = [cascade_in_database("accounts_pushsubscription", "session_id")]

"""What a browser was to be told goes with its subscription in the database, too: its session may end while a notice is being written."""

from django.db import migrations

from core.cascades import cascade_in_database


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_subscriptions_go_with_their_session"), ("inbox", "0015_calls")]

    operations = [cascade_in_database("inbox_pushnotice", "subscription_id")]

"""The administrators there are connect accounts; their supervisors see how the numbers are."""

from django.db import migrations

from accounts.granting import grant

SEE = {
    "see_channel_accounts": ("campaigns", "channelaccount", "Sees channel accounts, their health and their templates")
}
MANAGE = {
    "manage_channel_accounts": (
        "campaigns",
        "channelaccount",
        "Connects, changes, disconnects and removes channel accounts",
    )
}


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_accounts_set_up"), ("accounts", "0005_office_rights")]

    operations = [
        migrations.RunPython(grant(SEE, to=("admin", "supervisor")), migrations.RunPython.noop),
        migrations.RunPython(grant(MANAGE, to=("admin",)), migrations.RunPython.noop),
    ]

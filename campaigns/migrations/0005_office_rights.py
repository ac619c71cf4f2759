from django.db import migrations

from accounts.granting import grant

RIGHTS = {
    "manage_clients": ("campaigns", "client", "Manages clients and projects"),
    "manage_campaigns": ("campaigns", "campaign", "Manages campaigns"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_back_office"),
        ("accounts", "0005_office_rights"),
    ]

    operations = [migrations.RunPython(grant(RIGHTS, to=("admin",)), migrations.RunPython.noop)]

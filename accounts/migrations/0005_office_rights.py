from django.db import migrations

from accounts.granting import grant

RIGHTS = {
    "manage_users": ("accounts", "user", "Manages users"),
    "manage_teams": ("accounts", "user", "Manages teams"),
    "manage_roles": ("accounts", "user", "Manages roles"),
    "manage_aux_states": ("accounts", "user", "Manages auxiliaries"),
    "view_journalentry": ("core", "journalentry", "Can view journal entry"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_back_office"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant(RIGHTS, to=("admin",)), migrations.RunPython.noop)]

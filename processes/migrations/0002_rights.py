"""Who runs bulk processes, in an installation that has its roles already."""

from django.db import migrations

from accounts.granting import grant

RIGHTS = {"run_processes": ("processes", "run", "Runs bulk processes")}


class Migration(migrations.Migration):
    dependencies = [
        ("processes", "0001_runs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant(RIGHTS, to=("supervisor", "admin")), migrations.RunPython.noop)]

"""The roles there are may keep contacts; their supervisors also join them and work bases; their administrators do all of it."""

from django.db import migrations

from accounts.granting import grant

EDIT = {"edit_contacts": ("contacts", "contact", "Creates and edits contacts")}
LEAD = {
    "merge_contacts": ("contacts", "contact", "Joins and parts contacts"),
    "manage_bases": ("contacts", "contact", "Manages bases and lots"),
}
SET_UP = {
    "manage_contact_setup": ("contacts", "contact", "Manages documents, fields, tags, groups and companies"),
    "manage_privacy": ("contacts", "contact", "Exports and erases what is held of a contact, and holds it"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0005_finding_people"),
        ("accounts", "0005_office_rights"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(grant(EDIT, to=("admin", "supervisor", "agent")), migrations.RunPython.noop),
        migrations.RunPython(grant(LEAD, to=("admin", "supervisor")), migrations.RunPython.noop),
        migrations.RunPython(grant(SET_UP, to=("admin",)), migrations.RunPython.noop),
    ]

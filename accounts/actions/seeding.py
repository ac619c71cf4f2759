"""What a new installation begins with: the built-in roles and auxiliaries."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import ROLES, AuxState

# What each built-in role may do. Upper floors' permissions are named, not imported: Django keeps them by name.
ROLE_PERMISSIONS = {
    "agent": ["see_numbers", "edit_contacts"],
    "supervisor": [
        "see_numbers",
        "edit_contacts",
        "merge_contacts",
        "manage_bases",
        "run_processes",
        "supervise_teams",
        "view_team_conversations",
        "manage_ready_words",
        "manage_campaigns",
        "see_channel_accounts",
    ],
    "admin": [
        "see_numbers",
        "edit_contacts",
        "merge_contacts",
        "manage_bases",
        "run_processes",
        "manage_contact_setup",
        "manage_privacy",
        "supervise_teams",
        "see_all_teams",
        "view_team_conversations",
        "manage_ready_words",
        "manage_dead_letters",
        "see_channel_accounts",
        "manage_channel_accounts",
        "manage_typifications",
        "manage_users",
        "manage_teams",
        "manage_roles",
        "manage_aux_states",
        "manage_clients",
        "manage_campaigns",
        "view_journalentry",
        "manage_push",
    ],
}


# Each: its code, name, colour, icon and routing; then what it accepts, works on and counts as; then its most minutes (DOMAIN.md).
SEEDED_AUX_STATES = [
    (
        "social_new_and_active",
        "Redes Sociales (chat nuevos + activos)",
        "green",
        "messages-square",
        "ready",
        True,
        True,
        True,
        None,
    ),
    ("social_active_only", "Redes Sociales (sólo activos)", "blue", "message-square", "drain", False, True, True, None),
    ("telephony", "Telefonía", "violet", "phone", "not_ready", False, True, True, None),
    ("preview", "Preview", "ochre", "id-card", "not_ready", False, True, True, None),
    ("mixed", "Mixto", "green", "layers", "ready", True, True, True, None),
    ("break", "Descanso", "gray", "coffee", "not_ready", False, False, False, 15),
    ("bathroom", "Baño", "gray", "door-open", "not_ready", False, False, False, 10),
    ("training", "Capacitación", "blue", "graduation-cap", "not_ready", False, False, True, None),
    ("meeting", "Reunión", "blue", "users", "not_ready", False, False, True, None),
    ("back_office", "Back office", "blue", "inbox", "not_ready", False, True, True, None),
    ("offline", "Desconectado", "gray", "circle-off", "offline", False, False, False, None),
]


@transaction.atomic
def seed_roles_and_aux_states() -> None:
    """Make the built-in roles and auxiliaries. Repeating it changes nothing that an admin changed."""
    for role in ROLES:
        group, is_new = Group.objects.get_or_create(name=role)
        if is_new:
            # Once: what an administrator took away does not come back with the next start.
            group.permissions.add(*Permission.objects.filter(codename__in=ROLE_PERMISSIONS[role]))
    for position, (code, name, color, icon, routing, accepts_new, works_active, productive, max_minutes) in enumerate(
        SEEDED_AUX_STATES
    ):
        AuxState.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "color": color,
                "icon": icon,
                "routing": routing,
                "accepts_new": accepts_new,
                "works_active": works_active,
                "productive": productive,
                "max_minutes": max_minutes,
                "is_initial": position == 0,
                "position": position,
            },
        )

"""What is done to users, teams, sessions and auxiliaries, by subject."""

from accounts.actions.people import change_preferences, change_role, create_user, deactivate_user
from accounts.actions.seeding import ROLE_PERMISSIONS, seed_roles_and_aux_states
from accounts.actions.sessions import begin_session, end_session, note_refused_entry, revoke_access
from accounts.actions.states import (
    ABANDONED_SECONDS,
    close_abandoned_intervals,
    close_interval,
    force_aux_state,
    hold_user,
    leave_auxiliary,
    note_overruns,
    open_interval,
    spare_new_work,
    stand_in,
    switch_aux_state,
)
from accounts.actions.teams import ensure_team, join_team, leave_team
from accounts.actions.tokens import create_api_token, note_token_use, revoke_api_token

__all__ = [
    "ABANDONED_SECONDS",
    "ROLE_PERMISSIONS",
    "begin_session",
    "change_preferences",
    "change_role",
    "close_abandoned_intervals",
    "close_interval",
    "create_api_token",
    "create_user",
    "deactivate_user",
    "end_session",
    "ensure_team",
    "force_aux_state",
    "hold_user",
    "join_team",
    "leave_auxiliary",
    "leave_team",
    "note_overruns",
    "note_refused_entry",
    "note_token_use",
    "open_interval",
    "revoke_access",
    "revoke_api_token",
    "seed_roles_and_aux_states",
    "spare_new_work",
    "stand_in",
    "switch_aux_state",
]

from django.urls import path

from accounts.views import aux_states, journal, roles, teams, users

urlpatterns = [
    path("settings/users/", users.user_list, name="users"),
    path("settings/users/new/", users.new_user, name="user-new"),
    path("settings/users/<int:user_id>/", users.user_page, name="user"),
    path("settings/users/<int:user_id>/security/", users.security, name="user-security"),
    path("settings/users/<int:user_id>/invitation/", users.invite, name="user-invite"),
    path("settings/users/<int:user_id>/sessions/end/", users.end_all_sessions, name="user-end-sessions"),
    path("settings/users/<int:user_id>/second-factor/reset/", users.reset_factor, name="user-reset-factor"),
    path("settings/users/<int:user_id>/deactivate/", users.deactivate, name="user-deactivate"),
    path("settings/users/<int:user_id>/reactivate/", users.reactivate, name="user-reactivate"),
    path("settings/users/<int:user_id>/tokens/<int:token_id>/revoke/", users.revoke_token, name="user-token-revoke"),
    path("settings/journal/", journal.journal, name="journal"),
    path("settings/journal/<int:entry_id>/", journal.entry, name="journal-entry"),
    path("settings/teams/", teams.team_list, name="teams"),
    path("settings/teams/new/", teams.new_team, name="team-new"),
    path("settings/teams/<int:team_id>/", teams.team_page, name="team"),
    path("settings/teams/<int:team_id>/archive/", teams.archive, name="team-archive"),
    path("settings/teams/<int:team_id>/restore/", teams.restore, name="team-restore"),
    path("settings/roles/", roles.role_grid, name="roles"),
    path("settings/roles/new/", roles.new_role, name="role-new"),
    path("settings/roles/<int:role_id>/rename/", roles.rename, name="role-rename"),
    path("settings/roles/<int:role_id>/delete/", roles.delete, name="role-delete"),
    path("settings/auxiliaries/", aux_states.aux_list, name="aux-state-list"),
    path("settings/auxiliaries/new/", aux_states.new_aux, name="aux-state-new"),
    path("settings/auxiliaries/order/", aux_states.order, name="aux-state-order"),
    path("settings/auxiliaries/<int:aux_state_id>/", aux_states.aux_page, name="aux-state"),
    path("settings/auxiliaries/<int:aux_state_id>/archive/", aux_states.archive, name="aux-state-archive"),
    path("settings/auxiliaries/<int:aux_state_id>/restore/", aux_states.restore, name="aux-state-restore"),
]

"""The journal's verbs and subjects in words. A test fails on a verb that is written somewhere and not said here."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from config import journal_names
from config.journal_fields import FIELDS
from core.journal_words import JournalWords, Subject

WORDS = JournalWords(
    verbs={
        "account_setup_finished": _("Finished connecting an account"),
        "address_added": _("Added an address"),
        "address_edited": _("Edited an address"),
        "address_removed": _("Removed an address"),
        "api_token_created": _("Made a token"),
        "api_token_revoked": _("Revoked a token"),
        "aux_state_abandoned": _("Was away: the auxiliary ended"),
        "aux_state_archived": _("Archived an auxiliary"),
        "aux_state_created": _("Created an auxiliary"),
        "aux_state_edited": _("Edited an auxiliary"),
        "aux_state_restored": _("Restored an auxiliary"),
        "aux_state_switched": _("Switched auxiliary"),
        "aux_states_ordered": _("Ordered the auxiliaries"),
        "campaign_accounts_changed": _("Changed a campaign's channels"),
        "campaign_agent_added": _("Added an agent to a campaign"),
        "campaign_agent_removed": _("Took an agent out of a campaign"),
        "campaign_agents_changed": _("Changed a campaign's agents"),
        "campaign_created": _("Created a campaign"),
        "campaign_edited": _("Edited a campaign"),
        "campaign_outcomes_changed": _("Changed a campaign's typifications"),
        "campaign_state_changed": _("Changed a campaign's state"),
        "channel_account_changed": _("Edited an account"),
        "channel_account_disconnected": _("An account was disconnected"),
        "channel_account_health_changed": _("An account's health changed"),
        "channel_account_paused": _("An account is resting"),
        "channel_account_reconnected": _("Reconnected an account"),
        "channel_account_removed": _("Removed an account"),
        "channel_account_saved": _("Connected an account"),
        "channel_account_switched_off": _("Switched an account off"),
        "channel_account_tested": _("Tested an account"),
        "channel_account_token_replaced": _("Replaced an account's token"),
        "client_archived": _("Archived a client"),
        "client_created": _("Created a client"),
        "client_edited": _("Edited a client"),
        "client_restored": _("Restored a client"),
        "contact_joined_into": _("Was joined into another contact"),
        "contact_parted_from": _("Was parted from another contact"),
        "contacts_joined": _("Joined two contacts"),
        "contacts_parted": _("Parted two contacts"),
        "contact_created": _("Created a contact"),
        "contact_edited": _("Edited a contact"),
        "contact_of_another_team_asked": _("Asked for a contact of another team"),
        "contact_point_added": _("Added a contact point"),
        "contact_point_put_first": _("Put a contact point first"),
        "contact_point_removed": _("Removed a contact point"),
        "conversation_closed": _("Closed a conversation"),
        "conversation_reopened": _("Reopened a conversation"),
        "conversation_started": _("Started a conversation"),
        "conversation_taken_over": _("Took over a conversation"),
        "dead_letter_discarded": _("Discarded a dead letter"),
        "dead_letter_replayed": _("Read a dead letter again"),
        "dead_letter_rewritten": _("Mended a dead letter"),
        "entry_refused": _("Was refused a page"),
        "merge_suggestion_dismissed": _("Kept two contacts apart"),
        "number_of_another_team_asked": _("Asked for a number of another team"),
        "number_taken": _("A number changed hands"),
        "password_changed": _("Changed the password"),
        "point_joined": _("Joined a contact point"),
        "project_archived": _("Archived a project"),
        "project_created": _("Created a project"),
        "project_edited": _("Edited a project"),
        "project_restored": _("Restored a project"),
        "provider_app_added": _("Added a provider's app"),
        "provider_app_removed": _("Removed a provider's app"),
        "provider_app_secret_dropped": _("Dropped an app's old secret"),
        "provider_app_secret_rotated": _("Changed an app's secret"),
        "provider_app_verify_token_renewed": _("Renewed an app's verify token"),
        "push_previews_decided": _("Decided what notifications show"),
        "resource_changed": _("Changed a resource"),
        "resource_created": _("Created a resource"),
        "role_changed": _("Changed a user's role"),
        "role_created": _("Created a role"),
        "role_deleted": _("Deleted a role"),
        "role_edited": _("Changed what a role may do"),
        "role_renamed": _("Renamed a role"),
        "second_factor_reset": _("Removed a second factor"),
        "sessions_ended": _("Ended a user's sessions"),
        "shortcut_changed": _("Changed a shortcut"),
        "shortcut_created": _("Created a shortcut"),
        "signed_in": _("Signed in"),
        "signed_out": _("Signed out"),
        "team_archived": _("Archived a team"),
        "team_created": _("Created a team"),
        "team_edited": _("Edited a team"),
        "team_joined": _("Joined a team"),
        "team_left": _("Left a team"),
        "team_restored": _("Restored a team"),
        "templates_asked_for": _("Asked for the templates"),
        "templates_synced": _("Synchronised the templates"),
        "typification_added": _("Added a typification"),
        "typification_archived": _("Archived a typification"),
        "typification_changed": _("Changed a typification"),
        "typification_deleted": _("Deleted a typification"),
        "typification_moved": _("Moved a typification"),
        "typification_restored": _("Restored a typification"),
        "unconfirmed_message_discarded": _("Discarded an unconfirmed message"),
        "unconfirmed_message_resent": _("Sent an unconfirmed message again"),
        "user_created": _("Created a user"),
        "user_deactivated": _("Deactivated a user"),
        "user_edited": _("Edited a user"),
        "user_invited": _("Invited a user"),
        "user_reactivated": _("Reactivated a user"),
    },
    subjects={
        "accounts.user": Subject(title=_("User"), url_name="user", permissions=("accounts.manage_users",)),
        "accounts.team": Subject(title=_("Team"), url_name="team", permissions=("accounts.manage_teams",)),
        "auth.group": Subject(
            title=_("Role"), address=journal_names.address_of_roles, permissions=("accounts.manage_roles",)
        ),
        "accounts.auxstate": Subject(
            title=_("Auxiliary"), url_name="aux-state", permissions=("accounts.manage_aux_states",)
        ),
        "accounts.apitoken": Subject(title=_("Token")),
        "accounts.pushsettings": Subject(title=_("Notifications")),
        "campaigns.client": Subject(title=_("Client"), url_name="client", permissions=("campaigns.manage_clients",)),
        "campaigns.project": Subject(title=_("Project"), url_name="project", permissions=("campaigns.manage_clients",)),
        "campaigns.campaign": Subject(
            title=_("Campaign"), url_name="campaign", permissions=("campaigns.manage_campaigns",)
        ),
        "campaigns.channelaccount": Subject(
            title=_("Account"), url_name="channel-account", permissions=("campaigns.see_channel_accounts",)
        ),
        "campaigns.accountsetup": Subject(title=_("Connecting of an account")),
        "campaigns.providerapp": Subject(
            title=_("Provider's app"), url_name="provider-app", permissions=("campaigns.manage_channel_accounts",)
        ),
        "campaigns.resource": Subject(
            title=_("Resource"), url_name="resource", permissions=("campaigns.manage_ready_words",)
        ),
        "campaigns.shortcut": Subject(
            title=_("Shortcut"), url_name="shortcut", permissions=("campaigns.manage_ready_words",)
        ),
        "typification.typification": Subject(
            title=_("Typification"), url_name="typification", permissions=("typification.manage_typifications",)
        ),
        "webhooks.deadletter": Subject(
            title=_("Dead letter"), url_name="dead-letter", permissions=("webhooks.manage_dead_letters",)
        ),
        "inbox.conversation": Subject(title=_("Conversation"), address=journal_names.address_of_conversation),
        "inbox.message": Subject(title=_("Message")),
        "contacts.contact": Subject(title=_("Contact")),
        "contacts.contactpoint": Subject(title=_("Contact point")),
        "contacts.mergesuggestion": Subject(title=_("Suggestion to join")),
    },
    names=journal_names.FINDERS,
    fields=FIELDS,
)

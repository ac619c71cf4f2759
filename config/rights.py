"""What a role may be given, in words, by area: the rows of the grid of roles. A permission that is not here is given to nobody."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.rights import Right, RightsArea

AREAS: tuple[RightsArea, ...] = (
    RightsArea(
        title=_("Conversations"),
        rights=(
            Right(
                name="inbox.view_team_conversations",
                title=_("See the whole team's conversations"),
                hint=_("Without it, an agent sees their own and those that wait in their campaigns."),
            ),
            Right(
                name="accounts.supervise_teams",
                title=_("Supervise"),
                hint=_("Take, give and release others' conversations in the teams they supervise."),
            ),
            Right(
                name="accounts.see_all_teams",
                title=_("See every team"),
                hint=_("Conversations, contacts and people of all teams."),
            ),
            Right(
                name="accounts.see_numbers",
                title=_("See whole numbers"),
                hint=_("Without it, phone numbers are shown masked."),
            ),
        ),
    ),
    RightsArea(
        title=_("Contacts"),
        rights=(
            Right(
                name="contacts.edit_contacts",
                title=_("Create and edit contacts"),
                hint=_("Of the teams they belong to."),
            ),
            Right(
                name="contacts.merge_contacts",
                title=_("Join contacts"),
                hint=_("Make one of two that are the same person, and part them again."),
            ),
            Right(
                name="contacts.manage_bases",
                title=_("Manage bases and lots"),
                hint=_("Of the teams they belong to."),
            ),
            Right(
                name="processes.run_processes",
                title=_("Run bulk processes"),
                hint=_("Recycling, reprocessing and others, over the bases of the teams they belong to."),
            ),
            Right(
                name="contacts.manage_contact_setup",
                title=_("Set contacts up"),
                hint=_("Documents, fields of your own, tags, groups and companies."),
            ),
            Right(
                name="contacts.manage_privacy",
                title=_("Privacy requests"),
                hint=_("Hand out or erase all that is held of a person, and hold it by law."),
            ),
        ),
    ),
    RightsArea(
        title=_("People"),
        rights=(
            Right(
                name="accounts.manage_users",
                title=_("Manage users"),
                hint=_("Create, edit, deactivate and end sessions; never beyond their own rights."),
            ),
            Right(name="accounts.manage_teams", title=_("Manage teams")),
            Right(
                name="accounts.manage_roles",
                title=_("Manage roles"),
                hint=_("Change what each role may do, up to their own rights."),
            ),
            Right(name="accounts.manage_aux_states", title=_("Manage auxiliaries")),
            Right(name="accounts.manage_push", title=_("Manage notifications")),
        ),
    ),
    RightsArea(
        title=_("Work"),
        rights=(
            Right(name="campaigns.manage_clients", title=_("Manage clients and projects")),
            Right(name="campaigns.manage_campaigns", title=_("Manage campaigns")),
            Right(
                name="campaigns.manage_ready_words",
                title=_("Manage shortcuts and resources"),
                hint=_("Of the campaigns they run; those of the company only who sees every team."),
            ),
        ),
    ),
    RightsArea(
        title=_("Channels and outcomes"),
        rights=(
            Right(
                name="campaigns.see_channel_accounts",
                title=_("See WhatsApp accounts"),
                hint=_("Health and templates of the accounts of their campaigns."),
            ),
            Right(
                name="campaigns.manage_channel_accounts",
                title=_("Manage WhatsApp accounts"),
                hint=_("Connect numbers, give them access, disconnect and remove them."),
            ),
            Right(
                name="typification.manage_typifications",
                title=_("Manage typifications"),
                hint=_("Edit the tree of outcomes."),
            ),
        ),
    ),
    RightsArea(
        title=_("Following up"),
        rights=(
            Right(
                name="core.view_journalentry",
                title=_("See the journal"),
                hint=_("Who did what and when, of what they may see."),
            ),
            Right(
                name="webhooks.manage_dead_letters",
                title=_("Manage dead letters"),
                hint=_("See, mend and read again what came in and could not be read."),
            ),
        ),
    ),
)

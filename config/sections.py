"""The back office's sections, in the order of the list: an app brings its pages, the roof says where they stand.

Each page asks for its permission itself; here it decides only who is shown the way.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.sections import Area, Section

AREAS: tuple[Area, ...] = (
    Area(
        title=_("People"),
        sections=(
            Section(
                title=_("Users"),
                hint=_("Who signs in, with which rights, in which teams"),
                icon="users",
                url_name="users",
                permissions=("accounts.manage_users",),
            ),
            Section(
                title=_("Teams"),
                hint=_("Who works together and who supervises"),
                icon="users-round",
                url_name="teams",
                permissions=("accounts.manage_teams",),
            ),
            Section(
                title=_("Roles"),
                hint=_("What each role may do"),
                icon="shield",
                url_name="roles",
                permissions=("accounts.manage_roles",),
            ),
            Section(
                title=_("Auxiliaries"),
                hint=_("What agents are doing, and what reaches them meanwhile"),
                icon="coffee",
                url_name="aux-state-list",
                permissions=("accounts.manage_aux_states",),
            ),
        ),
    ),
    Area(
        title=_("Work"),
        sections=(
            Section(
                title=_("Clients"),
                hint=_("Whom the work is for, and their projects"),
                icon="building-2",
                url_name="clients",
                permissions=("campaigns.manage_clients",),
            ),
            Section(
                title=_("Campaigns"),
                hint=_("Agents, channels and outcomes of each campaign"),
                icon="megaphone",
                url_name="campaigns",
                permissions=("campaigns.manage_campaigns",),
            ),
        ),
    ),
    Area(
        title=_("Contacts"),
        sections=(
            Section(
                title=_("Kinds of document"),
                hint=_("How their numbers are written and checked"),
                icon="id-card",
                url_name="document-type-list",
                permissions=("contacts.manage_contact_setup",),
            ),
            Section(
                title=_("Fields of your own"),
                hint=_("What else is asked of every contact"),
                icon="sliders-horizontal",
                url_name="field-list",
                permissions=("contacts.manage_contact_setup",),
            ),
            Section(
                title=_("Tags"),
                hint=_("Words on contacts, to find and narrow by"),
                icon="tag",
                url_name="tag-list",
                permissions=("contacts.manage_contact_setup",),
            ),
            Section(
                title=_("Groups"),
                hint=_("People put together by hand or by a rule"),
                icon="users",
                url_name="group-list",
                permissions=("contacts.manage_contact_setup",),
            ),
            Section(
                title=_("Companies"),
                hint=_("Whom your contacts work for"),
                icon="building-2",
                url_name="company-list",
                permissions=("contacts.manage_contact_setup",),
            ),
        ),
    ),
    Area(
        title=_("Ready words"),
        sections=(
            Section(
                title=_("Shortcuts"),
                hint=_("Codes that «/» turns into words or files"),
                icon="zap",
                url_name="shortcut-list",
                permissions=("campaigns.manage_ready_words",),
            ),
            Section(
                title=_("Gallery of resources"),
                hint=_("Ready texts, images, videos and documents"),
                icon="images",
                url_name="resource-list",
                permissions=("campaigns.manage_ready_words",),
            ),
        ),
    ),
    Area(
        title=_("Channels and outcomes"),
        sections=(
            Section(
                title=_("WhatsApp accounts"),
                hint=_("Connected numbers, their health and their webhooks"),
                icon="smartphone",
                url_name="channel-accounts",
                permissions=("campaigns.see_channel_accounts", "campaigns.manage_channel_accounts"),
            ),
            Section(
                title=_("Templates"),
                hint=_("What the provider approved, and what it refused"),
                icon="layout-template",
                url_name="message-templates",
                permissions=("campaigns.see_channel_accounts", "campaigns.manage_channel_accounts"),
            ),
            Section(
                title=_("Typifications"),
                hint=_("The tree of outcomes and what each does"),
                icon="list-tree",
                url_name="typifications",
                permissions=("typification.manage_typifications",),
            ),
        ),
    ),
    Area(
        title=_("Following up"),
        sections=(
            Section(
                title=_("Notifications"),
                hint=_("What they may show of customers"),
                icon="bell",
                url_name="push-settings",
                permissions=("accounts.manage_push",),
            ),
            Section(
                title=_("Privacy"),
                hint=_("What is held of a person: hand it out, hold it, erase it, let it age"),
                icon="shield-check",
                url_name="privacy",
                permissions=("contacts.manage_privacy",),
            ),
            Section(
                title=_("Journal"),
                hint=_("Who did what, and when"),
                icon="history",
                url_name="journal",
                permissions=("core.view_journalentry",),
            ),
            Section(
                title=_("Dead letters"),
                hint=_("What came in and could not be read"),
                icon="inbox",
                url_name="dead-letters",
                permissions=("webhooks.manage_dead_letters",),
            ),
            Section(
                title=_("Provider's notices"),
                hint=_("What providers tell about accounts and templates"),
                icon="megaphone",
                url_name="provider-notices",
                permissions=("webhooks.manage_dead_letters",),
            ),
        ),
    ),
)

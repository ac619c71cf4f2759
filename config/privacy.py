"""Who holds something of a person: each app's personal.py, from the top floor down. A test fails on a model with words in it that is
neither in one of them nor among those that say nothing of anybody.
"""

from __future__ import annotations

import accounts.personal
import contacts.personal
import core.personal
import inbox.personal
import processes.file_personal
import processes.personal
import webhooks.personal
from core.personal import Holder

HOLDERS: tuple[Holder, ...] = (
    webhooks.personal, processes.file_personal, processes.personal, inbox.personal, contacts.personal, accounts.personal, core.personal,
)  # fmt: skip

# Models with words in them that say nothing of a customer: what the company sets up, and its own people.
IMPERSONAL = frozenset(
    {
        "accounts.AgentStateInterval", "accounts.ApiToken", "accounts.AuxState", "accounts.PushSettings", "accounts.PushSubscription", "accounts.Team", "accounts.User",
        "campaigns.AccountSetup", "campaigns.Campaign", "campaigns.CampaignTypification", "campaigns.ChannelAccount", "campaigns.Client",
        # Whose a contact is: three ids.
        "campaigns.ExclusiveAgent",
        "campaigns.Holiday", "campaigns.MessageTemplate", "campaigns.Project", "campaigns.ProviderApp", "campaigns.Resource", "campaigns.RoutingRule", "campaigns.Shortcut", "campaigns.TemplateSync",
        "contacts.BaseSlice", "contacts.Company", "contacts.ContactBase", "contacts.DocumentType", "contacts.FieldDefinition",
        "contacts.Lot", "contacts.Tag",
        # Ids, codes and counts: «never a personal value» (core.journal); what names a person is a JournalValue.
        "core.JournalEntry", "core.Lease",
        "inbox.PushNotice", "inbox.Offer",
        # Ids, states and counts; the files of exports go with the person (privacy.actions.erasing).
        "privacy.Erasure", "privacy.PersonExport", "privacy.RetentionRule", "privacy.RetentionRun",
        # Ids, states and counts of rows: whom they are about is said by the rows themselves.
        "processes.ColumnMapping", "processes.ImportFormat", "processes.RunHold", "processes.RunItem", "processes.RunLine",
        "typification.Typification", "webhooks.AppHealth",
    }
)  # fmt: skip

"""What lies in dead letters and notices, in the reader's words. It is kept in English, as written; what is not known is shown as it is."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# One line each, as connectors.whatsapp and webhooks.actions write them; `%(name)s` is whatever stands there.
REASONS: Final = (
    gettext_noop("The delivery is nested too deeply."),
    gettext_noop("The delivery is nested too deeply or holds a number that cannot be stored."),
    gettext_noop("The delivery is not valid JSON: line %(line)s, column %(column)s."),
    gettext_noop("The delivery is not valid JSON."),
    gettext_noop("The delivery is not a JSON object."),
    gettext_noop("The delivery has no list of entries."),
    gettext_noop("An entry has no list of changes."),
    gettext_noop("A change has no value."),
    gettext_noop("One of the messages is not an object."),
    gettext_noop("One of the statuses is not an object."),
    gettext_noop("One of the errors is not an object."),
    gettext_noop("The piece does not say which number it is for."),
    gettext_noop("The status %(status)s is not one we know."),
    gettext_noop("The message does not say who sent it."),
    gettext_noop("The piece has no id, or one that is too long."),
    gettext_noop("The piece has no timestamp that can be read."),
    gettext_noop("No connected account has the number id %(number)s. %(more)s more of it came and are only counted."),
    gettext_noop("No connected account has the number id %(number)s."),
    gettext_noop("%(error)s while reading it."),
    gettext_noop("%(error)s while storing it."),
)

# The fields of Meta's webhooks that are no messages (developers.facebook.com/docs/whatsapp, "Webhooks").
TOPICS: Final = {
    "account_alerts": gettext_noop("Alert about the account"),
    "account_review_update": gettext_noop("Review of the account"),
    "account_settings_update": gettext_noop("Settings of the account"),
    "account_update": gettext_noop("Change in the account"),
    "business_capability_update": gettext_noop("Limits of the account"),
    "business_status_update": gettext_noop("Status of the business"),
    "message_template_components_update": gettext_noop("Contents of a template"),
    "message_template_quality_update": gettext_noop("Quality of a template"),
    "message_template_status_update": gettext_noop("Review of a template"),
    "payment_configuration_update": gettext_noop("Payments"),
    "phone_number_name_update": gettext_noop("Name of the number"),
    "phone_number_quality_update": gettext_noop("Quality of the number"),
    "security": gettext_noop("Security of the number"),
    "template_category_update": gettext_noop("Category of a template"),
    "template_correct_category_detection": gettext_noop("Category of a template"),
    "user_preferences": gettext_noop("Preferences of a customer"),
}


def reason_in_words(reason: str) -> str:
    """A dead letter's reason in the reader's language; unchanged where nobody translated it."""
    for known, pattern in PATTERNS:
        if found := pattern.fullmatch(reason):
            return _(known) % found.groupdict() if found.groupdict() else _(known)
    return reason


def topic_in_words(topic: str) -> str:
    """What a provider's notice is about; its own name where we know no other."""
    return _(TOPICS[topic]) if topic in TOPICS else topic


def pattern_of(known: str) -> re.Pattern[str]:
    """Everything but its placeholders word by word; each of those is as much as stands there."""
    parts = re.split(r"%\((\w+)\)s", known)
    named = (f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)


PATTERNS: Final = tuple((known, pattern_of(known)) for known in REASONS)

"""What a provider's notice says, in the reader's words. It is kept in the provider's codes; one that is not known is shown as it is."""

from __future__ import annotations

import re
from typing import Final

from django.db.models import Q
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns import words
from connectors.whatsapp.access import people_a_day
from connectors.whatsapp.errors import RULES, Scope
from core.text import fold
from webhooks.actions.notices import BETWEEN
from webhooks.models import ProviderNotice
from webhooks.words import TOPICS

TEMPLATE_EVENTS: Final = {
    **{code: text for code, (_tone, text) in words.TEMPLATE_STATES.items()},
    **words.REJECTIONS,
    "ARCHIVED": gettext_noop("Archived at Meta"),
    "UNARCHIVED": gettext_noop("No longer archived at Meta"),
    "DELETED": gettext_noop("Deleted at Meta"),
    "PENDING_DELETION": gettext_noop("About to be deleted at Meta"),
    "FLAGGED": gettext_noop("At risk of being disabled: customers complain about it"),
    "LIMIT_EXCEEDED": gettext_noop("The account already has as many templates as Meta allows"),
    "LOCKED": gettext_noop("Locked: it cannot be edited for now"),
    "REINSTATED": gettext_noop("It may be sent again"),
    "FIRST_PAUSE": gettext_noop("First pause"),
    "SECOND_PAUSE": gettext_noop("Second pause"),
    "RATE_LIMITING_PAUSE": gettext_noop("Paused for being sent too fast"),
    "UNPAUSE": gettext_noop("No longer paused"),
    "NONE": "",
}
QUALITIES: Final = {
    **{code: text for code, (_tone, text) in words.QUALITIES.items()},
    "UNKNOWN": gettext_noop("Its quality is not known yet"),
}
# By topic, each value that Meta documents (developers.facebook.com/docs/whatsapp, "Webhooks", the reference of each field). Those
# of a violation are Meta's policies by name, of which there are always more: they stay as they are.
CODES: Final = {
    "account_alerts": {
        "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED": gettext_noop("Meta does not raise the limit yet"),
        "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED": gettext_noop("Meta refused to raise the limit"),
        "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO": gettext_noop(
            "Meta asks to verify the business before it raises the limit"
        ),
        "OBA_APPROVED": gettext_noop("It is an official account now"),
        "OBA_REJECTED": gettext_noop("Meta refused it as an official account"),
        "PROFILE_PICTURE_LOST": gettext_noop("The profile picture was deleted: upload it again"),
    },
    "account_review_update": {
        "APPROVED": gettext_noop("The account was approved"),
        "REJECTED": gettext_noop("The account was rejected: it cannot be used"),
        "PENDING": gettext_noop("The account is still being reviewed: it cannot be used yet"),
        "DEFERRED": gettext_noop("The decision was put off"),
    },
    "account_update": {
        "ACCOUNT_DELETED": gettext_noop("The account was deleted"),
        "ACCOUNT_OFFBOARDED": gettext_noop("The account was disconnected from the app"),
        "ACCOUNT_RECONNECTED": gettext_noop("The account was connected to the app again"),
        "ACCOUNT_RESTRICTION": gettext_noop("Meta restricted the account"),
        "ACCOUNT_VIOLATION": gettext_noop("The account broke one of Meta's policies"),
        "AD_ACCOUNT_LINKED": gettext_noop("An advertising account was linked"),
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": gettext_noop("International prices for authentication apply"),
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": gettext_noop("The country of the business was set"),
        "DISABLED_UPDATE": gettext_noop("Meta changed whether the account may be used"),
        "MM_LITE_TERMS_SIGNED": gettext_noop("The terms of marketing messages were accepted"),
        "PARTNER_ADDED": gettext_noop("The account was shared with a partner"),
        "PARTNER_REMOVED": gettext_noop("The account is no longer shared with a partner"),
        "PARTNER_APP_INSTALLED": gettext_noop("An app was given access to the account"),
        "PARTNER_APP_UNINSTALLED": gettext_noop("An app lost its access to the account"),
        "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": gettext_noop("The verification of the business went on"),
        "VERIFIED_ACCOUNT": gettext_noop("The account was verified"),
        "VOLUME_BASED_PRICING_TIER_UPDATE": gettext_noop("The price by volume changed"),
        # Whether it may be used (ban_info), what it may not do (restriction_info), how its verification went.
        "DISABLE": gettext_noop("Disabled: it cannot be used"),
        "REINSTATE": gettext_noop("It may be used again"),
        "SCHEDULE_FOR_DISABLE": gettext_noop("It is about to be disabled"),
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION": gettext_noop("It may not add numbers"),
        "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING": gettext_noop("It may neither call nor be called"),
        "RESTRICTED_BIZ_INITIATED_MESSAGING": gettext_noop("It may not write first"),
        "RESTRICTED_BUSINESS_INITIATED_CALLING": gettext_noop("It may not call"),
        "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": gettext_noop("It may not answer customers"),
        "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": gettext_noop("It may not send utility templates directly"),
        "RESTRICTED_USER_INITIATED_CALLING": gettext_noop("It may not be called"),
        "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN": gettext_noop("Customers no longer see the call button"),
        "RESTRICTED_UTILITY_TEMPLATES": gettext_noop("It may not make utility templates"),
        "APPROVED": gettext_noop("The verification was approved"),
        "DISCARDED": gettext_noop("The verification was discarded"),
        "FAILED": gettext_noop("The verification failed"),
        "PENDING": gettext_noop("The verification is still being reviewed"),
        "REVOKED": gettext_noop("The verification was revoked"),
    },
    "message_template_quality_update": QUALITIES,
    "message_template_status_update": TEMPLATE_EVENTS,
    "payment_configuration_update": {
        "Active": gettext_noop("Payments work"),
        "Needs Connecting": gettext_noop("The payment account has to be connected again"),
        "Needs Testing": gettext_noop("The payment account still has to be tested"),
    },
    "phone_number_name_update": {
        "APPROVED": gettext_noop("The name was approved"),
        "REJECTED": gettext_noop("The name was rejected"),
        "PENDING": gettext_noop("The name is still being reviewed"),
        "DEFERRED": gettext_noop("The decision was put off"),
        "NAME_EMPLOYEE_ISSUE": gettext_noop("It names a person"),
        "NAME_INDIVIDUAL_ISSUE": gettext_noop("It names a person"),
        "NAME_ENDCLIENT_NOTRELATED": gettext_noop("It names another business"),
        "NAME_FORMAT_UNACCEPTABLE": gettext_noop("Its form is not allowed"),
        "NAME_NOT_CONSISTENT": gettext_noop("It is not the name of the brand"),
        "UNKNOWN": gettext_noop("Meta does not say why"),
        "NONE": "",
    },
    "phone_number_quality_update": {
        "FLAGGED": gettext_noop("Flagged by Meta: too many complaints"),
        "UNFLAGGED": gettext_noop("No longer flagged by Meta"),
        "UPGRADE": gettext_noop("Its limit was raised"),
        "DOWNGRADE": gettext_noop("Its limit was lowered"),
        "ONBOARDING": gettext_noop("Being registered at Meta"),
        "THROUGHPUT_UPGRADE": gettext_noop("It may send faster now"),
    },
    "security": {
        "PIN_CHANGED": gettext_noop("The PIN of the number was changed"),
        "PIN_RESET_REQUEST": gettext_noop("Somebody asked to turn off its two-step verification"),
        "PIN_REQUEST_SUCCESS": gettext_noop("Its two-step verification was turned off"),
    },
    "template_category_update": words.CATEGORIES,
    "template_correct_category_detection": words.CATEGORIES,
    "user_preferences": {
        "stop": gettext_noop("A customer wants no more marketing"),
        "resume": gettext_noop("A customer wants marketing again"),
    },
}
# Where a limit of people in 24 h is told.
LIMITED: Final = frozenset({"business_capability_update", "phone_number_quality_update"})


def notice_in_words(notice: ProviderNotice) -> str:
    """What it says in the reader's language, code by code; the provider's own words where nobody translated them."""
    if notice.is_error:
        return error_in_words(notice)
    said = (code_in_words(notice.topic, code) for code in notice.summary.split(BETWEEN))
    return BETWEEN.join(each for each in said if each)


def error_in_words(notice: ProviderNotice) -> str:
    """What an error means where it is the account's or the number's, and what the provider calls it."""
    rule = RULES.get(notice.code) if notice.code is not None else None
    meaning = _(rule.reason) if rule is not None and rule.scope in (Scope.ACCOUNT, Scope.NUMBER) else ""
    return BETWEEN.join(each for each in (meaning, notice.summary) if each)


def code_in_words(topic: str, code: str) -> str:
    known = CODES.get(topic, {})
    if code in known:
        return _(known[code]) if known[code] else ""
    return limit_in_words(code) if topic in LIMITED else code


def limit_in_words(limit: str) -> str:
    """TIER_2K, or the plain 2000 of a business account; -1 is without a limit."""
    if limit in ("-1", "TIER_UNLIMITED"):
        return _("No limit")
    if limit == "TIER_NOT_SET":
        return _("It has sent nothing yet")
    people = people_a_day(limit) or (int(limit) if limit.isdecimal() and len(limit) < 10 else None)
    return _("%(people)s people in 24 h") % {"people": localize(people)} if people is not None else limit


def saying(text: str) -> Q:
    """Notices that say so in the reader's words, in their subject or in a code."""
    wanted = fold(text)
    found = Q(topic__in=[topic for topic, said in TOPICS.items() if wanted in fold(_(said))])
    for topic, known in CODES.items():
        for code, said in known.items():
            if said and wanted in fold(_(said)):
                # Whole: UPGRADE is not THROUGHPUT_UPGRADE.
                found |= Q(topic=topic, summary__regex=rf"(^|{BETWEEN}){re.escape(code)}({BETWEEN}|$)")
    return found

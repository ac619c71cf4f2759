"""A message to oneself, to see that a number sends: a look at the set-up, not a conversation (campaigns plan; they do not send)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.keeping import known, token_of
from campaigns.models import ChannelAccount, MessageTemplate
from connectors.whatsapp.errors import AnswerLost, NotSent, SendFailed
from connectors.whatsapp.send import Recipient, Sender, template_content
from connectors.whatsapp.templates import TemplateValues, fill, wanted_values
from contacts.numbers import canonical
from core import journal
from core.refusals import Invalid


def testable_templates(account: ChannelAccount) -> list[MessageTemplate]:
    """Approved ones that ask for nothing to be filled in."""
    approved = MessageTemplate.objects.filter(account=account).sendable().order_by("name", "language")
    return [each for each in approved if is_ready(each)]


def is_ready(template: MessageTemplate) -> bool:
    filled, problems = fill(template.components, TemplateValues())
    return filled is not None and not problems and not wanted_values(template.components).get("header_kind")


def send_test(account_id: int, *, by: User, number: str, template_id: int | None, text: str) -> str:
    """Send a template, or a text, to a number; return the provider's id of the message. Nothing of it is stored but that it was done.

    Raises:
        NotFound. Invalid: the number, the template, the text, or the provider says no: at the field it is about.
    """
    account = known(account_id)
    to = canonical(number, default_country=settings.PHONE_DEFAULT_COUNTRY)
    if to is None:
        raise Invalid(
            fields={"number": [_("This is not a whole phone number. Write it with its country, as +595 981 123456.")]}
        )
    recipient = Recipient(phone=to.e164.lstrip("+"))
    opaque = str(uuid.uuid4())
    template = None
    if template_id is not None:
        template = next((each for each in testable_templates(account) if each.pk == template_id), None)
        if template is None:
            raise Invalid(fields={"template": [_("Choose one of the list.")]})
    elif not text.strip() or len(text) > 1000:
        raise Invalid(fields={"text": [_("Write a text of at most 1,000 characters.")]})
    try:
        with Sender(settings.META_GRAPH_URL, token_of(account), account.external_id) as sender:
            if template is not None:
                content = template_content(template.name, template.language, [])
                sent = sender.send(recipient, "template", content, opaque=opaque)
            else:
                sent = sender.send_text(recipient, text.strip(), opaque=opaque)
    except SendFailed as failure:
        # Translated here: the floor below knows no Django.
        raise Invalid(_(failure.reason)) from None
    except NotSent:
        raise Invalid(_("Meta could not be reached. Nothing was sent.")) from None
    except AnswerLost:
        raise Invalid(
            _("Meta did not answer. It may have been sent: look at the phone before you try again.")
        ) from None
    journal.record("channel_account_tested", account, by=by, details={"template": template.pk if template else None})
    return sent.provider_id

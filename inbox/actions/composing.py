"""What a message is going to be: each kind checked against its channel's limits, then put into the provider's words.

What is stored is what is sent: `payload[kind]` is the provider's own object, as it is for what customers send, so that one view
draws both. A file is uploaded, and named in it, only when the message leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.models import MessageTemplate
from connectors.kinds import POLICIES, ChannelKind, ChannelPolicy, MessageKind
from connectors.outgoing import (
    ContactCard,
    Interactive,
    Location,
    Problem,
    contact_problems,
    file_problems,
    interactive_problems,
    location_problems,
)
from connectors.whatsapp.send import contacts_content, interactive_content, location_content, template_content
from connectors.whatsapp.templates import TemplateValues, fill
from core.refusals import Invalid
from core.text import without_nul
from inbox.models import Attachment, Conversation

# Where a channel has no policy yet.
TEXT_LIMIT = 4096
CAPTIONED = (MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT)


@dataclass(frozen=True, kw_only=True)
class TemplateChoice:
    """An approved template and what its variables say."""

    template_id: int
    header: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    buttons: Mapping[int, str] = field(default_factory=dict)
    location: Location | None = None


Content = Location | tuple[ContactCard, ...] | Interactive | TemplateChoice


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A message ready to be queued. `text` is what people read: the words, or what stands for them in lists."""

    kind: str
    text: str
    payload: dict[str, Any] = field(default_factory=dict)


def compose(
    conversation: Conversation, *, text: str, attachment: Attachment | None, content: Content | None
) -> Composed:
    """Return the message, or refuse it field by field.

    Raises:
        Invalid: empty, too long, more than the channel takes, or a template that is not approved or not filled.
    """
    text = without_nul(text).strip()
    if content is None:
        return compose_words(conversation, text, attachment)
    if isinstance(content, TemplateChoice):
        return compose_template(conversation, text, attachment, content)
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    if policy is None:
        raise refused([Problem("kind", gettext_noop("This channel does not send such messages."))])
    if attachment is not None:
        raise refused([Problem("attachment", gettext_noop("This kind of message takes no file."))])
    if isinstance(content, Location | tuple) and text:
        raise refused([Problem("text", gettext_noop("This kind of message takes no words."))])
    return compose_things(policy, text, content)


def compose_things(
    policy: ChannelPolicy, text: str, content: Location | tuple[ContactCard, ...] | Interactive
) -> Composed:
    if isinstance(content, Location):
        refuse(location_problems(content))
        shown = ", ".join(part for part in (content.name, content.address) if part)
        return Composed(kind=MessageKind.LOCATION, text=shown, payload={"location": location_content(content)})
    if isinstance(content, tuple):
        refuse(contact_problems(policy, content))
        shown = ", ".join(card.name.strip() for card in content)
        return Composed(kind=MessageKind.CONTACTS, text=shown, payload={"contacts": contacts_content(content)})
    refuse(interactive_problems(policy, content, body=text))
    return Composed(
        kind=MessageKind.INTERACTIVE, text=text, payload={"interactive": interactive_content(content, text)}
    )


def compose_words(conversation: Conversation, text: str, attachment: Attachment | None) -> Composed:
    """A text, or a file with its caption."""
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    limit = TEXT_LIMIT if policy is None else policy.max_caption if attachment else policy.max_text
    if attachment is None and not text:
        raise refused([Problem("text", gettext_noop("Write something first."))])
    if attachment is not None and text and attachment.kind not in CAPTIONED:
        raise refused([Problem("text", gettext_noop("Such a file goes without words. Send them apart."))])
    if attachment is not None:
        refuse(problems_of_file(conversation.channel_account.kind, attachment))
    if len(text) > limit:
        raise Invalid(_("Check the marked fields."), fields={"text": [too_long(len(text), limit)]})
    return Composed(kind=attachment.kind if attachment else MessageKind.TEXT, text=text)


def compose_template(
    conversation: Conversation, text: str, attachment: Attachment | None, choice: TemplateChoice
) -> Composed:
    """An approved template of this conversation's account, filled; its rendered words are the message's text."""
    if text:
        raise refused([Problem("text", gettext_noop("This kind of message takes no words."))])
    template = MessageTemplate.objects.filter(
        pk=choice.template_id, account_id=conversation.channel_account_id
    ).first()  # fmt: skip
    policy = POLICIES.get(ChannelKind(conversation.channel_account.kind))
    if template is None or policy is None:
        raise refused([Problem("template.id", gettext_noop("This account has no such template."))])
    if template.status != MessageTemplate.Status.APPROVED:
        raise refused([Problem("template.id", gettext_noop("WhatsApp has not approved this template."))])
    values = TemplateValues(
        header=cleaned(choice.header),
        body=cleaned(choice.body),
        buttons={index: without_nul(value) for index, value in choice.buttons.items()},
        header_kind=MessageKind(attachment.kind) if attachment else None,
        header_location=choice.location,
    )
    problems = location_problems(choice.location) if choice.location else []
    filled, wrong = fill(template.components, values)
    of_file = problems_of_file(conversation.channel_account.kind, attachment) if attachment else []
    refuse([*problems, *of_file, *wrong])
    assert filled is not None
    content = template_content(template.name, template.language, list(filled.parameters))
    return Composed(
        kind=MessageKind.TEMPLATE, text=filled.text, payload={"template": content, "template_id": template.pk}
    )


def problems_of_file(channel: str, attachment: Attachment) -> list[Problem]:
    """Asked of the row alone: the conversation is locked here, and a storage may take its time. A channel without a policy asks nothing."""
    policy = POLICIES.get(ChannelKind(channel))
    if policy is None:
        return []
    kind = MessageKind(attachment.kind)
    return file_problems(policy, kind, mime=attachment.mime, size_bytes=attachment.size, is_moving=attachment.is_moving)


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    return {name: without_nul(value) for name, value in values.items()}


def refuse(problems: Iterable[Problem]) -> None:
    """Raise what is wrong, if anything is."""
    found = list(problems)
    if found:
        raise refused(found)


def refused(problems: Iterable[Problem]) -> Invalid:
    fields: dict[str, list[str]] = {}
    for problem in problems:
        sentence = _(problem.message) % problem.values if problem.values else _(problem.message)
        if sentence not in fields.setdefault(problem.field, []):
            fields[problem.field].append(sentence)
    return Invalid(_("Check the marked fields."), fields=fields)


def too_long(length: int, limit: int) -> str:
    return _("The text has %(length)d characters; at most %(limit)d fit.") % {"length": length, "limit": limit}

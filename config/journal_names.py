"""What the journal's subjects are called: each finder asks what the reader may see, and names nothing else (S05)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import ApiToken, AuxState, Team, User
from campaigns.models import Campaign, ChannelAccount, Client, Project, ProviderApp, Resource, Shortcut
from contacts.models import (
    BaseMember,
    Company,
    Contact,
    ContactBase,
    ContactGroup,
    DocumentType,
    FieldDefinition,
    Lot,
    Tag,
)
from inbox.models import Callback, Conversation, Message
from processes.models import Run
from processes.rows import title_of
from typification.models import Typification

Finder = Callable[[User, Collection[int]], Mapping[int, str]]


def seen(rows: Callable[[User], QuerySet[Any]], field: str = "name") -> Finder:
    """A finder over what the user sees, by one field."""

    def find(user: User, ids: Collection[int]) -> Mapping[int, str]:
        return dict(rows(user).filter(pk__in=ids).values_list("pk", field))

    return find


def everybodys(model: Any, field: str = "name") -> Finder:
    """A finder over what no team owns."""
    return seen(lambda _user: model.objects.all(), field)


def clients_of(user: User) -> QuerySet[Client]:
    """A client, like a project, is known to who sees a campaign of it."""
    if user.has_perm("accounts.see_all_teams"):
        return Client.objects.all()
    return Client.objects.filter(pk__in=projects_of(user).values("client_id"))


def projects_of(user: User) -> QuerySet[Project]:
    if user.has_perm("accounts.see_all_teams"):
        return Project.objects.all()
    return Project.objects.filter(pk__in=Campaign.objects.visible_to(user).values("project_id"))


def contact_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    found = Contact.objects.visible_to(user).filter(pk__in=ids).only("first_name", "last_name", "profile_name")
    return {each.pk: each.name for each in found}


def member_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    """Whom a record of a base is about."""
    found = BaseMember.objects.visible_to(user).filter(pk__in=ids, contact__in=Contact.objects.visible_to(user))
    return {each.pk: each.contact.name for each in found.select_related("contact")}


def conversation_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    """Whom they are with, by name; a number is never said here."""
    seen_ones = Conversation.objects.visible_to(user).filter(pk__in=ids)
    return dict(seen_ones.values_list("pk", "contact_name"))


def callback_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    """Whom they are with, by name."""
    found = Callback.objects.visible_to(user).filter(pk__in=ids).select_related("contact__merged_into")
    return {each.pk: each.contact.standing.name for each in found}


def message_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    seen_ones = Message.objects.filter(pk__in=ids, conversation__in=Conversation.objects.visible_to(user))
    return dict(seen_ones.values_list("pk", "conversation__contact_name"))


def run_names(user: User, ids: Collection[int]) -> Mapping[int, str]:
    """The process, and the base it was about."""
    found = Run.objects.visible_to(user).filter(pk__in=ids).select_related("base")
    return {each.pk: title_of(each) for each in found}


def address_of_conversation(subject_id: int) -> str:
    return f"{reverse('desk')}?c={subject_id}"


def address_of_roles(_subject_id: int) -> str:
    """All roles stand in one grid."""
    return reverse("roles")


FINDERS: Mapping[str, Finder] = {
    "accounts.team": seen(Team.objects.visible_to),
    "accounts.auxstate": everybodys(AuxState),
    "accounts.apitoken": everybodys(ApiToken),
    "auth.group": everybodys(Group),
    "campaigns.client": seen(clients_of),
    "campaigns.project": seen(projects_of),
    "campaigns.campaign": seen(Campaign.objects.visible_to),
    "campaigns.channelaccount": seen(ChannelAccount.objects.visible_to),
    "campaigns.providerapp": everybodys(ProviderApp),
    "campaigns.resource": seen(Resource.objects.visible_to),
    "campaigns.shortcut": seen(Shortcut.objects.visible_to, "code"),
    "contacts.contact": contact_names,
    "contacts.company": everybodys(Company),
    "contacts.contactbase": seen(ContactBase.objects.visible_to),
    "contacts.basemember": member_names,
    "contacts.lot": seen(Lot.objects.visible_to),
    "contacts.contactgroup": seen(ContactGroup.objects.visible_to),
    "contacts.tag": everybodys(Tag),
    "contacts.documenttype": everybodys(DocumentType),
    "contacts.fielddefinition": everybodys(FieldDefinition, "label"),
    "inbox.callback": callback_names,
    "inbox.conversation": conversation_names,
    "inbox.message": message_names,
    "processes.run": run_names,
    "typification.typification": everybodys(Typification),
}

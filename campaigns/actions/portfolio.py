"""Clients and projects: who the work is for. What holds campaigns is archived, never deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign, Client, Project
from core import journal
from core.refusals import Invalid, NotFound, Refusal
from core.versions import refuse_stale, version_of


class StillAtWork(Refusal):
    """A campaign under it is not finished."""

    code = "still_at_work"


@dataclass(frozen=True, kw_only=True)
class ClientSheet:
    """What is written of a client. Seconds until a wait is late, and how an abandoned conversation ends."""

    name: str
    sla_optimal_s: int = 300
    sla_low_s: int = 900
    max_history_conversations: int = 10
    max_inactivity_s: int = 0
    inactivity_attempts: int = 0

    @classmethod
    def of(cls, client: Client) -> ClientSheet:
        return cls(**{name: getattr(client, name) for name in cls.__dataclass_fields__})

    def as_values(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def version(self) -> str:
        return version_of(self.as_values())


@transaction.atomic
def create_client(sheet: ClientSheet, *, by: User) -> Client:
    """Return a new client. Raises Invalid."""
    refuse_wrong(sheet, but=None)
    client = Client(**sheet.as_values())
    save_named(client, _("There is already a client «{name}».").format(name=sheet.name))
    journal.record("client_created", client, by=by, details={"after": sheet.as_values()})
    return client


@transaction.atomic
def edit_client(client_id: int, *, sheet: ClientSheet, by: User, version: str | None = None) -> Client:
    """Write a client. Raises NotFound, Stale, Invalid."""
    client = held_client(client_id)
    before = ClientSheet.of(client)
    refuse_stale(version, before.version)
    if before == sheet:
        return client
    refuse_wrong(sheet, but=client)
    for name, value in sheet.as_values().items():
        setattr(client, name, value)
    save_named(client, _("There is already a client «{name}».").format(name=sheet.name))
    journal.record("client_edited", client, by=by, details=journal.changes(before.as_values(), sheet.as_values()))
    return client


@transaction.atomic
def archive_client(client_id: int, *, by: User) -> Client:
    """Take a client out of the choice. Raises StillAtWork while a campaign of theirs is not finished."""
    client = held_client(client_id)
    if not client.archived:
        refuse_at_work(Campaign.objects.filter(project__client=client), by=by)
        client.archived = True
        client.save(update_fields=["archived"])
        journal.record("client_archived", client, by=by)
    return client


@transaction.atomic
def restore_client(client_id: int, *, by: User) -> Client:
    """Bring an archived client back."""
    client = held_client(client_id)
    if client.archived:
        client.archived = False
        client.save(update_fields=["archived"])
        journal.record("client_restored", client, by=by)
    return client


@transaction.atomic
def create_project(name: str, *, client_id: int, by: User) -> Project:
    """Return a new project of a client. Raises Invalid."""
    client = Client.objects.live().filter(pk=client_id).first()
    if client is None:
        raise Invalid(fields={"client": [_("Choose one of the clients.")]})
    project = Project(client=client, name=name.strip())
    refuse_taken(project)
    save_named(project, _("This client already has a project «{name}».").format(name=project.name))
    journal.record("project_created", project, by=by, details={"after": {"name": project.name, "client": client.pk}})
    return project


@transaction.atomic
def edit_project(project_id: int, *, name: str, by: User, version: str | None = None) -> Project:
    """Give a project another name. Raises NotFound, Stale, Invalid."""
    project = held_project(project_id)
    refuse_stale(version, project_version(project))
    before = project.name
    if before == name.strip():
        return project
    project.name = name.strip()
    refuse_taken(project)
    save_named(project, _("This client already has a project «{name}».").format(name=project.name))
    journal.record(
        "project_edited", project, by=by, details={"before": {"name": before}, "after": {"name": project.name}}
    )
    return project


@transaction.atomic
def archive_project(project_id: int, *, by: User) -> Project:
    """Take a project out of the choice. Raises StillAtWork while a campaign of it is not finished."""
    project = held_project(project_id)
    if not project.archived:
        refuse_at_work(Campaign.objects.filter(project=project), by=by)
        project.archived = True
        project.save(update_fields=["archived"])
        journal.record("project_archived", project, by=by)
    return project


@transaction.atomic
def restore_project(project_id: int, *, by: User) -> Project:
    """Bring an archived project back."""
    project = held_project(project_id)
    if project.archived:
        project.archived = False
        project.save(update_fields=["archived"])
        journal.record("project_restored", project, by=by)
    return project


def project_version(project: Project) -> str:
    return version_of({"name": project.name, "client": project.client_id})


def held_client(client_id: int) -> Client:
    client: Client | None = Client.objects.select_for_update(no_key=True).filter(pk=client_id).first()
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def held_project(project_id: int) -> Project:
    project: Project | None = Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound(_("There is no such project."))
    return project


def refuse_at_work(campaigns: Any, *, by: User) -> None:
    working = campaigns.exclude(state=Campaign.State.FINISHED)
    if not working.exists():
        return
    # Another team's campaign stops it, too, and is not named (S05).
    seen = Campaign.objects.visible_to(by).filter(pk__in=working.values("pk")).values_list("name", flat=True)[:3]
    if names := ", ".join(seen):
        raise StillAtWork(_("Finish its campaigns first: {names}.").format(names=names))
    raise StillAtWork(_("Campaigns of other teams are at work in it. Ask somebody who sees every team."))


def refuse_wrong(sheet: ClientSheet, *, but: Client | None) -> None:
    fields: dict[str, list[str]] = {}
    if Client.objects.filter(name__iexact=sheet.name).exclude(pk=but.pk if but else 0).exists():
        fields["name"] = [_("There is already a client «{name}».").format(name=sheet.name)]
    if sheet.sla_low_s <= sheet.sla_optimal_s:
        fields["sla_low_s"] = [_("It must be longer than the good wait.")]
    if fields:
        raise Invalid(fields=fields)


def refuse_taken(project: Project) -> None:
    same = Project.objects.filter(client=project.client, name__iexact=project.name).exclude(pk=project.pk)
    if same.exists():
        raise Invalid(fields={"name": [_("This client already has a project «{name}».").format(name=project.name)]})


def save_named(row: Client | Project, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody made it a moment ago, between our question and our writing.
        raise Invalid(fields={"name": [taken]}) from None

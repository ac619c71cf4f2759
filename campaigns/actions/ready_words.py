"""Setting up the gallery of resources and the shortcuts (004-05 … 004-09, 001-41)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.actions.resource_files import KeptFile, drop_files, keep_resource_file
from campaigns.models import Campaign, Resource, Shortcut, campaigns_run_by
from core import journal
from core.refusals import Invalid, NotAllowed, NotFound, Refusal
from core.text import fold, without_nul
from core.versions import refuse_stale, version_of

TEXT_LIMIT, CAPTION_LIMIT, NAME_LIMIT, CODE_LIMIT = 4096, 1024, 80, 32
LAST_POSITION = 2**31 - 1


class StillUsed(Refusal):
    """Shortcuts expand to it."""

    code = "still_used"


@dataclass(frozen=True, kw_only=True)
class ResourceWords:
    """What a form says of a resource. `campaign_id` None: the company's."""

    name: str
    text: str = ""
    campaign_id: int | None = None
    position: int = 0


@dataclass(frozen=True, kw_only=True)
class ShortcutWords:
    """What a form says of a shortcut: words, or a resource with words of its own."""

    code: str
    name: str = ""
    text: str = ""
    resource_id: int | None = None
    campaign_id: int | None = None
    position: int = 0


Row = TypeVar("Row", Resource, Shortcut)
Words = TypeVar("Words", ResourceWords, ShortcutWords)


# --- Resources --------------------------------------------------------------------------------------------------------------


def create_resource(kind: str, words: ResourceWords, *, by: User, file: UploadedFile[bytes] | None = None) -> Resource:
    """Return a new resource of the gallery: a text, or a file with its caption.

    Raises:
        NotAllowed, NotFound: the scope is not this user's to change.
        Invalid: field by field. NoRoom: the storage cannot keep the file now.
    """
    campaign = scope_of(words.campaign_id, by)
    words = cleaned(words)
    refuse(wrong_with_resource(kind, words) | ({"file": [_("Choose a file.")]} if needs_file(kind, file) else {}))
    kept = keep_resource_file(kind, file) if file is not None and kind != Resource.Kind.TEXT else None
    try:
        with transaction.atomic():
            resource = Resource.objects.create(kind=kind, campaign=campaign, **columns(words), **file_columns(kept))
            journal.record("resource_created", resource, by=by, details=scope_details(resource) | {"kind": kind})
    except BaseException:
        forget(kept)
        raise
    return resource


def change_resource(
    resource_id: int,
    words: ResourceWords,
    *,
    by: User,
    file: UploadedFile[bytes] | None = None,
    version: str | None = None,
) -> Resource:
    """Change a resource; its kind stays. A new file takes the place of the old one, which what was sent already does not need.

    Raises what create_resource does, and Stale: somebody changed it since `version` was read.
    """
    kind = changeable(Resource, resource_id, by).kind
    campaign = scope_of(words.campaign_id, by)
    words = cleaned(words)
    refuse(wrong_with_resource(kind, words))
    kept = keep_resource_file(kind, file) if file is not None and kind != Resource.Kind.TEXT else None
    try:
        with transaction.atomic():
            resource = locked(Resource, resource_id, by)
            refuse_stale(version, version_of(stored(resource)))
            old = (resource.path, resource.thumbnail_path)
            for name, value in ({"campaign": campaign} | columns(words) | file_columns(kept)).items():
                setattr(resource, name, value)
            resource.save()
            refuse_narrower_than_its_shortcuts(resource)
            journal.record(
                "resource_changed", resource, by=by, details=scope_details(resource) | {"file": kept is not None}
            )
            if kept is not None:
                transaction.on_commit(partial(drop_files, *old))
    except BaseException:
        forget(kept)
        raise
    return resource


@transaction.atomic
def archive_resource(resource_id: int, *, by: User) -> Resource:
    """Take a resource off the gallery; its file stays for as long as it may be restored. Repeating it changes nothing.

    Raises:
        StillUsed: live shortcuts expand to it.
    """
    resource = locked(Resource, resource_id, by)
    codes = list(Shortcut.objects.live().filter(resource=resource).order_by("code").values_list("code", flat=True)[:5])
    if codes:
        raise StillUsed(
            _("These shortcuts expand to it: %(codes)s. Archive or change them first.")
            % {"codes": ", ".join(f"/{code}" for code in codes)}
        )
    return archive(resource, "resource_archived", by=by)


@transaction.atomic
def restore_resource(resource_id: int, *, by: User) -> Resource:
    return restore(locked(Resource, resource_id, by), "resource_restored", by=by)


# --- Shortcuts --------------------------------------------------------------------------------------------------------------


def create_shortcut(words: ShortcutWords, *, by: User) -> Shortcut:
    """Return a new shortcut.

    Raises:
        NotAllowed, NotFound: the scope is not this user's to change.
        Invalid: field by field; a code stands once among the live ones of a campaign, and once among the company's.
    """
    campaign = scope_of(words.campaign_id, by)
    words = cleaned(words)
    resource = resource_for(words, by)
    refuse(wrong_with_shortcut(words, resource))
    with one_of_its_code(words.code), transaction.atomic():
        shortcut = Shortcut.objects.create(
            campaign=campaign, resource=resource, code=words.code.lower(), **columns(words)
        )
        journal.record("shortcut_created", shortcut, by=by, details=scope_details(shortcut))
    return shortcut


def change_shortcut(shortcut_id: int, words: ShortcutWords, *, by: User, version: str | None = None) -> Shortcut:
    """Change a shortcut. Raises what create_shortcut does, and Stale."""
    changeable(Shortcut, shortcut_id, by)
    campaign = scope_of(words.campaign_id, by)
    words = cleaned(words)
    resource = resource_for(words, by)
    refuse(wrong_with_shortcut(words, resource))
    with one_of_its_code(words.code), transaction.atomic():
        shortcut = locked(Shortcut, shortcut_id, by)
        refuse_stale(version, version_of(stored(shortcut)))
        changes = {"campaign": campaign, "resource": resource, "code": words.code.lower()} | columns(words)
        for name, value in changes.items():
            setattr(shortcut, name, value)
        shortcut.save()
        journal.record("shortcut_changed", shortcut, by=by, details=scope_details(shortcut))
    return shortcut


@transaction.atomic
def archive_shortcut(shortcut_id: int, *, by: User) -> Shortcut:
    """Let a shortcut expand no more; its code is free again. Repeating it changes nothing."""
    return archive(locked(Shortcut, shortcut_id, by), "shortcut_archived", by=by)


@transaction.atomic
def restore_shortcut(shortcut_id: int, *, by: User) -> Shortcut:
    """Raises Invalid where another one took its code meanwhile."""
    shortcut = locked(Shortcut, shortcut_id, by)
    with one_of_its_code(shortcut.code), transaction.atomic():
        return restore(shortcut, "shortcut_restored", by=by)


# --- What they share --------------------------------------------------------------------------------------------------------


def scope_of(campaign_id: int | None, by: User) -> Campaign | None:
    """The campaign ready words are saved for, or None for the company's.

    Raises:
        NotAllowed: only who sees every team changes the company's. NotFound: the campaign is not this user's to run.
    """
    if campaign_id is None:
        if not (by.has_perm("campaigns.manage_ready_words") and by.has_perm("accounts.see_all_teams")):
            raise NotAllowed(_("Only administrators change what belongs to the whole company. Choose a campaign."))
        return None
    campaign = campaigns_run_by(by).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    return campaign


def changeable(model: type[Row], pk: int, by: User) -> Row:
    """The row, if this user may change it. Raises NotFound, or NotAllowed where they see it."""
    found: Row | None = model.objects.changeable_by(by).filter(pk=pk).first()
    if found is not None:
        return found
    if model.objects.visible_to(by).filter(pk=pk).exists():
        raise NotAllowed(_("Only whoever runs its campaign may change this."))
    raise NotFound


def locked(model: type[Row], pk: int, by: User) -> Row:
    """The same, held to the end of the transaction."""
    changeable(model, pk, by)
    row: Row = model.objects.select_for_update().get(pk=pk)
    return row


def archive(row: Row, verb: str, *, by: User) -> Row:
    if row.archived_at is None:
        row.archived_at = timezone.now()
        row.save(update_fields=["archived_at"])
        journal.record(verb, row, by=by)
    return row


def restore(row: Row, verb: str, *, by: User) -> Row:
    if row.archived_at is not None:
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        journal.record(verb, row, by=by)
    return row


def resource_for(words: ShortcutWords, by: User) -> Resource | None:
    """The resource a shortcut expands to: a live one that everybody who finds the shortcut finds too."""
    if words.resource_id is None:
        return None
    offered = Resource.objects.live().visible_to(by).offered_in(words.campaign_id)
    resource: Resource | None = offered.filter(pk=words.resource_id).first()
    if resource is None:
        raise Invalid(
            _("Check the marked fields."),
            fields={"resource": [_("Choose a resource of the same campaign, or of the company.")]},
        )
    return resource


def refuse_narrower_than_its_shortcuts(resource: Resource) -> None:
    """A resource that moves to one campaign must not leave a shortcut of another behind that finds it no more."""
    if resource.campaign_id is None:
        return
    others = Shortcut.objects.live().filter(resource=resource).exclude(campaign_id=resource.campaign_id)
    code = others.values_list("code", flat=True).first()
    if code is not None:
        raise Invalid(
            _("Check the marked fields."),
            fields={"campaign": [_("The shortcut /%(code)s uses it elsewhere. Change that first.") % {"code": code}]},
        )


def stored(row: Resource | Shortcut) -> dict[str, Any]:
    """What a form shows of it: what its version is made of."""
    own: dict[str, Any] = (
        {"code": row.code, "resource": row.resource_id} if isinstance(row, Shortcut) else {"file": row.sha256}
    )
    return {"name": row.name, "text": row.text, "campaign": row.campaign_id, "position": row.position} | own


def wrong_with_resource(kind: str, words: ResourceWords) -> dict[str, list[str]]:
    wrong = wrong_with(words, limit=TEXT_LIMIT if kind == Resource.Kind.TEXT else CAPTION_LIMIT)
    if not words.name:
        wrong["name"] = [_("Give it a name: it is what agents look for.")]
    if kind not in Resource.Kind.values:
        wrong["kind"] = [_("This value is not understood.")]
    if kind == Resource.Kind.TEXT and not words.text:
        wrong["text"] = [_("Write something first.")]
    return wrong


def wrong_with_shortcut(words: ShortcutWords, resource: Resource | None) -> dict[str, list[str]]:
    has_file = resource is not None and resource.kind != Resource.Kind.TEXT
    wrong = wrong_with(words, limit=CAPTION_LIMIT if has_file else TEXT_LIMIT)
    if not words.code.isalnum():
        wrong["code"] = [_("Letters and figures only, without spaces.")]
    elif len(words.code) > CODE_LIMIT:
        wrong["code"] = [too_long(words.code, CODE_LIMIT)]
    if not words.text and resource is None:
        wrong["text"] = [_("Write the words it expands to, or choose a resource.")]
    return wrong


def wrong_with(words: ResourceWords | ShortcutWords, *, limit: int) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if len(words.text) > limit:
        wrong["text"] = [too_long(words.text, limit)]
    if len(words.name) > NAME_LIMIT:
        wrong["name"] = [too_long(words.name, NAME_LIMIT)]
    if not 0 <= words.position <= LAST_POSITION:
        wrong["position"] = [_("This value is not understood.")]
    return wrong


def needs_file(kind: str, file: UploadedFile[bytes] | None) -> bool:
    return kind in Resource.Kind.values and kind != Resource.Kind.TEXT and file is None


def too_long(text: str, limit: int) -> str:
    return _("The text has %(length)d characters; at most %(limit)d fit.") % {"length": len(text), "limit": limit}


def refuse(wrong: dict[str, list[str]]) -> None:
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)


@contextlib.contextmanager
def one_of_its_code(code: str) -> Iterator[None]:
    """Turn the database's refusal of a second live code into words at the field: the constraint decides, also of two at once."""
    try:
        yield
    except IntegrityError as error:
        if "shortcut_code_once" not in str(error):
            raise
        raise Invalid(
            _("Check the marked fields."),
            fields={"code": [_("Another shortcut already has the code %(code)s here.") % {"code": code}]},
        ) from error


def cleaned(words: Words) -> Words:
    """The same without NUL and without spaces around. Line breaks inside a text are the writer's; a browser's \\r\\n is one."""
    said: dict[str, Any] = {name: plain(value) for name, value in vars(words).items() if isinstance(value, str)}
    return replace(words, **said)


def plain(value: str) -> str:
    return without_nul(value).replace("\r\n", "\n").strip()


def columns(words: ResourceWords | ShortcutWords) -> dict[str, Any]:
    return {
        "name": words.name,
        "name_folded": fold(words.name)[:NAME_LIMIT],
        "text": words.text,
        "position": words.position,
    }


def file_columns(kept: KeptFile | None) -> dict[str, Any]:
    return kept.as_columns() if kept is not None else {}


def forget(kept: KeptFile | None) -> None:
    if kept is not None:
        drop_files(kept.path, kept.thumbnail_path)


def scope_details(row: Resource | Shortcut) -> dict[str, Any]:
    return {"campaign": row.campaign_id}

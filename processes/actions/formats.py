"""Formats of import are made and put away; they never change."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import journal
from core.refusals import Invalid, NotFound
from core.text import without_nul
from processes.models import ImportFormat


@transaction.atomic
def make_format(kind: str, name: str, *, key: str, columns: Sequence[str], by: User) -> ImportFormat:
    """Return a new format. Raises Invalid: by field."""
    wrong: dict[str, list[str]] = {}
    name = " ".join(without_nul(name).split())
    if not name or len(name) > 80:
        wrong["name"] = [_("Write up to {most} characters.").format(most=80)]
    if not columns:
        wrong["columns"] = [_("Choose at least one field.")]
    if wrong:
        raise Invalid(fields=wrong)
    made = ImportFormat.objects.create(kind=kind, name=name, key=key, columns=list(columns), created_by=by)
    journal.record("import_format_made", made, by=by, details={"name": name, "key": key, "columns": list(columns)})
    return made


@transaction.atomic
def archive_format(format_id: int, *, by: User) -> None:
    """Put a format away. Twice is once. Raises NotFound."""
    found = ImportFormat.objects.select_for_update(of=("self",), no_key=True).filter(pk=format_id).first()
    if found is None:
        raise NotFound(_("There is no such format."))
    if found.archived_at is None:
        found.archived_at = timezone.now()
        found.save(update_fields=["archived_at"])
        journal.record("import_format_archived", found, by=by)

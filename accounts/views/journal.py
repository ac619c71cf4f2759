"""The journal: who did what and when, newest first, as far as the reader's own rights go."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.guards import permitted, signed_in_user
from accounts.models import User
from core.journal_words import (
    field_words,
    is_named,
    journal_words,
    subject_names,
    subject_url,
    subject_words,
    verb_words,
)
from core.lists import Column, FilterForm, ListPage
from core.models import JournalEntry, JournalValue

# Of the calendar that Python knows: nothing comes after it to be left out.
LAST_DAY = datetime.date(9999, 12, 30)
SEE = "core.view_journalentry"

COLUMNS = (
    Column(name="at", title=gettext_lazy("When"), sort="at"),
    Column(name="actor", title=gettext_lazy("Who")),
    Column(name="verb", title=gettext_lazy("What")),
    Column(name="subject", title=gettext_lazy("About")),
)


class JournalFilters(FilterForm):
    has_search = False
    actor = forms.ModelChoiceField(
        User.objects.none(), required=False, label=gettext_lazy("Who"), empty_label=gettext_lazy("All")
    )
    verb = forms.ChoiceField(required=False, label=gettext_lazy("What"))
    subject_type = forms.ChoiceField(required=False, label=gettext_lazy("About"))
    since = forms.DateField(
        required=False, label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        required=False, label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    subject_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, label=gettext_lazy("Number"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(by).order_by("first_name", "last_name", "username")
        self.fields["actor"].queryset = people  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["actor"].label_from_instance = lambda each: each.name  # type: ignore[attr-defined]  # as above
        words = journal_words()
        verbs = sorted(((verb, str(said)) for verb, said in words.verbs.items()), key=lambda each: each[1])
        subjects = sorted(((name, str(each.title)) for name, each in words.subjects.items()), key=lambda each: each[1])
        self.fields["verb"].choices = [("", _("All")), *verbs]  # type: ignore[attr-defined]  # ChoiceFields
        self.fields["subject_type"].choices = [("", _("All")), *subjects]  # type: ignore[attr-defined]  # as above

    def narrow(self, rows: Any) -> Any:
        if actor := self.said("actor"):
            rows = rows.filter(actor_id=actor.pk)
        if verb := self.said("verb"):
            rows = rows.filter(verb=verb)
        if subject_type := self.said("subject_type"):
            rows = rows.filter(subject_type=subject_type)
            if subject_id := self.said("subject_id"):
                rows = rows.filter(subject_id=subject_id)
        if since := self.said("since"):
            rows = rows.filter(at__gte=midnight(since))
        if (until := self.said("until")) and until < LAST_DAY:
            rows = rows.filter(at__lt=midnight(until + datetime.timedelta(days=1)))
        return rows


def midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


@require_GET
@permitted(SEE)
def journal(request: HttpRequest) -> HttpResponse:
    """Page by page, newest first, whatever its length: no count beyond what is cheap, no OFFSET."""
    by = signed_in_user(request)
    filters = JournalFilters(request.GET, by=by)
    page = ListPage(seen_entries(by), params=request.GET, columns=COLUMNS, order="-at", filters=filters)
    draw(page.rows, by=by)
    return render(request, "accounts/journal.html", {"page": page, "heading": _("Journal")})


@require_GET
@permitted(SEE)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with what was before and after."""
    by = signed_in_user(request)
    found = (
        seen_entries(by)
        .filter(pk=entry_id)
        .prefetch_related(Prefetch("values", JournalValue.objects.order_by("name")))
        .first()
    )
    if found is None:
        raise Http404
    draw([found], by=by)
    details = dict(found.details)
    before, after = details.pop("before", None) or {}, details.pop("after", None) or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        details, before, after = dict(found.details), {}, {}
    changes = [(field_words(name), shown(before.get(name)), shown(after.get(name))) for name in {**before, **after}]
    context = {
        "entry": found,
        "personal": [(field_words(each.name), each.value) for each in found.values.all()]
        if may_name(found, by=by)
        else [],
        "changes": changes,
        "others": [(field_words(name), shown(value)) for name, value in details.items()],
        "heading": found.said,
    }
    return render(request, "accounts/journal_entry.html", context)


def seen_entries(by: User) -> Any:
    """What the reader may see: everything for whom sees every team; else what was done by people they see."""
    entries = JournalEntry.objects.all()
    if by.has_perm("accounts.see_all_teams"):
        return entries
    return entries.filter(actor_id__in=User.objects.visible_to(by).values("pk"))


def may_name(entry: JournalEntry, *, by: User) -> bool:
    """Whether the reader may know whom it is about: who acted may work for other teams than theirs too (S05)."""
    if by.has_perm("accounts.see_all_teams"):
        return True
    is_user = entry.subject_type == "accounts.user" and entry.subject_id.isdigit()
    return is_user and bool(User.objects.visible_to(by).filter(pk=int(entry.subject_id)).exists())


def draw(entries: list[Any], *, by: User) -> None:
    """Give each entry its words: who (by name, where there still is such a user), what, about whom."""
    ids = {each.actor_id for each in entries} | {
        int(each.subject_id) for each in entries if each.subject_type == "accounts.user" and each.subject_id.isdigit()
    }
    names = {each.pk: each for each in User.objects.visible_to(by).filter(pk__in=ids - {None})}
    called = subject_names(entries, reader=by)
    permissions = by.get_all_permissions()
    for each in entries:
        each.actor = names.get(each.actor_id)
        each.said = verb_words(each.verb)
        each.about = subject_words(each)
        is_there = not is_named(each) or (each.subject_type, each.subject_id) in called
        each.url = subject_url(each, set(permissions)) if is_there else ""
        is_user = each.subject_type == "accounts.user" and each.subject_id.isdigit()
        subject = names.get(int(each.subject_id)) if is_user else None
        name = subject.name if subject else called.get((each.subject_type, each.subject_id), "")
        each.about_name = name or f"#{each.subject_id}"


def shown(value: Any) -> str:
    """A detail as a person reads it: codes and ids, never markup."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{field_words(name)}: {shown(each)}" for name, each in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value) or "–"
    return str(value)

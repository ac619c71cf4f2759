"""A list of the back office: searched, narrowed, sorted, and read page by page by key, in both directions.

The address is the state: `?q=…&team=3&order=-name&after=…`. Nothing of it is trusted: an unknown column, a filter's wrong value or a
forged place in the list is as if it had not been said (S06).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.sections import Words
from core.text import fold

PAGE = 50
COUNTED_UP_TO = 10_000
ACCENTED, PLAIN = "áàâäãéèêëíìîïóòôöõúùûüñç", "aaaaaeeeeiiiiooooouuuunc"


class Folded(models.Func):
    """Text without case or accents, in SQL: for the short tables of the back office, which keep no folded column."""

    template = f"translate(lower(%(expressions)s), '{ACCENTED}', '{PLAIN}')"
    output_field = models.TextField()


def matching(words: str, *names: str) -> Q:
    """Every word of `words` is somewhere in one of the named annotations (made with Folded)."""
    found = Q()
    for word in fold(words).split():
        anywhere = Q()
        for name in names:
            anywhere |= Q(**{f"{name}__contains": word})
        found &= anywhere
    return found


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column's head. `sort` names a field or annotation that is never NULL; without it the column does not sort."""

    name: str
    title: Words
    sort: str = ""
    is_numeric: bool = False


@dataclass(frozen=True)
class Head:
    """A column's head as a template draws it."""

    column: Column
    url: str
    direction: str  # ascending, descending or empty


@dataclass(frozen=True)
class AppliedFilter:
    label: str
    value: str
    url_without: str


class FilterForm(forms.Form):
    """What narrows a list. A subclass adds fields and says in `narrow` what they mean; `q` is the search box."""

    q = forms.CharField(required=False, max_length=100, label=_("Search"))
    search_hint: Words = _("Search")
    has_search = True

    def narrow(self, rows: Any) -> Any:
        return rows

    def said(self, name: str) -> Any:
        """The value of a filter, or None where it says nothing or something wrong."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


class ArchivableFilters(FilterForm):
    """Of rows with a `folded_name` that can be archived: those in use, unless the archived ones are asked for."""

    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("In use")), ("archived", _("Archived"))]
    )

    def narrow(self, rows: Any) -> Any:
        return rows.filter(archived=self.said("state") == "archived").filter(
            matching(self.said("q") or "", "folded_name")
        )


class ListPage:
    """One page of a list, for `_settings/list.html`."""

    def __init__(
        self,
        rows: models.QuerySet[Any],
        *,
        params: QueryDict,
        columns: Sequence[Column],
        order: str,
        filters: FilterForm | None = None,
        size: int = PAGE,
    ) -> None:
        self.params, self.columns, self.filters, self.size = params, columns, filters, size
        sortable = {each.name: each.sort for each in columns if each.sort}
        asked = params.get("order", order)
        self.order = asked if asked.removeprefix("-") in sortable else order
        self.is_descending = self.order.startswith("-")
        self.sort = sortable[self.order.removeprefix("-")]
        self.all_rows = filters.narrow(rows) if filters is not None else rows
        self.rows, self.has_previous, self.has_next = self.read()

    # ── Rows

    def read(self) -> tuple[list[Any], bool, bool]:
        after, before = self.place("after"), self.place("before")
        if before is not None:
            found = list(self.beyond(before, forwards=False)[: self.size + 1])
            return found[: self.size][::-1], len(found) > self.size, True
        ordered = self.ordered(forwards=True) if after is None else self.beyond(after, forwards=True)
        found = list(ordered[: self.size + 1])
        return found[: self.size], after is not None, len(found) > self.size

    def ordered(self, *, forwards: bool) -> models.QuerySet[Any]:
        if forwards == self.is_descending:
            return self.all_rows.order_by(F(self.sort).desc(), F("pk").desc())
        return self.all_rows.order_by(F(self.sort).asc(), F("pk").asc())

    def beyond(self, place: tuple[Any, Any], *, forwards: bool) -> models.QuerySet[Any]:
        value, pk = place
        way = "lt" if forwards == self.is_descending else "gt"
        # The first condition says nothing new; it is the one an index on the column can use.
        return self.ordered(forwards=forwards).filter(
            Q(**{f"{self.sort}__{way}e": value})
            & (Q(**{f"{self.sort}__{way}": value}) | Q(**{self.sort: value, f"pk__{way}": pk}))
        )

    def place(self, name: str) -> tuple[Any, Any] | None:
        """Where a page begins, read from the address; None for whatever we did not write there."""
        text = self.params.get(name, "")
        if not text:
            return None
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(text.encode()))
            known = self.sort_field().to_python(value)
            if known is None or (isinstance(known, str) and not is_storable(known)):
                return None
            return known, int(pk)
        except (ValueError, TypeError, binascii.Error, ValidationError, OverflowError):
            return None

    def sort_field(self) -> Any:
        annotation = self.all_rows.query.annotations.get(self.sort)
        if annotation is not None:
            return annotation.output_field
        try:
            field: Any = self.all_rows.model._meta.get_field(self.sort)
        except FieldDoesNotExist:
            field = models.TextField()
        return field

    def place_of(self, row: Any) -> str:
        value = getattr(row, self.sort) if not isinstance(row, dict) else row[self.sort]
        pk = row.pk if not isinstance(row, dict) else row["pk"]
        return base64.urlsafe_b64encode(json.dumps([value, pk], default=str).encode()).decode()

    # ── What the template asks

    @property
    def count(self) -> int:
        """How many there are, counted no further than `COUNTED_UP_TO` + 1."""
        if not hasattr(self, "_count"):
            if not self.has_previous and not self.has_next:
                self._count = len(self.rows)
            else:
                self._count = self.all_rows.order_by()[: COUNTED_UP_TO + 1].count()
        return self._count

    @property
    def is_more_than_counted(self) -> bool:
        return self.count > COUNTED_UP_TO

    @property
    def counted_up_to(self) -> int:
        return COUNTED_UP_TO

    @property
    def heads(self) -> list[Head]:
        heads = []
        for column in self.columns:
            if not column.sort:
                heads.append(Head(column, "", ""))
            elif self.order.removeprefix("-") == column.name:
                turned = column.name if self.is_descending else f"-{column.name}"
                heads.append(Head(column, self.url(order=turned), "descending" if self.is_descending else "ascending"))
            else:
                heads.append(Head(column, self.url(order=column.name), ""))
        return heads

    @property
    def next_url(self) -> str:
        return self.url(after=self.place_of(self.rows[-1])) if self.has_next and self.rows else ""

    @property
    def previous_url(self) -> str:
        if not self.has_previous:
            return ""
        # A page whose rows have all gone meanwhile still leads back.
        return self.url(before=self.place_of(self.rows[0])) if self.rows else self.url()

    @property
    def applied(self) -> list[AppliedFilter]:
        """The filters that say something, for chips that take them away."""
        if self.filters is None:
            return []
        self.filters.is_valid()
        applied = []
        for name, field in self.filters.fields.items():
            value = self.filters.cleaned_data.get(name)
            if name != "q" and value not in field.empty_values:
                applied.append(AppliedFilter(str(field.label), shown_value(field, value), self.url(**{name: ""})))
        return applied

    @property
    def is_narrowed(self) -> bool:
        return bool(self.applied) or bool(self.filters and self.filters.said("q"))

    @property
    def clear_url(self) -> str:
        return "?" + QueryDict(f"order={self.order}" if "order" in self.params else "").urlencode()

    def url(self, **changes: str) -> str:
        """This list with something changed: from its beginning, unless the change is a place."""
        params = self.params.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        for name, value in changes.items():
            params.pop(name, None)
            if value:
                params[name] = value
        return "?" + params.urlencode()


def is_storable(text: str) -> bool:
    """Whether the database can be asked about it: no NUL, no half of a letter."""
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)


def shown_value(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.ModelChoiceField):
        return field.label_from_instance(value)
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return {str(code): str(name) for code, name in choices}.get(str(value), str(value))
    return str(value)

"""Credentials at rest: unreadable in the database, bound to their row, and opened as long as their key is listed (S48)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core import serializers
from django.db import connection
from django.forms.models import model_to_dict
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from campaigns.models import ChannelAccount, ProviderApp
from core.secrets import CannotOpen, seal, unseal

TOKEN = "EAAJZCtoken-that-must-never-be-read-4Z"
OLD, NEW = ("old", b"o" * 32), ("new", b"n" * 32)


def account(external_id: str = "1", token: str = TOKEN) -> ChannelAccount:
    return ChannelAccount.objects.create(
        kind="whatsapp", external_id=external_id, name="Ventas", credentials={"token": token}
    )


def sealed_bytes(row: ChannelAccount) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM campaigns_channelaccount WHERE id = %s", [row.pk])
        return bytes(cursor.fetchone()[0])


def overwrite(row: ChannelAccount, value: bytes) -> ChannelAccount:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_channelaccount SET credentials = %s WHERE id = %s", [value, row.pk])
    return ChannelAccount.objects.get(pk=row.pk)


def dump() -> bytes:
    """Every row of every table, as a thief of the database would have it."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for form in ("text", "binary"):
                with cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT (FORMAT {form})') as rows:
                    found += [bytes(row) for row in rows]
    return b"\n".join(found)


@pytest.mark.shows("S48")
def test_a_dump_of_the_database_holds_no_credential(db: None) -> None:
    row = account()
    ProviderApp.objects.create(key="a", name="App", credentials={"app_secrets": [TOKEN], "verify_token": TOKEN})
    everything = dump()
    assert b"Ventas" in everything
    for form in (TOKEN.encode(), TOKEN.encode().hex().encode(), base64.b64encode(TOKEN.encode())[:-4]):
        assert form not in everything
    assert ChannelAccount.objects.get(pk=row.pk).credentials == {"token": TOKEN}


@pytest.mark.shows("S48")
def test_another_rows_or_columns_value_does_not_open_here(db: None) -> None:
    mine, yours = account("1"), account("2", token="another")
    moved = overwrite(mine, sealed_bytes(yours))
    with pytest.raises(CannotOpen):
        _ = moved.credentials
    app = ProviderApp.objects.create(uuid=mine.uuid, key="a", name="App", credentials={"token": "x"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM campaigns_providerapp WHERE id = %s", [app.pk])
        moved = overwrite(mine, bytes(cursor.fetchone()[0]))
    with pytest.raises(CannotOpen):
        _ = moved.credentials


@pytest.mark.shows("S48")
def test_a_changed_byte_does_not_open(db: None) -> None:
    row = account()
    sealed = bytearray(sealed_bytes(row))
    sealed[-1] ^= 1
    with pytest.raises(CannotOpen):
        _ = overwrite(row, bytes(sealed)).credentials


@pytest.mark.parametrize("nonsense", [b"", b"plain text", b"new:", b"new:short", b"\xff\xfe:x", b":"])
def test_what_was_never_sealed_does_not_open(settings: Settings, nonsense: bytes) -> None:
    settings.FIELD_KEYS = (NEW,)
    with pytest.raises(CannotOpen):
        unseal(nonsense, bound_to="x")


@pytest.mark.shows("S48")
def test_a_wrong_key_is_said_in_words_not_by_a_crash(db: None, settings: Settings) -> None:
    row = account()
    settings.FIELD_KEYS = (NEW,)
    again = ChannelAccount.objects.get(pk=row.pk)
    assert again.name == "Ventas"
    with pytest.raises(CannotOpen, match="FIELD_KEYS"):
        _ = again.credentials
    # The same id with other bytes: somebody made the key anew and kept its name.
    settings.FIELD_KEYS = ((sealed_bytes(row).partition(b":")[0].decode(), b"x" * 32),)
    with pytest.raises(CannotOpen):
        _ = again.credentials


@pytest.mark.shows("S49")
def test_after_a_rotation_old_values_open_and_new_ones_have_the_new_key(db: None, settings: Settings) -> None:
    settings.FIELD_KEYS = (OLD,)
    row = account()
    assert sealed_bytes(row).startswith(b"old:")
    settings.FIELD_KEYS = (NEW, OLD)
    row = ChannelAccount.objects.get(pk=row.pk)
    assert row.credentials == {"token": TOKEN}
    row.credentials = row.credentials
    row.save()
    assert sealed_bytes(row).startswith(b"new:")
    settings.FIELD_KEYS = (NEW,)
    assert ChannelAccount.objects.get(pk=row.pk).credentials == {"token": TOKEN}


def test_saving_something_else_leaves_the_seal_as_it_is(db: None) -> None:
    row = account()
    before = sealed_bytes(row)
    row = ChannelAccount.objects.get(pk=row.pk)
    row.name = "Otro"
    row.save()
    assert sealed_bytes(row) == before
    row.refresh_from_db()
    assert row.credentials == {"token": TOKEN}


def test_one_that_was_not_read_with_the_row_is_read_when_asked_for(db: None) -> None:
    row = ChannelAccount.objects.defer("credentials").get(pk=account().pk)
    assert row.credentials == {"token": TOKEN}


def test_nothing_is_sealed_where_there_is_nothing(db: None) -> None:
    row = ChannelAccount.objects.create(kind="whatsapp", external_id="1", name="Ventas")
    assert ChannelAccount.objects.get(pk=row.pk).credentials is None


@pytest.mark.shows("S48", "S50")
def test_neither_forms_nor_fixtures_nor_words_show_it(db: None) -> None:
    row = account()
    shown = [
        serializers.serialize("json", [row]), str(model_to_dict(row)), repr(row), str(row), repr(row.__dict__), repr(CannotOpen("x")),
    ]  # fmt: skip
    assert not any(TOKEN in each for each in shown)


@pytest.mark.shows("S48")
@hypothesis_settings(deadline=None, max_examples=60)
@given(
    value=strategies.recursive(
        strategies.none() | strategies.booleans() | strategies.integers(-(2**53), 2**53) | strategies.text(),
        lambda inner: (
            strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    bound_to=strategies.text(),
)
def test_what_was_sealed_opens_as_it_was_and_is_never_sealed_alike(value: Any, bound_to: str) -> None:
    first, second = seal(value, bound_to=bound_to), seal(value, bound_to=bound_to)
    assert first != second
    assert unseal(first, bound_to=bound_to) == unseal(second, bound_to=bound_to) == value
    with pytest.raises(CannotOpen):
        unseal(first, bound_to=f"{bound_to}!")

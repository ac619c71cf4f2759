"""Reasons and topics, kept in English, are read in the reader's language; what nobody translated stays as it is."""

from __future__ import annotations

import orjson
import pytest
from django.utils import translation

from connectors.messages import Unparseable, Unreadable
from connectors.whatsapp.parse import read
from connectors.whatsapp.pieces import split
from webhooks.words import REASONS, reason_in_words, topic_in_words


def reasons_of(body: bytes) -> list[str]:
    """What the readers themselves say about a broken delivery."""
    found = []
    try:
        for piece in split(body):
            try:
                read(piece)
            except Unparseable as error:
                found.append(error.reason)
    except Unreadable as error:
        found.append(str(error))
    return found


@pytest.mark.parametrize(
    ("body", "spanish"),
    [
        (b"{", "La entrega no es JSON válido: línea 1, columna 2."),
        (b'{"n": NaN}', "La entrega no es JSON válido."),
        (b"[]", "La entrega no es un objeto JSON."),
        (orjson.dumps({"object": "whatsapp_business_account"}), "La entrega no trae la lista de entradas."),
        (orjson.dumps({"entry": [{"id": "1"}]}), "Una entrada no trae la lista de cambios."),
        (orjson.dumps({"entry": [{"id": "1", "changes": [{"field": "messages"}]}]}), "Un cambio no trae su valor."),
    ],
)
def test_what_the_readers_say_is_read_in_spanish(body: bytes, spanish: str) -> None:
    (reason,) = reasons_of(body)
    with translation.override("es"):
        assert reason_in_words(reason).startswith(spanish)


def test_what_stands_in_a_reason_stays_and_what_is_not_known_too() -> None:
    with translation.override("es"):
        said = reason_in_words("The status '100 % <b>' is not one we know.")
        assert said == "El estado '100 % <b>' no es uno que conozcamos."
        assert reason_in_words("TypeError while reading it.") == "TypeError al leerlo."
        assert reason_in_words("No connected account has the number id 42.") == (
            "Ninguna cuenta conectada tiene el número con id 42."
        )
        assert reason_in_words("It was strange.") == "It was strange."
        assert topic_in_words("message_template_status_update") == "Revisión de una plantilla"
        assert topic_in_words("something_new") == "something_new"


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_no_known_reason_is_left_in_english(language: str) -> None:
    with translation.override(language):
        assert [reason for reason in REASONS if reason_in_words(reason) == reason] == []

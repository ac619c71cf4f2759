"""Identity documents: the form they are kept and compared in, whether a number can be right, and how it is shown (002-06, 002-07).

python-stdnum knows the check digits of the region; a type that has none, or of no country we know, goes by its pattern.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from stdnum.ar import cuit as ar_cuit
from stdnum.ar import dni as ar_dni
from stdnum.br import cnpj as br_cnpj
from stdnum.br import cpf as br_cpf
from stdnum.cl import rut as cl_rut
from stdnum.co import nit as co_nit
from stdnum.ec import ci as ec_ci
from stdnum.ec import ruc as ec_ruc
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.mx import curp as mx_curp
from stdnum.mx import rfc as mx_rfc
from stdnum.pe import cui as pe_cui
from stdnum.pe import ruc as pe_ruc
from stdnum.py import ruc as py_ruc
from stdnum.uy import rut as uy_rut

from contacts.models import DocumentType
from contacts.patterns import LONGEST_NUMBER, BadPattern, fits

# What was typed, separators and all.
LONGEST_WRITTEN: Final = 60


@dataclass(frozen=True)
class Rule:
    """How one kind of document is checked. `check` returns the normalised number or raises stdnum's ValidationError."""

    check: Callable[[str], str]
    show: Callable[[str], str]


def compact(written: str) -> str:
    """Letters and digits in upper case, whatever stands between them: a search knows documents by this form, whatever their type."""
    plain = unicodedata.normalize("NFKC", written).upper()
    return "".join(each for each in plain if each.isalnum() or each == "&")


def check_number(kind: DocumentType, written: str) -> str:
    """Return the number in the form it is kept in; '' where nothing is written.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    if len(written) > LONGEST_WRITTEN:
        raise ValueError(_("Too long for a document."))
    number = compact(written)
    if not number:
        return ""
    try:
        if rule := RULES.get(kind.check_digit):
            number = compact(rule.check(number))
        if kind.pattern and not fits(kind.pattern, number):
            raise ValueError(not_the_format(kind))
    except InvalidChecksum:
        raise ValueError(_("The check digit does not fit: one of the digits is wrong.")) from None
    except ValidationError:
        raise ValueError(not_the_format(kind)) from None
    except BadPattern:
        # Saved before it was checked; nothing a person at this form could mend.
        raise ValueError(_("The format of this document type is not set up well. Tell your administrator.")) from None
    if len(number) > LONGEST_NUMBER:
        raise ValueError(_("Too long for a document."))
    return number


def not_the_format(kind: DocumentType) -> str:
    if kind.example:
        return _("This is not a number of {document}. For example: {example}.").format(
            document=kind.name, example=kind.example
        )
    return _("This is not a number of {document}.").format(document=kind.name)


def shown(check_digit: str | None, number: str) -> str:
    """A kept number as people write it."""
    rule = RULES.get(check_digit or "")
    if rule is None:
        return number
    try:
        return rule.show(number)
    except (ValidationError, ValueError, IndexError):
        # One that came before its rule.
        return number


def mask(document: str) -> str:
    """A shown document with its last three letters or digits left; nothing of a short one."""
    count = sum(map(str.isalnum, document))
    hidden = count - 3 if count >= 6 else count
    masked = []
    for each in document:
        masked.append("•" if each.isalnum() and hidden > 0 else each)
        hidden -= each.isalnum()
    return "".join(masked)


# ── What python-stdnum leaves to us


def of_library(module: Any) -> Rule:
    return Rule(check=module.validate, show=getattr(module, "format", str))


def digits_between(least: int, most: int) -> Callable[[str], str]:
    def check(number: str) -> str:
        number = number.lstrip("0")
        if not (number.isascii() and number.isdigit() and least <= len(number) <= most):
            raise ValidationError
        return number

    return check


def in_thousands(number: str) -> str:
    return f"{int(number):,}".replace(",", ".")


def peruvian_identity(number: str) -> str:
    """The eight digits; the check digit (a figure or a letter) that some write behind them is checked and left off."""
    return str(pe_cui.validate(number))[:8]


def uruguayan_identity(number: str) -> str:
    """Seven digits and their check digit, which python-stdnum does not know; old ones are a digit shorter.

    Source: Dirección Nacional de Identificación Civil; the weights are 2, 9, 8, 7, 6, 3, 4.
    """
    if not (number.isascii() and number.isdigit() and 7 <= len(number) <= 8):
        raise ValidationError
    number = number.zfill(8)
    total = sum(int(digit) * weight for digit, weight in zip(number, (2, 9, 8, 7, 6, 3, 4), strict=False))
    if (10 - total % 10) % 10 != int(number[-1]):
        raise InvalidChecksum
    return number


def show_uruguayan(number: str) -> str:
    return f"{in_thousands(number[:-1])}-{number[-1]}"


def mexican_taxpayer(number: str) -> str:
    return str(mx_rfc.validate(number, validate_check_digits=len(number) >= 12))


RULES: Final[dict[str, Rule]] = {
    "ar_cuit": of_library(ar_cuit),
    "ar_dni": of_library(ar_dni),
    "br_cnpj": of_library(br_cnpj),
    "br_cpf": of_library(br_cpf),
    "cl_rut": of_library(cl_rut),
    "co_nit": of_library(co_nit),
    "ec_ci": of_library(ec_ci),
    "ec_ruc": of_library(ec_ruc),
    "mx_curp": of_library(mx_curp),
    "mx_rfc": Rule(check=mexican_taxpayer, show=str),
    "pe_dni": Rule(check=peruvian_identity, show=str),
    "pe_ruc": of_library(pe_ruc),
    "py_ci": Rule(check=digits_between(5, 8), show=in_thousands),
    "py_ruc": of_library(py_ruc),
    "uy_ci": Rule(check=uruguayan_identity, show=show_uruguayan),
    "uy_rut": of_library(uy_rut),
}

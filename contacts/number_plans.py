"""The numbering plans of the countries we serve, taken from the library's own tables, for numbers that are plain
digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from phonenumbers import PhoneMetadata, PhoneNumberDesc

# One country to each calling code, so that the code alone tells the country.
COUNTRIES: Final = ("PY", "AR", "BR", "MX", "PE", "CO", "CL", "UY", "BO", "EC")

_SPECIAL: Final = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")

Shape = tuple[re.Pattern[str], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """One country's national numbers. `trunk` is the digit dialled before them at home (empty: none)."""

    country: str
    code: str
    trunk: str
    prefix: re.Pattern[str] | None
    general: Shape
    special: re.Pattern[str]
    fixed: Shape
    mobile: Shape

    def kind(self, national: str) -> str | None:
        """Return "mobile", "fixed" or "fixed_or_mobile", or None for whatever is neither: the library's order of
        questions.
        """
        if not _fits(self.general, national) or self.special.fullmatch(national):
            return None
        is_mobile = _fits(self.mobile, national)
        if _fits(self.fixed, national):
            return "fixed_or_mobile" if is_mobile else "fixed"
        return "mobile" if is_mobile else None

    def has_prefix(self, national: str) -> bool:
        """Return whether the library would try to take a prefix off, which is for the library to decide."""
        match = self.prefix.match(national) if self.prefix else None
        return match is not None and match.end() > 0

    def is_after_trunk(self, written: str) -> bool:
        """Return whether what is written is a national number behind the bare trunk digit, and no carrier's code is
        read into it.
        """
        match = self.prefix.match(written) if self.prefix and self.trunk and written.startswith(self.trunk) else None
        return match is not None and match.end() == len(self.trunk)


@cache
def plan_for_country(country: str) -> Plan | None:
    """Return the plan of a country (ISO 3166), or None if it is not one of those we know by heart."""
    metadata = PhoneMetadata.metadata_for_region(country) if country in COUNTRIES else None
    if metadata is None:
        return None
    # What the library takes for prefixes beyond a bare trunk digit (carriers, the 15) stays with the library.
    prefix = metadata.national_prefix_for_parsing
    specials = (_shape(getattr(metadata, name)) for name in _SPECIAL)
    return Plan(
        country=country,
        code=str(metadata.country_code),
        trunk=metadata.national_prefix or "",
        prefix=re.compile(prefix) if prefix else None,
        general=_shape(metadata.general_desc) or _NOTHING,
        # Without their lengths, which makes it match too much if anything: then the library answers.
        special=re.compile("|".join(shape[0].pattern for shape in specials if shape) or "(?!)"),
        fixed=_shape(metadata.fixed_line) or _NOTHING,
        mobile=_shape(metadata.mobile) or _NOTHING,
    )


def plan_for_digits(digits: str) -> Plan | None:
    """Return the plan that international digits belong to, or None."""
    return _by_code().get(digits[:2]) or _by_code().get(digits[:3])


@cache
def _by_code() -> dict[str, Plan]:
    plans = (plan_for_country(country) for country in COUNTRIES)
    return {plan.code: plan for plan in plans if plan}


_NOTHING: Final[Shape] = (re.compile("(?!)"), frozenset())


def _shape(description: PhoneNumberDesc | None) -> Shape | None:
    if description is None or not description.national_number_pattern:
        return None
    return re.compile(description.national_number_pattern), frozenset(description.possible_length)


def _fits(shape: Shape, national: str) -> bool:
    pattern, lengths = shape
    return (not lengths or len(national) in lengths) and pattern.fullmatch(national) is not None


def argentine_area_length(line: str) -> int:
    """Return how many of a ten-digit Argentine number's digits are its area code, 0 if it has none that is known."""
    for length in (2, 3, 4):
        match = _argentine_prefix().match(f"{line[:length]}15")
        if match and match[1] == line[:length]:
            return length
    return 0


@cache
def _argentine_prefix() -> re.Pattern[str]:
    # The library's pattern for a trunk prefix holds every area code, in front of the 15 it takes away.
    metadata = PhoneMetadata.metadata_for_region("AR")
    return re.compile((metadata and metadata.national_prefix_for_parsing) or "(?!)")

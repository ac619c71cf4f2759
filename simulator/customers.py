"""The people who write: five to begin with, more on demand."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

# Calling codes of the countries the demo speaks of, to give a new person the country of their number.
CALLING_CODES = {
    "595": "PY", "598": "UY", "591": "BO", "593": "EC", "54": "AR", "55": "BR", "52": "MX",
    "56": "CL", "57": "CO", "51": "PE", "58": "VE", "34": "ES", "1": "US",
}  # fmt: skip


@dataclass
class Customer:
    id: str
    name: str
    wa_id: str = ""  # empty: took a username, the business is never told the number
    user_id: str = ""  # empty: Meta sent none (accounts before April 2026)
    username: str = ""
    country: str = ""
    online: bool = True
    autoread: bool = False
    # An error code with which every message to this person fails later (131026, 131049, …); 0 is none.
    fails_with: int = 0
    # What they answer, one to each message of the business that reaches them; after the last they are silent.
    answers: list[str] = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return not self.wa_id

    def identity(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "wa_id": self.wa_id,
            "user_id": self.user_id,
            "username": self.username,
            "country": self.country,
            "online": self.online,
            "autoread": self.autoread,
            "fails_with": self.fails_with,
            "answers": list(self.answers),
        }


def demo_customers() -> list[Customer]:
    """One per trap: plain number, Argentine 9, Brazilian id without its ninth digit, Mexican 1, no number at all."""
    return [
        Customer("rocio", "Rocío Benítez Duarte", "595991651351", "PY.7302145598137260", country="PY"),
        Customer("martin", "Martín Núñez Agüero", "5491155550142", "AR.5518093347281146", country="AR"),
        Customer("joao", "João Conceição Araújo", "553198765432", "BR.1502576394655843", country="BR"),
        Customer("ximena", "Ximena Ordóñez Peña", "5215512345678", "MX.9027716350884412", country="MX"),
        Customer("inigo", "Íñigo Zúñiga Muñoz", "", "CL.8412097735519046", "inigo.zuniga", country="CL"),
    ]


class Customers:
    """Everybody, found by our id, by any written form of the number, or by business-scoped id."""

    def __init__(self, people: list[Customer]) -> None:
        self._by_id: dict[str, Customer] = {}
        self._by_number: dict[str, Customer] = {}
        self._by_user_id: dict[str, Customer] = {}
        for person in people:
            self.add(person)

    def add(self, person: Customer) -> Customer:
        if person.id in self._by_id:
            raise ValueError(f"ya hay un cliente «{person.id}»")
        self._refuse_taken(person)
        self._by_id[person.id] = person
        self._index(person)
        return person

    def change(self, person: Customer, **values: Any) -> None:
        """Refuses an identity somebody else has; otherwise the person answers to the new one at once."""
        changed = Customer(**{**person.identity(), **values})
        self._refuse_taken(changed)
        self._by_number.pop(canonical_number(person.wa_id), None)
        self._by_user_id.pop(person.user_id, None)
        for name, value in values.items():
            setattr(person, name, value)
        self._index(person)

    def get(self, customer_id: str) -> Customer | None:
        return self._by_id.get(customer_id)

    def by_number(self, number: str) -> Customer | None:
        return self._by_number.get(canonical_number(number))

    def by_user_id(self, user_id: str) -> Customer | None:
        return self._by_user_id.get(user_id)

    def all(self) -> list[Customer]:
        return list(self._by_id.values())

    def _index(self, person: Customer) -> None:
        if person.wa_id:
            self._by_number[canonical_number(person.wa_id)] = person
        if person.user_id:
            self._by_user_id[person.user_id] = person

    def _refuse_taken(self, person: Customer) -> None:
        if not person.wa_id and not person.user_id:
            raise ValueError("hace falta un número o un identificador (user_id)")
        for owner in (self.by_number(person.wa_id), self.by_user_id(person.user_id)):
            if owner is not None and owner.id != person.id:
                raise ValueError(f"ese número o identificador ya es de «{owner.name}»")


def new_customer(wanted: dict[str, Any], *, serial: int) -> Customer:
    """A person out of what the page or a test gave; what is missing is made up, always the same way."""
    wa_id = digits_of(wanted.get("phone") or wanted.get("wa_id"))
    country = str(wanted.get("country") or country_of(wa_id) or _country_of_user_id(wanted) or "PY")
    # An explicit null means «Meta sends none»; leaving it out gives the person one, as Meta does since April 2026.
    user_id = str(wanted["user_id"] or "") if "user_id" in wanted else ""
    if "user_id" not in wanted and wa_id:
        user_id = business_scoped_id(country, wa_id)
    return Customer(
        id=str(wanted.get("id") or f"c{serial}"),
        name=str(wanted.get("name") or f"Cliente {serial}"),
        wa_id=wa_id,
        user_id=user_id,
        username=str(wanted.get("username") or ""),
        country=country,
        online=bool(wanted.get("online", True)),
        autoread=bool(wanted.get("autoread", False)),
        fails_with=int(wanted.get("fails_with") or 0),
        answers=words_of(wanted.get("answers") or []),
    )


def words_of(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError("answers es una lista de textos")
    return list(value)


def business_scoped_id(country: str, seed: str) -> str:
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7])
    return f"{country}.{digest % 10**16:016d}"


def country_of(number: str) -> str:
    for length in (3, 2, 1):
        if country := CALLING_CODES.get(number[:length]):
            return country
    return ""


def canonical_number(number: str) -> str:
    """One spelling for the forms in which WhatsApp accepts a number: AR 54/549, MX 52/521, BR with or without the 9."""
    digits = digits_of(number)
    if match := re.fullmatch(r"549(\d{10})", digits):
        return "54" + match[1]
    if match := re.fullmatch(r"521(\d{10})", digits):
        return "52" + match[1]
    if match := re.fullmatch(r"55(\d{2})9(\d{8})", digits):
        return "55" + match[1] + match[2]
    return digits


def digits_of(number: Any) -> str:
    return "".join(character for character in str(number or "") if character.isdigit())


def _country_of_user_id(wanted: dict[str, Any]) -> str:
    user_id = str(wanted.get("user_id") or "")
    return user_id[:2] if re.match(r"[A-Z]{2}\.", user_id) else ""

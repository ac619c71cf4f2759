"""What the simulator is told when it starts, and the one clock it lives by."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BusinessNumber:
    """A number of the business: what Meta calls a phone number of a WhatsApp Business Account."""

    id: str
    waba_id: str
    display: str
    name: str
    quality: str = "GREEN"
    limit: str = "TIER_2K"
    status: str = "CONNECTED"

    @property
    def digits(self) -> str:
        # Webhooks carry the number bare, the Graph node carries it formatted: both as Meta does.
        return "".join(character for character in self.display if character.isdigit())


@dataclass(frozen=True, kw_only=True)
class Config:
    webhook_url: str
    app_secret: str
    token: str
    verify_token: str = ""
    phone_number_ids: tuple[str, ...] = ("100000001",)
    waba_id: str = "200000001"
    display_numbers: tuple[str, ...] = ("+595 21 728 0000",)
    business_name: str = "Fibra Sur"
    seed: int = 1
    # How a phone behaves when nobody tells it otherwise.
    delivered_after: float = 0.4
    read_after: float = 0.5
    # Meta gives up on a slow listener after some seconds; a test may not want to wait as long.
    webhook_timeout: float = 10.0
    # In flight at once. Above this, deliveries queue here: httpcore's own queue slows down as it grows.
    webhook_concurrency: int = 64
    media_url_seconds: int = 300

    def numbers(self) -> dict[str, BusinessNumber]:
        """The business numbers by id; display numbers not given are derived so that no two are equal."""
        numbers = {}
        for index, number_id in enumerate(self.phone_number_ids):
            shown = self.display_numbers[index] if index < len(self.display_numbers) else f"+595 21 728 {index:04d}"
            name = self.business_name if index == 0 else f"{self.business_name} {index + 1}"
            numbers[number_id] = BusinessNumber(id=number_id, waba_id=self.waba_id, display=shown, name=name)
        return numbers


class Clock:
    """Wall time plus an offset: the 24 h window and the 7 days of retries can be walked through in a test."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

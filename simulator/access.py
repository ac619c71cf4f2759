"""What the business's token may do, as Meta's token debugger tells it."""

from dataclasses import dataclass
from typing import Any

MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"
APP_ID, APP_NAME = "670843887433847", "Ventanilla"


@dataclass(frozen=True, kw_only=True)
class Access:
    permissions: tuple[str, ...] = (MANAGEMENT, MESSAGING, "public_profile")
    # The business accounts the token was given; none means every one, as Meta writes it.
    wabas: tuple[str, ...] = ()
    expires_at: int = 0  # 0: never, as a system user's token

    def debugged(self) -> dict[str, Any]:
        """The `data` of GET /debug_token."""
        granular = [
            {"scope": name} | ({"target_ids": list(self.wabas)} if self.wabas else {})
            for name in self.permissions
            if name.startswith("whatsapp")
        ]
        return {
            "app_id": APP_ID,
            "type": "SYSTEM_USER",
            "application": APP_NAME,
            "data_access_expires_at": 0,
            "expires_at": self.expires_at,
            "is_valid": True,
            "issued_at": 1763721600,
            "scopes": list(self.permissions),
            "granular_scopes": granular,
            "user_id": "122102222222222222",
        }

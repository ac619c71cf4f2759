"""What each channel takes, for whoever asks before sending: the very table the actions refuse by."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from campaigns.variables import VARIABLES
from connectors.kinds import POLICIES, ChannelPolicy
from connectors.media_types import ALIASES
from inbox.actions.composing import CAPTIONED


def limits() -> dict[str, Any]:
    """`channels` by kind, the `variables` of ready words, the `aliases` of media types, and the kinds that are `captioned`."""
    return {
        "variables": list(VARIABLES),
        "channels": {kind.value: channel_limits(policy) for kind, policy in POLICIES.items()},
        "aliases": dict(ALIASES),
        "captioned": [kind.value for kind in CAPTIONED],
    }


def channel_limits(policy: ChannelPolicy) -> dict[str, Any]:
    return {
        "max_text": policy.max_text,
        "max_caption": policy.max_caption,
        "max_contacts": policy.max_contacts,
        "interactive": asdict(policy.interactive) if policy.interactive is not None else None,
        "max_still_sticker_bytes": policy.max_still_sticker_bytes,
        "document_types": sorted(policy.document_types),
        "media": {
            kind.value: {"max_bytes": limit.max_bytes, "mime_types": sorted(limit.mime_types)}
            for kind, limit in policy.media.items()
        },
    }

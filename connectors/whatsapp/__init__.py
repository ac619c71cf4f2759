"""WhatsApp Cloud API: `verify` what arrives, `parse` it, `send`, fetch `media`, know what its `errors` mean."""

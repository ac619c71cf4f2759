"""The cellar: one adapter per provider. Plain dataclasses in and out; no models, no Django."""

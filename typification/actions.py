"""Growing the tree."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from typification.models import Typification

SYSTEM_NODES = [
    ("transfer", "Transferencia"),
    ("inactivity", "Inactividad"),
    ("out_of_hours", "Fuera de horario"),
    ("unanswered", "Sin respuesta"),
    ("spam", "Spam"),
    ("duplicate", "Duplicado"),
]

# The starter tree: what most contact centres of the region close with, to be edited.
STARTER: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ("Venta concretada", {"effective": True, "requires_note": True, "recyclable": False}, []),
    (
        "Interesado",
        {},
        [
            ("Llamar más tarde", {"asks_callback": "personal", "closes_member": False}),
            ("Pide propuesta por correo", {}),
            ("Compara con otro proveedor", {"requires_note": True}),
            ("Espera aprobación familiar", {}),
        ],
    ),
    (
        "Información entregada",
        {},
        [
            ("Precios y planes", {"quick_close": True}),
            ("Cobertura", {"quick_close": True}),
            ("Estado de pedido", {"quick_close": True}),
        ],
    ),
    (
        "Reclamo",
        {},
        [
            ("Servicio", {"requires_note": True}),
            ("Facturación", {"requires_note": True}),
            ("Atención", {"requires_note": True}),
        ],
    ),
    ("No responde", {"quick_close": True, "closes_member": False}, []),
    ("Número equivocado", {"quick_close": True, "recyclable": False}, []),
    ("No desea ser contactado", {"recyclable": False, "allows_redial": False}, []),
]


@transaction.atomic
def seed_tree() -> None:
    """Make the system nodes, and the starter tree where there is none yet. Repeating it changes nothing."""
    for position, (code, name) in enumerate(SYSTEM_NODES):
        Typification.objects.get_or_create(system_code=code, defaults={"name": name, "position": 900 + position})
    if Typification.objects.filter(system_code__isnull=True).exists():
        return
    for position, (name, flags, children) in enumerate(STARTER):
        node = Typification.objects.create(name=name, position=position, **flags)
        for child_position, (child_name, child_flags) in enumerate(children):
            Typification.objects.create(parent=node, name=child_name, position=child_position, **child_flags)

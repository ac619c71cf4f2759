"""The tree a new installation begins with."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from typification.actions.holding import hold_tree
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
    """Make the starter tree where there is none yet, and the system nodes after it. Repeating it changes nothing."""
    hold_tree()
    if not Typification.objects.filter(system_code__isnull=True).exists():
        for position, (name, flags, children) in enumerate(STARTER):
            node = Typification.objects.create(name=name, position=position, **flags)
            for child_position, (child_name, child_flags) in enumerate(children):
                Typification.objects.create(parent=node, name=child_name, position=child_position, **child_flags)
    known = set(Typification.objects.filter(system_code__isnull=False).values_list("system_code", flat=True))
    last = Typification.objects.siblings_under(None).count()
    missing = [(code, name) for code, name in SYSTEM_NODES if code not in known]
    for position, (code, name) in enumerate(missing, start=last):
        Typification.objects.create(system_code=code, name=name, position=position)

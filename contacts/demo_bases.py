"""The demo's bases and lots: people to be called, in every state a record may have. Run once by `run.py demo`; repeating it changes nothing."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import Team, User
from contacts.actions.associating import associate_contacts, associate_lot, detach_members
from contacts.actions.bases import BaseSheet, change_base_state, create_base
from contacts.actions.consenting import forbid_contact
from contacts.actions.lots import add_to_lot, create_lot
from contacts.actions.members import begin_member, finish_member, take_next_member
from contacts.actions.people import create_contact
from contacts.actions.slices import count_everything_touched
from contacts.models import BaseMember, Contact, ContactBase
from contacts.sheets import PointEntry
from core.text import fold
from typification.actions import add_node, change_node
from typification.models import Typification

RENEWAL, WELCOME = "Renovación fibra noviembre", "Bienvenida diciembre"
CALLBACK = "Ocupado, llamar en una hora"
PEOPLE = [
    ("Marcelo", "Quispe Huanca"), ("Valentina", "Ríos"), ("Hugo", "Espínola"), ("Jorge Luis", "Cáceres"), ("Camila", "Souza"),
    ("Ignacio", "Paredes"), ("Lucía", "Fernández Amarilla"), ("Rubén Darío", "Ayala"), ("Patricia", "Núñez"), ("Sergio", "Villalba"),
    ("Diego", "Armoa"), ("Sofía", "Maldonado"), ("Mirta", "Ñáñez"), ("Óscar", "Leguizamón"), ("Fátima", "Recalde"),
    ("Gustavo", "Samudio"), ("Noelia", "Insfrán"), ("Derlis", "Colmán"), ("Verónica", "Zárate"), ("Blas", "Ortiz"),
    ("Celeste", "Giménez"), ("Édgar", "Morel"), ("Liz", "Cardozo"), ("Arnaldo", "Báez"), ("Ximena", "Torales"), ("Tomás", "Quintana"),
]  # fmt: skip


@transaction.atomic
def load_bases(team: Team, *, agent: User, supervisor: User) -> None:
    """An active base half worked, a draft, and the lots its people came in."""
    if ContactBase.objects.filter(name__in=[RENEWAL, WELCOME]).exists():
        return
    people = [
        # Whoever the demo knows already is that one.
        Contact.objects.visible_to(supervisor).standing().filter(sort_name=fold(f"{first} {last}")).first()
        or create_contact(
            by=None,
            first_name=first,
            last_name=last,
            points=[PointEntry(value=f"+59598640{place:04d}", kind="phone")],
            is_vip=place % 9 == 2,
            teams=[team],
        )
        for place, (first, last) in enumerate(PEOPLE)
    ]
    teams = frozenset({team.pk})
    lot = create_lot("Vencen en noviembre", team_ids=teams, by=supervisor)
    add_to_lot(lot.pk, [each.pk for each in people[:20]], by=supervisor)
    fair = create_lot("Feria del hogar", team_ids=teams, by=supervisor)
    add_to_lot(fair.pk, [each.pk for each in people[14:]], by=supervisor)
    base = create_base(
        BaseSheet(
            name=RENEWAL,
            description="Clientes cuyo plan vence este mes.",
            max_attempts=3,
            team_ids=teams,
        ),
        by=supervisor,
    )
    associate_lot(base.pk, lot.pk, by=supervisor)
    associate_contacts(base.pk, [each.pk for each in people[20:23]], by=supervisor)
    change_base_state(base.pk, state=ContactBase.State.ACTIVE, by=supervisor)
    work(base, people, agent=agent, supervisor=supervisor)
    create_base(BaseSheet(name=WELCOME, description="Altas nuevas, primera llamada.", team_ids=teams), by=supervisor)
    count_everything_touched()


def work(base: ContactBase, people: Sequence[Contact], *, agent: User, supervisor: User) -> None:
    """A morning's work: one record in every state at the end."""
    now = timezone.now()
    sold, later = Typification.objects.get(name="Venta concretada"), Typification.objects.get(name="Llamar más tarde")
    silent, offer = (
        Typification.objects.get(name="No responde"),
        Typification.objects.get(name="Espera aprobación familiar"),
    )
    busy = callback_node(by=supervisor)
    # Outcome, minutes ago, and in how many hours somebody promised to call.
    for outcome, minutes, hours in (
        (sold, 190, 0), (silent, 175, 0), (later, 160, 3), (busy, 150, 0), (offer, 140, 0), (silent, 120, 0), (later, 95, 26),
        (sold, 70, 0),
    ):  # fmt: skip
        member = take_next_member(base.pk, by=agent)
        if member is None:
            return
        begin_member(member.pk, by=agent)
        finish_member(
            member.pk,
            by=agent,
            typification=outcome,
            medium="call",
            interaction_id=uuid.uuid4(),
            at=now - datetime.timedelta(minutes=minutes),
            due_at=now + datetime.timedelta(hours=hours) if hours else None,
        )
    under_way = take_next_member(base.pk, by=agent)
    if under_way is not None:
        begin_member(under_way.pk, by=agent)
    take_next_member(base.pk, by=supervisor)
    forbid_contact(people[18].pk, by=supervisor, reason="Lo pidió en la llamada")
    last = BaseMember.objects.get(base=base, contact=people[19])
    detach_members(base.pk, [last.pk], by=supervisor)


def callback_node(*, by: User) -> Typification:
    """An outcome that has the contact called back by itself."""
    found = Typification.objects.filter(name=CALLBACK).first()
    if found is not None:
        return found
    node = add_node(CALLBACK, by=by)
    behaviour = {"closes_member": False, "auto_callback_after": datetime.timedelta(hours=1)}
    return change_node(node.pk, by=by, version=str(node.version), name=node.name, behaviour=behaviour)

"""The demo's people, campaign, number and ready words. Run once by `run.py demo`; repeating it changes nothing."""

from __future__ import annotations

import io
import json
import logging
import os
from dataclasses import replace
from functools import partial
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerAway
from PIL import Image, ImageDraw, ImageFont

from accounts.actions import create_user, ensure_team
from accounts.actions.profiles import Profile, edit_user
from accounts.models import User
from campaigns.actions import (
    ResourceWords,
    ShortcutWords,
    add_agent,
    create_resource,
    create_shortcut,
    ensure_campaign,
    save_whatsapp_account,
)
from campaigns.models import Campaign, Resource, Shortcut
from campaigns.tasks import sync_templates_when_up
from contacts.demo_bases import load_bases
from inbox.management.demo_people import load_people

logger = logging.getLogger(__name__)

PEOPLE = [
    ("ana", "Ana", "Gómez", "agent"),
    ("luis", "Luis", "Ferreira", "supervisor"),
    ("admin", "Alma", "Duarte", "admin"),
]
PLANS = [
    ("Fibra 100", "100 Mb", "Gs. 129.000"),
    ("Fibra 300", "300 Mb", "Gs. 185.000"),
    ("Fibra 600", "600 Mb", "Gs. 249.000"),
]
REQUIREMENTS = [
    "Fibra Sur - Requisitos para la instalación",
    "",
    "1. Documento de identidad del titular, de ambos lados.",
    "2. Una factura de servicios de la vivienda, del último mes.",
    "3. Un teléfono de contacto para coordinar la visita.",
    "4. Una persona mayor de edad en la vivienda el día de la visita.",
    "",
    "La instalación demora unas dos horas y no tiene costo.",
]
HOURS = "Atendemos de lunes a viernes de 8 a 20 h y los sábados de 9 a 13 h."
# Code, name, words, and the resource it brings.
SHORTCUTS = [
    ("hola", "Saludo", "Hola {nombre}, te saluda {agente} de {empresa}. ¿En qué puedo ayudarte?", ""),
    ("datos", "Pedir datos", "Para avanzar con tu alta necesito tu documento, la dirección completa y un horario para la visita.", ""),
    ("planes", "Planes y precios", "{nombre}, estos son los planes disponibles en tu zona:", "Planes de fibra"),
    ("requisitos", "Requisitos en PDF", "Aquí tienes lo que necesitamos para la instalación.", "Requisitos para la instalación"),
    ("espera", "Un momento", "Gracias por esperar, {nombre}. Estoy revisando tu pedido y te respondo en unos minutos.", ""),
    ("gracias", "Despedida", "Gracias por escribir a {empresa}, {nombre}. Cualquier consulta, estamos por aquí.", ""),
]  # fmt: skip


class Command(BaseCommand):
    help = (
        "Loads the demo: ana, luis and admin, a campaign with its ready words, and the simulated WhatsApp number with its "
        "templates. Prints the logins as JSON."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        missing = [
            name
            for name in ("DEMO_PASSWORD", "DEMO_TOKEN", "DEMO_PHONE_NUMBER_ID", "DEMO_WABA_ID")
            if not os.environ.get(name)
        ]
        if missing:
            raise CommandError(f"{', '.join(missing)} must be set: `python3 run.py` does it.")
        password = os.environ["DEMO_PASSWORD"]
        team = ensure_team("Ventas Asunción")
        campaign = ensure_campaign("Altas noviembre", team=team, client="Fibra Sur", project="Ventas hogar")
        for username, first_name, last_name, role in PEOPLE:
            if User.objects.filter(username=username).exists():
                continue
            teams = [team] if role != "admin" else []
            user = create_user(
                username, role=role, password=password, teams=teams, first_name=first_name, last_name=last_name
            )
            if role == "agent":
                add_agent(campaign, user, by=None)
            else:
                edit_user(user.pk, profile=replace(Profile.of(user), may_export=True), by=None)
        admin = User.objects.get(username="admin")
        load_ready_words(campaign, by=admin)
        load_people(team, by=admin)
        load_bases(team, agent=User.objects.get(username="ana"), supervisor=User.objects.get(username="luis"))
        account = save_whatsapp_account(
            name="WhatsApp Ventas PY",
            phone_number_id=os.environ["DEMO_PHONE_NUMBER_ID"],
            waba_id=os.environ["DEMO_WABA_ID"],
            token=os.environ["DEMO_TOKEN"],
            campaign=campaign,
            display_number=os.environ.get("DEMO_DISPLAY_NUMBER", ""),
        )
        transaction.on_commit(partial(ask_for_templates_when_up, account.pk))
        self.stdout.write(
            json.dumps(
                [{"username": username, "password": password, "role": role} for username, _f, _l, role in PEOPLE]
            )
        )


def ask_for_templates_when_up(account_id: int) -> None:
    """The simulated provider starts after us. Without a broker the hourly copy brings them."""
    try:
        sync_templates_when_up.delay(account_id)
    except (BrokerAway, OSError) as error:
        logger.warning("broker away, templates left to the hourly copy: %s", type(error).__name__)


def load_ready_words(campaign: Campaign, *, by: User) -> None:
    """What somebody changed or archived meanwhile stays so."""
    files = {
        "Planes de fibra": (Resource.Kind.IMAGE, "planes.png", "image/png", plans_picture),
        "Requisitos para la instalación": (Resource.Kind.DOCUMENT, "requisitos.pdf", "application/pdf", requirements_pdf),
    }  # fmt: skip
    resources = {}
    for name, (kind, file_name, mime, make) in files.items():
        found = Resource.objects.filter(campaign=campaign, name=name).first()
        resources[name] = found or create_resource(
            kind,
            ResourceWords(name=name, campaign_id=campaign.pk),
            by=by,
            file=SimpleUploadedFile(file_name, make(), content_type=mime),
        )
    if not Resource.objects.filter(campaign=campaign, name="Horario de atención").exists():
        create_resource("text", ResourceWords(name="Horario de atención", text=HOURS, campaign_id=campaign.pk), by=by)
    for position, (code, name, text, resource) in enumerate(SHORTCUTS):
        if Shortcut.objects.filter(campaign=campaign, code=code).exists():
            continue
        brought = resources.get(resource)
        if brought is not None and brought.archived_at is not None:
            continue
        words = ShortcutWords(
            code=code,
            name=name,
            text=text,
            resource_id=brought.pk if brought else None,
            campaign_id=campaign.pk,
            position=position,
        )
        create_shortcut(words, by=by)


def plans_picture() -> bytes:
    """A leaflet of three plans, as the company's designers might have made it."""
    picture = Image.new("RGB", (1080, 720), "#f6f1e7")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1080, 150), fill="#123b41")
    draw.text((60, 44), "Fibra Sur - Planes hogar", font=ImageFont.load_default(56), fill="#ffffff")
    for index, (name, speed, price) in enumerate(PLANS):
        left = 60 + index * 330
        draw.rounded_rectangle((left, 210, left + 300, 620), radius=28, fill="#ffffff", outline="#d9cfbc", width=3)
        draw.text((left + 32, 245), name, font=ImageFont.load_default(36), fill="#123b41")
        draw.text((left + 32, 330), speed, font=ImageFont.load_default(72), fill="#b4552d")
        draw.text((left + 32, 480), price, font=ImageFont.load_default(38), fill="#222222")
        draw.text((left + 32, 535), "por mes", font=ImageFont.load_default(28), fill="#666666")
    draw.text((60, 655), "Sin costo de instalación.", font=ImageFont.load_default(28), fill="#444444")
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def requirements_pdf() -> bytes:
    """One page of plain lines."""
    lines = " ".join(f"({line}) Tj T*" for line in REQUIREMENTS)
    page = f"BT /F1 13 Tf 60 780 Td 24 TL {lines} ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)

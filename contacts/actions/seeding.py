"""The documents of the region that a new installation begins with; more are set up by administrators."""

from __future__ import annotations

from django.db import transaction

from contacts.models import DocumentType

# Each: its code, name, country, check (contacts.documents), pattern, an example whose check digit fits; then whose it is.
PEOPLE, COMPANIES, BOTH = (True, False), (False, True), (True, True)
SEEDED_TYPES = [
    ("py-ci", "Cédula de identidad (Paraguay)", "PY", "py_ci", "", "4.123.456", PEOPLE),
    ("py-ruc", "RUC (Paraguay)", "PY", "py_ruc", "", "80028061-0", BOTH),
    ("ar-dni", "DNI (Argentina)", "AR", "ar_dni", "", "20.123.456", PEOPLE),
    ("ar-cuit", "CUIT / CUIL (Argentina)", "AR", "ar_cuit", "", "20-05536168-2", BOTH),
    ("pe-dni", "DNI (Perú)", "PE", "pe_dni", "", "10117410", PEOPLE),
    ("pe-ruc", "RUC (Perú)", "PE", "pe_ruc", "", "20512333797", BOTH),
    ("pe-ce", "Carné de extranjería (Perú)", "PE", "", r"\d{9,12}", "001234567", PEOPLE),
    ("co-cc", "Cédula de ciudadanía (Colombia)", "CO", "", r"\d{5,10}", "1012345678", PEOPLE),
    ("co-nit", "NIT (Colombia)", "CO", "co_nit", "", "213.123.432-1", BOTH),
    ("cl-rut", "RUT (Chile)", "CL", "cl_rut", "", "76.086.428-5", BOTH),
    ("br-cpf", "CPF (Brasil)", "BR", "br_cpf", "", "390.533.447-05", PEOPLE),
    ("br-cnpj", "CNPJ (Brasil)", "BR", "br_cnpj", "", "16.727.230/0001-97", COMPANIES),
    ("uy-ci", "Cédula de identidad (Uruguay)", "UY", "uy_ci", "", "1.234.567-2", PEOPLE),
    ("uy-rut", "RUT (Uruguay)", "UY", "uy_rut", "", "21-100342-001-7", COMPANIES),
    ("ec-ci", "Cédula de identidad (Ecuador)", "EC", "ec_ci", "", "1714307103", PEOPLE),
    ("ec-ruc", "RUC (Ecuador)", "EC", "ec_ruc", "", "1792060346001", BOTH),
    ("mx-curp", "CURP (México)", "MX", "mx_curp", "", "BOXW310820HNERXN09", PEOPLE),
    ("mx-rfc", "RFC (México)", "MX", "mx_rfc", "", "GODE561231GR8", BOTH),
    ("passport", "Pasaporte", "", "", "[A-Z0-9]{5,15}", "AB123456", PEOPLE),
]


@transaction.atomic
def seed_document_types() -> None:
    """Make the region's documents where they are missing. Repeating it changes nothing that an administrator changed."""
    known = set(DocumentType.objects.values_list("code", flat=True))
    DocumentType.objects.bulk_create(
        [
            DocumentType(
                code=code,
                name=name,
                country=country,
                check_digit=check_digit,
                pattern=pattern,
                example=example,
                is_for_people=is_for_people,
                is_for_companies=is_for_companies,
                position=position,
            )
            for position, (
                code,
                name,
                country,
                check_digit,
                pattern,
                example,
                (is_for_people, is_for_companies),
            ) in enumerate(SEEDED_TYPES)
            if code not in known
        ],
        # Two that start at once: the code is unique.
        ignore_conflicts=True,
    )

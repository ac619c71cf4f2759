"""Templates, to choose one from."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import SignedInRequest
from campaigns.models import MessageTemplate
from connectors.whatsapp.templates import wanted_values
from core.refusals import Invalid

MOST = 500


class Templates(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("account", int, description="channel account id"),
            OpenApiParameter("status", str, description="APPROVED (default) or all"),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: SignedInRequest) -> Response:
        """The templates of the accounts the user works with: approved ones, which can be sent, unless all are asked for."""
        found = MessageTemplate.objects.visible_to(request.user)
        account, status = request.GET.get("account", ""), request.GET.get("status", "APPROVED")
        if account:
            if not (account.isascii() and account.isdigit() and len(account) <= 18):
                raise refused("account")
            found = found.filter(account_id=int(account))
        if status not in ("APPROVED", "all"):
            raise refused("status")
        if status == "APPROVED":
            found = found.sendable()
        return Response({"results": [template_row(each) for each in found.order_by("name", "language", "pk")[:MOST]]})


def template_row(template: MessageTemplate) -> dict[str, Any]:
    names = ("id", "account_id", "name", "language", "category", "status", "components")
    return {name: getattr(template, name) for name in names} | {"wants": wanted_values(template.components)}


def refused(field: str) -> Invalid:
    return Invalid(_("Check the marked fields."), fields={field: [_("This value is not understood.")]})

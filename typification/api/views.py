"""The tree of outcomes, to read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from typification.models import Typification


class Typifications(APIView):
    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        children: dict[int | None, list[Typification]] = {}
        for node in Typification.objects.live():
            children.setdefault(node.parent_id, []).append(node)
        return Response({"results": [node_row(node, children) for node in children.get(None, [])]})


def node_row(node: Typification, children: dict[int | None, list[Typification]]) -> dict[str, Any]:
    names = (
        "id",
        "name",
        "system_code",
        "applies_to",
        "closes_member",
        "effective",
        "quick_close",
        "requires_base",
        "requires_note",
        "asks_callback",
    )
    below = [node_row(child, children) for child in children.get(node.pk, [])]
    return {name: getattr(node, name) for name in names} | {"selectable": not below, "children": below}

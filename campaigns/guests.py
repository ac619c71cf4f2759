"""What campaigns show in lower floors' pages (config/panels.py)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.guards import permitted, signed_in_user
from campaigns.models import Campaign, CampaignTypification
from typification.models import Typification


@require_GET
@permitted("typification.manage_typifications")
def typification_campaigns(request: HttpRequest, node_id: int) -> HttpResponse:
    """The campaigns that offer an outcome, by itself or because they offer a heading above it; of those the reader sees (S05)."""
    node = Typification.objects.select_related("parent").filter(pk=node_id).first()
    if node is None:
        raise Http404
    above, at = [], node.parent
    while at is not None:
        above.append(at.pk)
        at = at.parent
    seen = Campaign.objects.visible_to(signed_in_user(request))
    offered = (
        CampaignTypification.objects.filter(typification_id__in=[node.pk, *above], campaign__in=seen)
        .select_related("campaign", "typification")
        .order_by("campaign__name", "purpose", "pk")
    )
    return render(request, "campaigns/_typification_campaigns.html", {"node": node, "offered": offered[:200]})

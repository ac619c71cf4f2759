"""What inbox shows in lower floors' pages (config/panels.py): fragments, each asking itself who may see it."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.guards import permitted, signed_in_user
from campaigns.models import Campaign, ChannelAccount
from connectors.kinds import MessageKind
from connectors.whatsapp.access import people_a_day
from connectors.whatsapp.errors import rule_for
from inbox.audience import Audience
from inbox.models import Conversation, Message
from inbox.models.conversation import LIVE, Status
from inbox.models.message import Direction, OutboxEntry

USES_DAYS = 30
# The tree is looked at by one or two people; a month of closures is counted over for them once in a while.
USES_KEPT_SECONDS = 120
LAST_ERRORS = 5


@require_GET
@permitted("typification.manage_typifications")
def typification_uses(request: HttpRequest) -> HttpResponse:
    """How many of the conversations the reader sees were closed with each outcome in 30 days."""
    user = signed_in_user(request)
    audience = Audience.of(user)
    # Whoever sees everything shares one count; of the others each has their own, another one once they see other teams.
    seen = "all" if audience.sees_all else f"{user.pk}:{'.'.join(map(str, sorted(audience.team_ids)))}"
    key = f"typification-uses:{seen}"
    uses = cache.get(key)
    if uses is None:
        since = timezone.now() - datetime.timedelta(days=USES_DAYS)
        closed = Conversation.objects.filter(audience.condition(), closed_at__gte=since, typification__isnull=False)
        counted = closed.order_by().values_list("typification_id").annotate(uses=Count("pk"))
        uses = {str(typification_id): count for typification_id, count in counted}
        cache.set(key, uses, USES_KEPT_SECONDS)
    return JsonResponse({"uses": uses})


@require_GET
@permitted("campaigns.see_channel_accounts", "campaigns.manage_channel_accounts")
def account_sending(request: HttpRequest, account_id: int) -> HttpResponse:
    """What waits to leave through an account, how much of its limit is used, and what failed last."""
    account = ChannelAccount.objects.visible_to(signed_in_user(request)).filter(pk=account_id).first()
    if account is None:
        raise Http404
    since = timezone.now() - datetime.timedelta(hours=24)
    # The provider counts per business, of which our accounts of one WhatsApp business account are what we know.
    together = ChannelAccount.objects.filter(portfolio_id=account.portfolio_id, kind=account.kind)
    used = templates_sent(list(together.values_list("pk", flat=True)), since=since)
    limit = people_a_day(account.messaging_limit)
    waiting = OutboxEntry.objects.filter(channel_account=account).aggregate(count=Count("pk"), oldest=Min("created_at"))
    failed = failures_of(account.pk, since=since)
    last = failed.order_by("-happened_at", "-pk").values("happened_at", "failure_code")[:LAST_ERRORS]
    context: dict[str, Any] = {
        "account": account,
        "waiting": waiting,
        "used": used,
        "limit": limit,
        "percent": None if not limit else min(100, round(used * 100 / limit)),
        "errors": [
            {
                "at": each["happened_at"],
                "code": each["failure_code"],
                "reason": _(rule_for(each["failure_code"]).reason),
            }
            for each in last
        ],
        "failed": failed.count(),
    }
    return render(request, "inbox/_account_sending.html", context)


@require_GET
@permitted("campaigns.manage_campaigns")
def campaign_open_work(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What is not closed yet in a campaign that is to be finished, or was (decision 022): how many wait for an agent, how many are in
    somebody's hands.
    """
    campaign = Campaign.objects.visible_to(signed_in_user(request)).filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    live = Conversation.objects.filter(campaign=campaign, status__in=LIVE).exclude(status=Status.OUTREACH)
    waits = Q(status=Status.QUEUED)
    counts = live.aggregate(waiting=Count("pk", filter=waits), in_hand=Count("pk", filter=~waits))
    return render(request, "inbox/_campaign_open_work.html", {"campaign": campaign, **counts})


def templates_sent(account_ids: list[int], *, since: datetime.datetime) -> int:
    """To how many people a template went through these accounts: read off one small index (`template_of_account`)."""
    sent = Message.objects.filter(
        channel_account_id__in=account_ids,
        direction=Direction.OUT,
        kind=MessageKind.TEMPLATE,
        happened_at__gte=since,
    ).exclude(status__in=("queued", "failed"))
    return sent.order_by().values("conversation__contact_point_id").distinct().count()


def failures_of(account_id: int, *, since: datetime.datetime) -> QuerySet[Message]:
    """What failed through an account: read off one small index (`failure_of_account`), which holds nothing else."""
    return Message.objects.filter(channel_account_id=account_id, status="failed", happened_at__gte=since).exclude(
        failure_reason=""
    )

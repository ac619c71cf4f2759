"""Retention: what is older than its rule says goes, in chunks, after a count that says how much that will be (S63)."""

from __future__ import annotations

import datetime
import logging
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign
from core import leases
from core.events import publish
from core.journal import record
from core.locks import hold_names
from core.personal import Aged, Cut, Holder, holders
from core.refusals import Invalid, NoRoom, NotFound
from privacy.actions.asking import require_right
from privacy.events import RetentionWanted
from privacy.models import OPEN, RetentionRule, RetentionRun, State

logger = logging.getLogger(__name__)

CHUNK = 500
LEASE_SECONDS = 120
LONGEST_DAYS = 36_500
# Raw deliveries and the journal are of no campaign.
BY_CAMPAIGN = (RetentionRule.Kind.MESSAGES, RetentionRule.Kind.FILES)


@dataclass(frozen=True, kw_only=True)
class RuleSheet:
    kind: str
    days: int
    campaign: Campaign | None = None
    is_on: bool = False


def save_rule(sheet: RuleSheet, *, by: User, rule_id: int | None = None) -> RetentionRule:
    """Keep how long something is kept. Raises NotAllowed, NotFound, Invalid."""
    require_right(by)
    with transaction.atomic():
        # There are few, and they change seldom: of two that are the same, the second finds the first.
        hold_names(["privacy:retention_rules"])
        rule = held_rule(rule_id, by=by) if rule_id is not None else RetentionRule()
        refuse_wrong(sheet, rule_id, by=by)
        rule.kind, rule.days, rule.campaign, rule.is_on = sheet.kind, sheet.days, sheet.campaign, sheet.is_on
        rule.save()
        record(
            "retention_rule_saved",
            rule,
            by=by,
            details={"kind": rule.kind, "days": rule.days, "campaign": rule.campaign_id, "is_on": rule.is_on},
        )
    return rule


def refuse_wrong(sheet: RuleSheet, rule_id: int | None, *, by: User) -> None:
    wrong: dict[str, list[str]] = {}
    if not by.has_perm("accounts.see_all_teams"):
        # What is of all campaigns takes from teams that they do not see.
        seen = sheet.campaign is not None and Campaign.objects.visible_to(by).filter(pk=sheet.campaign.pk).exists()
        if not seen:
            # Nothing more is said of rules that they do not see either.
            raise Invalid(_("Check the marked fields."), fields={"campaign": [_("Choose a campaign of your teams.")]})
    if sheet.kind not in RetentionRule.Kind.values:
        wrong["kind"] = [_("Choose one of the list.")]
    if not 1 <= sheet.days <= LONGEST_DAYS:
        wrong["days"] = [_("From 1 to %(limit)d days.") % {"limit": LONGEST_DAYS}]
    if sheet.campaign is not None and sheet.kind not in BY_CAMPAIGN:
        wrong["campaign"] = [_("This is of no campaign: leave it empty.")]
    same = set(RetentionRule.objects.filter(kind=sheet.kind, campaign=sheet.campaign).values_list("pk", flat=True))
    if same - {rule_id}:
        wrong["kind"] = [_("There is a rule for this already.")]
    if wrong:
        raise Invalid(_("Check the marked fields."), fields=wrong)


@transaction.atomic
def remove_rule(rule_id: int, *, by: User) -> None:
    """Raises NotAllowed, NotFound."""
    require_right(by)
    rule = held_rule(rule_id, by=by)
    record("retention_rule_removed", rule, by=by, details={"kind": rule.kind, "campaign": rule.campaign_id})
    rule.delete()


def held_rule(rule_id: int, *, by: User | None) -> RetentionRule:
    """Raises NotFound: there is none, or it takes from teams that `by` does not see. Nobody in particular (the night) sees all."""
    seen = RetentionRule.objects.all() if by is None else RetentionRule.objects.visible_to(by)
    rule: RetentionRule | None = seen.select_for_update(of=("self",)).filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    return rule


@transaction.atomic
def count_rule(rule_id: int, *, by: User) -> RetentionRun:
    """Count what a run of the rule would remove now, and remove nothing: the dry run. Raises NotAllowed, NotFound."""
    require_right(by)
    rule = held_rule(rule_id, by=by)
    before = moment_of(rule)
    aged = count_aged(cut_of(rule, before))
    run = RetentionRun.objects.create(
        rule=rule,
        is_dry=True,
        asked_by=by,
        before=before,
        state=State.DONE,
        counted=aged.count,
        held=aged.held,
        finished_at=timezone.now(),
    )
    record("retention_counted", rule, by=by, details={"run_id": str(run.pk), "counted": aged.count, "held": aged.held})
    return run


@transaction.atomic
def ask_for_run(rule_id: int, *, by: User | None) -> RetentionRun:
    """Ask that a rule be carried out; while one is under way, a second is the first. Raises NotAllowed, NotFound."""
    if by is not None:
        require_right(by)
    rule = held_rule(rule_id, by=by)
    under_way = RetentionRun.objects.filter(rule=rule, state__in=OPEN).first()
    if under_way is not None:
        return under_way
    before = moment_of(rule)
    aged = count_aged(cut_of(rule, before))
    run = RetentionRun.objects.create(
        rule=rule, is_dry=False, asked_by=by, before=before, counted=aged.count, held=aged.held
    )
    record("retention_asked", rule, by=by, details={"run_id": str(run.pk), "counted": aged.count, "held": aged.held})
    publish(RetentionWanted(run_id=str(run.pk)))
    return run


def carry_out_run(run_id: uuid.UUID | str) -> int:
    """Remove what a run is about, chunk by chunk; return how many this call removed. Stopped anywhere, it goes on where it was."""
    removed = 0
    with leases.held(f"retention:{run_id}", seconds=LEASE_SECONDS) as lease:
        run = RetentionRun.objects.select_related("rule").filter(pk=run_id, state__in=OPEN).first()
        if lease is None or run is None:
            return 0
        RetentionRun.objects.filter(pk=run.pk).update(state=State.RUNNING)
        cut = cut_of(run.rule, run.before)
        for holder in holders_of(cut):
            try:
                while (gone := holder.remove_aged(cut, limit=CHUNK)) > 0:
                    removed += gone
                    RetentionRun.objects.filter(pk=run.pk).update(removed=F("removed") + gone)
                    if not leases.renew(lease, seconds=LEASE_SECONDS):
                        # Somebody else goes on with it.
                        return removed
            except NoRoom:
                logger.warning("retention %s waits: the storage of files does not answer", run.pk)
                return removed
        finish(run)
    return removed


@transaction.atomic
def finish(run: RetentionRun) -> None:
    run.refresh_from_db(fields=["removed"])
    # Somebody may have been held, or let go, since it was counted.
    run.held = count_aged(cut_of(run.rule, run.before)).held
    run.state, run.finished_at = State.DONE, timezone.now()
    run.save(update_fields=["state", "finished_at", "held"])
    record(
        "retention_done",
        run.rule,
        by=None,
        details={"run_id": str(run.pk), "counted": run.counted, "removed": run.removed, "held": run.held},
    )


def moment_of(rule: RetentionRule) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=rule.days)


def cut_of(rule: RetentionRule, before: datetime.datetime) -> Cut:
    return Cut(kind=rule.kind, before=before, campaign_id=rule.campaign_id)


def holders_of(cut: Cut) -> list[Holder]:
    return [each for each in holders() if cut.kind in each.KINDS]


def count_aged(cut: Cut) -> Aged:
    return sum((each.count_aged(cut) for each in holders_of(cut)), Aged())

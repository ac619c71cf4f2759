"""One execution of a bulk process, and its ledger: what it is to do, did and left out, row by row."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from contacts.models import ContactBase
from processes.sheet_models import ColumnMapping, ImportFormat, Sheet, SheetBlock

__all__ = [
    "LIVE",
    "OVER",
    "UNDOABLE",
    "Clock",
    "ColumnMapping",
    "ImportFormat",
    "Run",
    "RunHold",
    "RunItem",
    "RunLine",
    "Sheet",
    "SheetBlock",
    "State",
]


class State(models.TextChoices):
    DRAFT = "draft", _("Counting")
    PREVIEWED = "previewed", _("Previewed")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Under way")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Undone")


class Clock(models.Func):
    """The database's clock, which decides about leases; not the moment its transaction began."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


# Holds its rows: no other run works on them.
LIVE = (State.QUEUED, State.RUNNING, State.PAUSED)
OVER = (State.DONE, State.FAILED, State.CANCELLED, State.UNDONE)
UNDOABLE = (State.DONE, State.CANCELLED)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> RunQuerySet:
        """One's own, and those over bases one sees; all, for who sees every team."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(models.Q(requested_by=user) | models.Q(base__in=ContactBase.objects.visible_to(user)))

    def to_turn(self) -> RunQuerySet:
        """Those that a worker may go on with now: nobody has their lease."""
        wanted = models.Q(state__in=[State.DRAFT, State.QUEUED, State.RUNNING]) | models.Q(
            state__in=UNDOABLE, undo_asked_at__isnull=False
        )
        return self.filter(wanted).filter(models.Q(lease_until__isnull=True) | models.Q(lease_until__lt=Clock()))


class Run(models.Model):
    """One execution of a process [Ejecución de proceso]. This row is the truth; tasks only turn the crank."""

    class Wish(models.TextChoices):
        NONE = "", _("Nothing")
        PAUSE = "pause", _("Pause")
        CANCEL = "cancel", _("Cancel")

    # What lower floors know it by (contacts.RemovedAttempt.removal).
    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    # Given by the form that asked for it: the same again is the same run.
    submission = models.UUIDField(editable=False, unique=True)
    kind = models.CharField(max_length=60)
    parameters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    # Whose rows it is about, where they are a base's.
    base = models.ForeignKey(ContactBase, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    # When the selection was written down: it is of this moment.
    frozen_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # What went wrong with the run itself, as a code; of single rows the ledger tells.
    failure = models.CharField(max_length=40, blank=True, default="")

    total = models.PositiveBigIntegerField(default=0)
    applied = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    # Reason -> how many were left out for it: when the selection was written down, and by now.
    preview: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # Of those that qualified then, how many are what: new people and known ones, where a process tells them apart.
    kinds: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # The file whose rows it is about.
    sheet = models.ForeignKey(Sheet, on_delete=models.SET_NULL, null=True, related_name="runs")
    reasons: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # The last target that was settled; the ledger is walked in the order of targets.
    cursor = models.BigIntegerField(default=0)
    # How many at once were half a second's work lately.
    chunk_size = models.PositiveIntegerField(default=500)
    # Time at work, without pauses: what the pace is measured by.
    busy_ms = models.PositiveBigIntegerField(default=0)

    wish = models.CharField(max_length=6, choices=Wish.choices, blank=True, default=Wish.NONE)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    undo_until = models.DateTimeField(null=True)
    undo_asked_at = models.DateTimeField(null=True)
    undo_asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    undo_cursor = models.BigIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    # Of those that were applied: taken back, and left because they changed since.
    undone = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveBigIntegerField(default=0)
    # What could have been brought back is gone, and the ledger's applied rows with it.
    purged_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = RunQuerySet.as_manager()

    class Meta:
        permissions: ClassVar[list[tuple[str, Any]]] = [("run_processes", "Runs bulk processes")]
        ordering = ("-requested_at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(total__gte=models.F("applied") + models.F("skipped") + models.F("failed")),
                name="run_counts_within_total",
            ),
            # Nothing is left over of what is done.
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(total=models.F("applied") + models.F("skipped") + models.F("failed")),
                name="run_done_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(applied__gte=models.F("undone") + models.F("kept")), name="run_undone_was_applied"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "failed"]) | models.Q(frozen_at__isnull=False),
                name="run_is_frozen",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "previewed", "failed", "cancelled"])
                | models.Q(started_at__isnull=False),
                name="run_was_started",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["done", "failed", "cancelled", "undone"], finished_at__isnull=False)
                | models.Q(
                    state__in=["draft", "previewed", "queued", "running", "paused"],
                    finished_at__isnull=True,
                    undo_asked_at__isnull=True,
                ),
                name="run_finished_is_over",
            ),
            models.CheckConstraint(
                condition=models.Q(lease_token__isnull=True, lease_until__isnull=True)
                | models.Q(lease_token__isnull=False, lease_until__isnull=False),
                name="run_lease_is_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-requested_at", "-id"], name="runs_lately"),
            # What the sweeper looks at: few, however long the history.
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["draft", "queued", "running"]) | models.Q(undo_asked_at__isnull=False),
                name="runs_to_turn",
            ),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False, purged_at__isnull=True),
                name="runs_to_purge",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def settled(self) -> int:
        return self.applied + self.skipped + self.failed

    @property
    def pending(self) -> int:
        return self.total - self.settled

    @property
    def expected(self) -> int:
        """How many were to be changed when the selection was written down."""
        return self.total - sum(self.preview.values())

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_undoing(self) -> bool:
        return self.state in UNDOABLE and self.undo_asked_at is not None

    @property
    def is_under_way(self) -> bool:
        """Something of it is going on or waits for a worker: its page asks again."""
        return self.state in (State.DRAFT, State.QUEUED, State.RUNNING) or self.is_undoing

    @property
    def may_be_undone_now(self) -> bool:
        return (
            self.state in UNDOABLE
            and self.undo_asked_at is None
            and self.applied > 0
            and self.undo_until is not None
            and self.undo_until > timezone.now()
            and self.purged_at is None
        )


class RunItem(models.Model):
    """One row of a run's ledger: unique by run and target, so that nothing is done to it twice.

    A bulk run rewrites every one of them once: pages leave room, and no index names a column that changes.
    """

    class Result(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPLIED = "applied", _("Done")
        SKIPPED = "skipped", _("Left out")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Taken back")
        KEPT = "kept", _("Changed since")

    pk = models.CompositePrimaryKey("run", "target")
    # Not checked by the database, a million times: who writes items holds the run.
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False)
    # The key of what it is about: a member, a conversation, as the process says.
    target = models.BigIntegerField()
    result = models.CharField(max_length=7, choices=Result.choices, default=Result.PENDING)
    reason = models.CharField(max_length=40, blank=True, default="")
    before: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    after: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.target} of run {self.run_id}"


class RunLine(models.Model):
    """A row of the file that a run was asked for with, where its rows are what the run is about: the ledger's target is its number.

    Of what was not understood only the number is kept: a cell may say anything of anybody.
    """

    pk = models.CompositePrimaryKey("run", "number")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="lines", db_index=False, db_constraint=False)
    number = models.BigIntegerField()
    # As its process wrote it down: a ConversationId.
    value = models.CharField(max_length=40, blank=True, default="")
    # Why it is left out whatever it is about; empty: nothing is wrong with the row itself.
    flaw = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return f"row {self.number} of run {self.run_id}"


class RunPiece(models.Model):
    """Rows of a file that a run is making, ready to be put into it (core.workbooks): written with the chunk that they are of, so that a
    killed worker's run goes on without a row twice or left out. Gone once the file is there.
    """

    pk = models.CompositePrimaryKey("run", "number")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="pieces", db_index=False, db_constraint=False)
    # The first target of its chunk: the order of the file.
    number = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    # Compressed.
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"piece {self.number} of run {self.run_id}"


class RunFileQuerySet(models.QuerySet["RunFile"]):
    def visible_to(self, user: User) -> RunFileQuerySet:
        """Those of one's own runs: what is in them was written for one's own eyes. All, for who administers."""
        if user.has_perm("accounts.see_all_teams"):
            return self
        return self.filter(run__requested_by=user)


class RunFile(models.Model):
    """A file that a run made, kept for a day. Its key is its address, which nobody guesses; whoever asks for it is asked who they are too."""

    class Role(models.TextChoices):
        EXPORT = "export", _("Export")
        ERRORS = "errors", _("Errors")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="files")
    role = models.CharField(max_length=6, choices=Role.choices)
    # What it is called when it is downloaded; says nothing of anybody.
    name = models.CharField(max_length=120)
    # In the storage; empty once it is gone.
    path = models.CharField(max_length=200, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    # Numbers stand whole in it: only who may see them may have it.
    has_numbers = models.BooleanField(default=False)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = RunFileQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "role"], name="run_file_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], condition=~models.Q(path=""), name="run_file_to_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of run {self.run_id}"

    @property
    def is_fetchable(self) -> bool:
        return bool(self.path) and self.expires_at > timezone.now()


class RunHold(models.Model):
    """Rows that a live run works on, by the name of their scope («base:7»): no other run has them meanwhile (R40)."""

    scope = models.CharField(max_length=80, primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="holds")

    def __str__(self) -> str:
        return f"{self.scope} for run {self.run_id}"

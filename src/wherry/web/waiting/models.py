"""What people decide about the waiting list. Decisions are only ever added; a case is what they add up to.

Nothing here edits the snapshot: a decision joins it by pathway and clock, and the trust's own record stays the source
of truth (a correction is also a line of the worklist that the trust mends its system from).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    """What was decided."""

    CONFIRM = "confirm", "Confirmed: the clock is right as it stands"
    CORRECT = "correct", "Corrected: the record should say something else"
    ASK = "ask", "Passed to a clinician"
    STAY = "stay", "Clinician: stays on the list"
    MONITOR = "monitor", "Clinician: active monitoring"
    REMOVE = "remove", "Clinician: taken off the list"
    UNDO = "undo", "Undone"


class Correction(models.TextChoices):
    """What a correction says is wrong."""

    STOP = "stop", "The clock stopped"
    START = "start", "The clock started on another date"
    OTHER = "other", "Something else"


class State(models.TextChoices):
    """What the decisions about one clock add up to."""

    UNDECIDED = "undecided", "Not decided"
    CONFIRMED = "confirmed", "Confirmed"
    ASKED = "asked", "With a clinician"
    CORRECTED = "corrected", "Correction asked for"
    TAKEN_OFF = "taken_off", "Taken off by decision"


class ValidationCase(models.Model):
    """One clock that somebody has decided about. Derived: replaying its decisions gives the same row."""

    pathway_key = models.CharField(max_length=500)
    period = models.IntegerField()
    organisation = models.CharField(max_length=10, db_index=True)
    treatment_function = models.CharField(max_length=10, blank=True)
    version = models.IntegerField(default=0)
    state = models.CharField(max_length=20, choices=State.choices, default=State.UNDECIDED)
    standing = models.ForeignKey(
        "ValidationDecision", null=True, blank=True, on_delete=models.PROTECT, related_name="stands_for"
    )
    quiet_until = models.DateField(null=True, blank=True)
    asked_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pathway_key", "period"], name="one_case_a_clock")]
        indexes = [models.Index(fields=["state", "organisation"])]

    def __str__(self) -> str:
        return f"{self.pathway_key} clock {self.period}: {self.state}, version {self.version}"


class ValidationDecision(models.Model):
    """One decision by one named person. Added, never changed, never deleted."""

    case = models.ForeignKey(ValidationCase, on_delete=models.PROTECT, related_name="decisions")
    sequence = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_by_roles = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_on = models.DateField(help_text="the service's own day, which stands still in an artificial system")
    reason = models.TextField()
    evidence = models.TextField(blank=True)
    correction = models.CharField(max_length=10, choices=Correction.choices, blank=True)
    stop_status = models.CharField(max_length=2, blank=True)
    stop_on = models.DateField(null=True, blank=True)
    start_on = models.DateField(null=True, blank=True)
    communicated_on = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    asked_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    snapshot_id = models.CharField(max_length=100)
    seen_findings = models.JSONField(default=dict)
    seen_last_event_on = models.DateField(null=True, blank=True)
    seen_clock_start = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["case_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="one_decision_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind} by {self.made_by_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("A decision is never changed: add another, or undo it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("A decision is never deleted: undo it.")

    @property
    def ends_clock(self) -> bool:
        """Whether it takes the clock off the default list."""
        return self.kind in (Kind.MONITOR, Kind.REMOVE) or self.correction == Correction.STOP


class Note(models.Model):
    """Something that somebody wrote about a pathway. Added only."""

    pathway_key = models.CharField(max_length=500, db_index=True)
    organisation = models.CharField(max_length=10)
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_by_name = models.CharField(max_length=200)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return f"{self.written_by_name} on {self.pathway_key}"


class SavedView(models.Model):
    """A named filter of the list. Words searched for are not kept: they may name a patient."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True)
    purpose = models.CharField(max_length=10)
    shared_with = models.CharField(max_length=10, blank=True, help_text="organisation that may use it; blank if none")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], condition=models.Q(deleted_at=None), name="one_view_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

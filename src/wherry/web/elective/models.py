"""Runs of mutual aid: who asked for what, how far it is, what came of it, and the moves that it proposes.

A run is worked out in the background by a worker; its page reads only what the run wrote. A run whose worker has died
says so and can be run again as a new run. Nothing here edits the snapshot, and no move is an offer.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class RunState(models.TextChoices):
    """Where a run stands. A run that its worker lost is stored as running; `standing` says failed."""

    WAITING = "waiting", "Waiting for its turn"
    RUNNING = "running", "Being worked out"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class AidRun(models.Model):
    """One proposal: its policy, and what it would do (`result`, as `wherry.waiting.aid.effects` gives it)."""

    label = models.CharField(max_length=120)
    policy = models.JSONField()
    snapshot_id = models.CharField(max_length=100)
    census = models.DateField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    again_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    progress = models.CharField(max_length=120, blank=True)
    step = models.IntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True, help_text="host and process of the worker")
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="when the worker last said something")
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    moves_count = models.IntegerField(default=0)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"aid run {self.pk}: {self.label}, {self.state}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: offers name the run that they came from."""
        raise TypeError("A run of mutual aid is never deleted.")


class AidMove(models.Model):
    """One move that a run proposes, and whether it was sent to the clinicians of the patient's trust."""

    run = models.ForeignKey(AidRun, on_delete=models.PROTECT, related_name="moves")
    number = models.IntegerField(help_text="place in the run's own list, by list order, from 1")
    pathway_key = models.CharField(max_length=500)
    period = models.IntegerField()
    person_key = models.CharField(max_length=200)
    from_organisation = models.CharField(max_length=10)
    from_site = models.CharField(max_length=10)
    to_organisation = models.CharField(max_length=10)
    to_site = models.CharField(max_length=10)
    week_start = models.DateField()
    home_week = models.DateField(null=True, blank=True)
    weeks_sooner = models.IntegerField(null=True, blank=True)
    miles = models.IntegerField()
    complexity = models.CharField(max_length=20)
    treatment_function = models.CharField(max_length=10, blank=True)
    procedure_group = models.CharField(max_length=60, blank=True)
    capacity_key = models.CharField(max_length=200)
    places = models.IntegerField()
    minutes = models.IntegerField(null=True, blank=True)
    planned = models.BooleanField()
    why = models.TextField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by_name = models.CharField(max_length=200, blank=True)
    left_out = models.CharField(max_length=200, blank=True, help_text="why it was not taken when it was sent")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_place_a_move")]
        indexes = [models.Index(fields=["run", "from_organisation"])]

    def __str__(self) -> str:
        return f"move {self.number} of run {self.run_id}"

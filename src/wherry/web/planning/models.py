"""Versions of scenarios that people saved, and runs of them. Nothing is changed or deleted; a change is a new version.

The files in a system's `scenarios/` folder are there for everybody and are version 0 of their name.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class ScenarioVersion(models.Model):
    """One saved version of a scenario: its whole text, who saved it, and why."""

    slug = models.SlugField(max_length=80)
    number = models.PositiveIntegerField(help_text="1 and up; 0 is the system's own file")
    title = models.CharField(max_length=200)
    text = models.TextField()
    made_from = models.CharField(max_length=120, blank=True, help_text="slug and number of the version it began as")
    why = models.TextField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_by_name = models.CharField(max_length=200)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [models.UniqueConstraint(fields=["slug", "number"], name="one_number_a_version")]

    def __str__(self) -> str:
        return f"{self.slug} version {self.number}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: runs and decisions name the version that they stood on."""
        raise TypeError("A version of a scenario is never deleted.")


class RunState(models.TextChoices):
    """Where a run stands. A run that its worker lost is stored as running; `jobs.standing` says failed."""

    WAITING = "waiting", "Waiting for its turn"
    RUNNING = "running", "Being worked out"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class PlanRun(models.Model):
    """One run: of a scenario (`kind` plan), or of patients through wards (`kind` beds).

    `text` is the scenario as it was run; `asked` what else was asked; `result` the answers as
    `wherry.planning.answers.model.Answers`, or those of the beds. Large tables lie in the working folder
    (`plans/run-<pk>/`).
    """

    kind = models.CharField(max_length=10, default="plan")
    slug = models.SlugField(max_length=80)
    number = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=200)
    text = models.TextField()
    asked = models.JSONField(default=dict)
    baseline = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    progress = models.CharField(max_length=160, blank=True)
    done_share = models.FloatField(default=0.0)
    worker = models.CharField(max_length=200, blank=True, help_text="host and process of the worker")
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="when the worker last said something")
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    headline = models.TextField(blank=True, help_text="the answer in a sentence, for lists; the answers are large")
    going = models.CharField(
        max_length=64, blank=True, help_text="what is being worked out, while it is: two of a kind are one run"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "slug", "number"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "going"], condition=~models.Q(going=""), name="one_run_of_a_kind_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.slug} version {self.number}, {self.state}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: decisions name the run that they stood on."""
        raise TypeError("A run is never deleted.")

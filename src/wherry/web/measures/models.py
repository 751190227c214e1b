"""What people add to measures: new baselines with their reasons, notes, and files of figures on their way in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Added(models.Model):
    """Something that one named person added to the chart of one measure and scope, and may have taken back."""

    measure = models.CharField(max_length=100)
    scope = models.CharField(max_length=20)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_by_name = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_why = models.TextField(blank=True)

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: reports that were sent stand on it."""
        raise TypeError("It is never deleted: take it back.")


class Baseline(Added):
    """From `starts_on`, a period of the data, the chart's mean and limits are worked out anew; `reason` says why.

    `number` counts the baselines of a measure and scope: two people at once cannot both have the next one.
    """

    number = models.PositiveIntegerField()
    starts_on = models.DateField()
    reason = models.TextField()

    class Meta:
        ordering = ["measure", "scope", "starts_on", "number"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "scope", "number"], name="one_baseline_a_number"),
            models.UniqueConstraint(
                fields=["measure", "scope", "starts_on"],
                condition=models.Q(undone_at=None),
                name="one_baseline_a_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} of {self.scope} from {self.starts_on}"


class Note(Added):
    """What somebody knows about a chart, or about one `period` of it, which it is then drawn at."""

    period = models.DateField(null=True, blank=True)
    text = models.TextField()

    class Meta:
        ordering = ["measure", "scope", "pk"]
        indexes = [models.Index(fields=["measure", "scope"], name="notes_of_a_chart")]

    def __str__(self) -> str:
        return f"note {self.pk} on {self.measure} of {self.scope}"


class Upload(models.Model):
    """A file that was sent and looked at. Its bytes are kept until it is taken or given up; then the loads have it."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_by_name = models.CharField(max_length=200)
    sent_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    load = models.PositiveIntegerField(null=True, blank=True, help_text="number of the load that it became")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.file_name}, sent by {self.sent_by_name}"

"""What people add to charts: where a new baseline starts and why, and notes. Never deleted; taken back with a name."""

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

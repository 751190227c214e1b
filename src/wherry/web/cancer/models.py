"""What people do about somebody on a cancer pathway. Acts are only ever added; a tracking row is what they add up to.

Nothing here edits the snapshot: an act joins it by the cancer pathway's key.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    """What was done."""

    COMMENT = "comment", "Comment"
    ACTION = "action", "Next action"
    DONE = "done", "Action done"
    CHASE = "chase", "Chased"
    ESCALATE = "escalate", "Escalated"
    TRANSFER = "transfer", "Passed on to another trust"
    HARM = "harm", "Harm review"
    UNDO = "undo", "Undone"


class Level(models.IntegerChoices):
    """To whom an escalation goes: own default, three steps."""

    SERVICE = 1, "1: service manager"
    DIVISION = 2, "2: divisional director"
    EXECUTIVE = 3, "3: executive director"


class Harm(models.TextChoices):
    """What a harm review found."""

    NONE = "none", "No harm found"
    LOW = "low", "Low harm"
    MODERATE = "moderate", "Moderate harm"
    SEVERE = "severe", "Severe harm"


class Tracking(models.Model):
    """Where one cancer pathway stands with those who track it. Derived: replaying its acts gives the same row."""

    cancer_key = models.CharField(max_length=500, unique=True)
    organisation = models.CharField(max_length=10, db_index=True)
    version = models.IntegerField(default=0)
    action = models.TextField(blank=True)
    action_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action_owner_name = models.CharField(max_length=200, blank=True)
    action_due_on = models.DateField(null=True, blank=True)
    chased_on = models.DateField(null=True, blank=True)
    chased = models.IntegerField(default=0)
    level = models.IntegerField(default=0)
    escalated_to_name = models.CharField(max_length=200, blank=True)
    passed_to = models.CharField(max_length=10, blank=True)
    passed_on = models.DateField(null=True, blank=True)
    harm = models.CharField(max_length=10, blank=True)
    harm_reviewed_on = models.DateField(null=True, blank=True)
    last_comment = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.cancer_key}, version {self.version}"


class Act(models.Model):
    """One thing done by one named person. Added, never changed, never deleted."""

    tracking = models.ForeignKey(Tracking, on_delete=models.PROTECT, related_name="acts")
    sequence = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_by_roles = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_on = models.DateField(help_text="the service's own day, which stands still in an artificial system")
    text = models.TextField(blank=True)
    milestone = models.CharField(max_length=30, blank=True)
    asked = models.CharField(max_length=200, blank=True, help_text="who was chased, in words")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person_name = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True, blank=True)
    level = models.IntegerField(null=True, blank=True, choices=Level.choices)
    to_organisation = models.CharField(max_length=10, blank=True)
    happened_on = models.DateField(null=True, blank=True, help_text="day of the transfer, or of the review")
    data_set_sent = models.BooleanField(default=False, help_text="the inter-provider minimum data set went with it")
    harm = models.CharField(max_length=10, blank=True, choices=Harm.choices)
    day = models.IntegerField(null=True, blank=True, help_text="day of the pathway on which it was done or happened")
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    snapshot_id = models.CharField(max_length=100)

    class Meta:
        ordering = ["tracking_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["tracking", "sequence"], name="one_cancer_act_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind} by {self.made_by_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("An act is never changed: add another, or undo it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("An act is never deleted: undo it.")

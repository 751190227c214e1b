"""What people decide about identities. Decisions are only ever added; the last one about a pair holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Decision(models.TextChoices):
    """What was decided about a pair."""

    SAME = "same", "One and the same person"
    DIFFERENT = "different", "Two different people"
    UNDONE = "undone", "Undone: not decided"


class IdentityDecision(models.Model):
    """One decision about two identities by one named person. The next build of the hub applies it."""

    left_identity = models.CharField(max_length=120)
    right_identity = models.CharField(max_length=120)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    reason = models.TextField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by_name = models.CharField(max_length=150)
    decided_at = models.DateTimeField()
    snapshot_id = models.CharField(max_length=100)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["left_identity", "right_identity", "id"])]

    def __str__(self) -> str:
        return f"{self.left_identity} and {self.right_identity}: {self.decision}"

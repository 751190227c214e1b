"""Peer groups that people chose, version by version, and theoretical gaps that somebody kept. Nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Pick(models.Model):
    """One version of a named choice of peers: which trusts, and why. The newest version of a name holds."""

    slug = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    trusts = models.JSONField(help_text="ODS codes, sorted")
    reason = models.TextField()
    withdrawn = models.BooleanField(default=False, help_text="the name is no longer offered; its versions stay")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [models.UniqueConstraint(fields=["slug", "number"], name="one_number_a_pick")]

    def __str__(self) -> str:
        return f"{self.slug} version {self.number}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: comparisons name the version that they stood on."""
        raise TypeError("A choice of peers is never deleted: withdraw it.")


class KeptGap(models.Model):
    """A theoretical gap as somebody kept it: `figures` has its period, source, peers and the formula's version."""

    trust = models.CharField(max_length=20)
    measure = models.CharField(max_length=100)
    figures = models.JSONField()
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    withdrawn_by_name = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"gap of {self.trust} in {self.measure}, kept {self.made_at:%Y-%m-%d}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: somebody may have quoted it."""
        raise TypeError("A kept gap is never deleted: withdraw it.")

"""Editions of the report and what people wrote for them. What was sent is never changed and nothing is deleted.

The figures of a draft are kept with it (`report`), so that what is written and signed speaks of figures that stay
until somebody takes newer ones. A sent edition keeps the whole report, its files and their SHA-256.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class EditionState(models.TextChoices):
    """Where an edition stands."""

    DRAFT = "draft", "Draft"
    SENT = "sent", "Sent"


class Edition(models.Model):
    """One version of the report of a scope for a month. `reason` says why a later version corrects an earlier one.

    `report` is `wherry.performance.report.to_json`. `touched` counts changes, so that what was looked at and what is
    sent are known to be the same. `unsaid` is why it was sent although a narrative was missing.
    """

    scope = models.CharField(max_length=20)
    scope_name = models.CharField(max_length=200)
    month = models.DateField()
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=EditionState.choices, default=EditionState.DRAFT)
    reason = models.TextField(blank=True)
    report = models.TextField()
    report_sha256 = models.CharField(max_length=64, blank=True)
    values_id = models.CharField(max_length=100)
    touched = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    figures_at = models.DateTimeField()
    unsaid = models.TextField(blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_by_name = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-month", "scope", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "month", "version"], name="one_edition_a_version"),
            models.UniqueConstraint(
                fields=["scope", "month"], condition=models.Q(state="draft"), name="one_draft_a_month"
            ),
        ]

    def __str__(self) -> str:
        return f"report of {self.scope} for {self.month:%Y-%m}, version {self.version}, {self.state}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still change."""
        return self.state == EditionState.DRAFT

    @property
    def month_text(self) -> str:
        """The month as addresses have it."""
        return f"{self.month:%Y-%m}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused for one that was sent."""
        if self.pk and Edition.objects.filter(pk=self.pk, state=EditionState.SENT).exists():
            raise TypeError("An edition that was sent is never changed: make a new version.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: what a board was shown stays."""
        raise TypeError("An edition is never deleted.")


class EditionFile(models.Model):
    """A file of a sent edition, byte for byte as it was sent."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, help_text="pdf or xlsx")
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "kind"], name="one_file_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.edition_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused for one that is kept already."""
        if self.pk:
            raise TypeError("A file that was sent is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: what a board was shown stays."""
        raise TypeError("A file that was sent is never deleted.")


class Commentary(models.Model):
    """One version of what is said of one measure in one edition; `measure` is blank for the summary of the whole.

    A signature is of this version and of the figures it was written on (`signed_figures`): with other figures, or a
    newer version, it has to be signed again.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="texts")
    measure = models.CharField(max_length=100, blank=True)
    number = models.PositiveIntegerField()
    what = models.TextField(blank=True)
    why = models.TextField(blank=True)
    so_what = models.TextField(blank=True)
    action = models.TextField(blank=True)
    by_when = models.DateField(null=True, blank=True)
    by_whom = models.CharField(max_length=200, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_by_name = models.CharField(max_length=200)
    written_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_by_name = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_figures = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["edition", "measure", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "measure", "number"], name="one_text_a_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} on {self.measure or 'the whole'} of edition {self.edition_id}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: versions are kept."""
        raise TypeError("Commentary is never deleted: write a new version.")

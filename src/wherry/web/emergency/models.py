"""What the ambulance service tells, and what people do about the escalation level. The department is the live feed's.

Ambulance incidents are the latest that is known of each; loads and refused lines are kept. Versions of the table,
readings, declarations, entries and acts are only ever added.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class AmbulanceLoad(models.Model):
    """One file of ambulance incidents that was loaded. The same file again is loaded again, and changes nothing."""

    file = models.CharField(max_length=300)
    digest = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the file")
    loaded_at = models.DateTimeField()
    loaded_by_name = models.CharField(max_length=200)
    lines = models.IntegerField()
    new = models.IntegerField()
    changed = models.IntegerField()
    older = models.IntegerField(help_text="lines that something newer was known of already, or that said nothing new")
    refused = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.file}: {self.lines} lines"


class AmbulanceBadLine(models.Model):
    """A line that could not be read: kept with its reason, once for each load."""

    load = models.ForeignKey(AmbulanceLoad, on_delete=models.PROTECT, related_name="bad_lines")
    line = models.IntegerField()
    reason = models.CharField(max_length=500)
    raw = models.TextField()

    def __str__(self) -> str:
        return f"{self.load.file} line {self.line}: {self.reason}"


class AmbulanceIncident(models.Model):
    """One incident, as the newest line about it says (`known_at`). Moments are in UTC; what is not known is empty.

    `site` is the hospital it went to, empty unless it went to one; `visit_key` the visit there.
    """

    number = models.CharField(max_length=40, unique=True)
    known_at = models.DateTimeField(db_index=True)
    digest = models.CharField(max_length=64)
    load = models.ForeignKey(AmbulanceLoad, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=2, blank=True)
    called_at = models.DateTimeField(db_index=True)
    allocated_at = models.DateTimeField(null=True, blank=True)
    arrived_on_scene_at = models.DateTimeField(null=True, blank=True)
    left_scene_at = models.DateTimeField(null=True, blank=True)
    arrived_hospital_at = models.DateTimeField(null=True, blank=True, db_index=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=30, blank=True)
    site = models.CharField(max_length=10, blank=True)
    visit_key = models.CharField(max_length=120, blank=True, db_index=True)
    complaint = models.CharField(max_length=100, blank=True)
    age = models.IntegerField(null=True, blank=True)
    district = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"{self.number} category {self.category or 'not stated'}"


class _Added(models.Model):
    """A row that is added and never changed or deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("This is never changed: add another.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("This is never deleted: add another.")


class EscalationVersion(_Added):
    """A version of the escalation table that somebody loaded. The program's own placeholder is number 0, no row."""

    number = models.PositiveIntegerField(unique=True)
    key = models.CharField(max_length=60, unique=True)
    text = models.TextField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    why = models.CharField(max_length=500)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    loaded_by_name = models.CharField(max_length=200)
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.key}"


class PillarEntry(_Added):
    """The level of a pillar without a feed, as somebody entered it. The newest holds until it is stale."""

    pillar = models.CharField(max_length=20, db_index=True)
    level = models.IntegerField()
    note = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_by_name = models.CharField(max_length=200)
    entered_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.pillar} level {self.level} by {self.entered_by_name}"


class LevelReading(_Added):
    """The level as it was worked out at a moment: one each hour, and one at each change. `slot` keeps it to one."""

    site = models.CharField(max_length=10)
    organisation = models.CharField(max_length=10)
    slot = models.CharField(max_length=40, help_text="the hour, or the moment of a change")
    at = models.DateTimeField(db_index=True)
    version_key = models.CharField(max_length=60)
    score_low = models.IntegerField()
    score_high = models.IntegerField()
    level_low = models.IntegerField()
    level_high = models.IntegerField()
    lines = models.JSONField(help_text="parameter, value, points, as at, source and quality")
    why = models.TextField(blank=True, help_text="what made it differ from the reading before")

    class Meta:
        ordering = ["site", "at", "pk"]
        constraints = [models.UniqueConstraint(fields=["site", "slot"], name="one_reading_a_slot")]
        indexes = [models.Index(fields=["site", "-at"])]

    def __str__(self) -> str:
        return f"{self.site} {self.at} {self.level_low} to {self.level_high}"


class Declaration(models.Model):
    """A level that a person declared for a site. The newest that was not taken back stands. Numbered by site, so that
    of two people at once the second is told who was first."""

    site = models.CharField(max_length=10)
    organisation = models.CharField(max_length=10, db_index=True)
    sequence = models.PositiveIntegerField()
    level = models.IntegerField()
    computed_low = models.IntegerField()
    computed_high = models.IntegerField()
    lines = models.JSONField(help_text="what the computed level was made of at that moment")
    version_key = models.CharField(max_length=60)
    reason = models.CharField(max_length=1000, blank=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_by_name = models.CharField(max_length=200)
    declared_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_name = models.CharField(max_length=200, blank=True)
    undone_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["site", "-sequence"]
        constraints = [models.UniqueConstraint(fields=["site", "sequence"], name="one_declaration_a_number")]

    def __str__(self) -> str:
        return f"{self.site} {self.sequence}: level {self.level}"


class ActionState(models.TextChoices):
    """Where an action stands."""

    OPEN = "open", "To do"
    DONE = "done", "Done"
    NOT_DONE = "not_done", "Not done"
    ENDED = "ended", "No longer owed"


class OwedAction(models.Model):
    """Something that a declared level asks for at a site. `live` is unique while it is open: it is owed once."""

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="actions")
    site = models.CharField(max_length=10)
    organisation = models.CharField(max_length=10, db_index=True)
    code = models.CharField(max_length=60)
    level = models.IntegerField()
    words = models.CharField(max_length=300)
    role = models.CharField(max_length=100)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ActionState.choices, default=ActionState.OPEN)
    live = models.CharField(max_length=80, null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    owner_name = models.CharField(max_length=200, blank=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    ended_by = models.ForeignKey(
        Declaration, null=True, blank=True, on_delete=models.PROTECT, related_name="ended_actions",
        help_text="the lower level that asks for it no longer",
    )  # fmt: skip

    class Meta:
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return f"{self.site} {self.code}: {self.state}"


class ActionAct(_Added):
    """One thing done about an action by one person. What stands is what these add up to."""

    action = models.ForeignKey(OwedAction, on_delete=models.PROTECT, related_name="acts")
    sequence = models.PositiveIntegerField()
    act = models.CharField(max_length=20)
    note = models.CharField(max_length=500, blank=True)
    was = models.JSONField(help_text="the fields before, so that it can be undone")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["action_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["action", "sequence"], name="one_escalation_act_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.act} by {self.made_by_name}"

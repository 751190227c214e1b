"""What people do with beds: close, clean and open them, hold them, and place patients. The ward map is data, not here.

A bed's status at a moment is derived: from stays (the feed), from these events, and from live placings.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class BedAct(models.TextChoices):
    """What happened to a bed."""

    CLOSE = "close", "Closed"
    OPEN = "open", "Opened"
    CLEAN_START = "clean_start", "Waits to be cleaned"
    CLEAN_DONE = "clean_done", "Cleaned"
    ESCALATE = "escalate", "Opened as an extra bed"
    STAND_DOWN = "stand_down", "Stood down as an extra bed"


class ClosedWhy(models.TextChoices):
    """Why a bed is closed."""

    INFECTION = "infection", "Infection"
    STAFFING = "staffing", "Not enough staff"
    ESTATES = "estates", "Repair or estates"
    OTHER = "other", "Another reason"


class BedEvent(models.Model):
    """Something that happened to a bed, by message or by a person. Added, never changed; a later one outdoes it."""

    bed_key = models.CharField(max_length=80, help_text="SITE|WARD|BAY|NUMBER")
    organisation = models.CharField(max_length=10, db_index=True)
    act = models.CharField(max_length=12, choices=BedAct.choices)
    why = models.CharField(max_length=10, choices=ClosedWhy.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    message_id = models.BigIntegerField(null=True, blank=True, unique=True, help_text="the message that told of it")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["occurred_at", "recorded_at", "pk"]
        indexes = [
            models.Index(fields=["act", "occurred_at"], name="bed_event_act"),
            models.Index(fields=["bed_key", "act", "occurred_at"], name="bed_event_bed"),
        ]

    def __str__(self) -> str:
        return f"{self.bed_key} {self.act}"


class PlacingState(models.TextChoices):
    """Where a placing stands."""

    HELD = "held", "Held"
    FULFILLED = "fulfilled", "The patient is there"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Ran out"


class Placing(models.Model):
    """A bed held for somebody: a visit that the feed knows, or somebody who is yet to come (`for_whom`).

    `live_bed` is the bed while it is held, and is unique: two people cannot place into one bed. `live_visit` likewise
    lets a patient have one bed only. Both are empty once it has ended.
    """

    bed_key = models.CharField(max_length=80, db_index=True)
    organisation = models.CharField(max_length=10, db_index=True, help_text="that has the bed")
    from_organisation = models.CharField(max_length=10, blank=True, help_text="that has the patient")
    visit_key = models.CharField(max_length=120, blank=True, db_index=True)
    for_whom = models.CharField(max_length=200, blank=True)
    cross_site = models.BooleanField(default=False)
    out_of_area = models.BooleanField(default=False)
    live_bed = models.CharField(max_length=80, null=True, blank=True, unique=True)
    live_visit = models.CharField(max_length=120, null=True, blank=True, unique=True)
    state = models.CharField(max_length=10, choices=PlacingState.choices, default=PlacingState.HELD)
    rules = models.JSONField(default=list, help_text="what the rules said, with who overruled which and why")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["made_at"], name="placing_made")]

    def __str__(self) -> str:
        return f"{self.bed_key} for {self.visit_key or self.for_whom}: {self.state}"

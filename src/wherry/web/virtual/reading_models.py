"""What patients of virtual wards send and what follows: equipment, limits, what is asked, readings, alerts.

Readings are only ever added. Alerts are derived from readings, limits and askings; what people said is kept beside.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Device(models.Model):
    """Equipment given to a patient. `live_device` is its number while they have it, and is unique."""

    stay = models.ForeignKey("wherry_virtual.WardStay", on_delete=models.PROTECT, related_name="devices")
    number = models.CharField(max_length=60, db_index=True)
    words = models.CharField(max_length=100)
    live_device = models.CharField(max_length=60, null=True, blank=True, unique=True)
    given_at = models.DateTimeField()
    back_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.number


class PatientLimit(models.Model):
    """A limit of one patient, in force from one moment until another. Set by a clinician, with a reason."""

    stay = models.ForeignKey("wherry_virtual.WardStay", on_delete=models.PROTECT, related_name="limits")
    kind = models.CharField(max_length=30)
    lower = models.FloatField(null=True, blank=True)
    upper = models.FloatField(null=True, blank=True)
    rise = models.FloatField(null=True, blank=True)
    rise_days = models.IntegerField(null=True, blank=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    set_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["kind", "from_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} of stay {self.stay_id}"


class Asking(models.Model):
    """What a patient was asked to send, from one moment until another: what makes a reading missing."""

    stay = models.ForeignKey("wherry_virtual.WardStay", on_delete=models.PROTECT, related_name="askings")
    times = models.JSONField()
    kinds = models.JSONField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["from_at", "pk"]

    def __str__(self) -> str:
        return f"{len(self.times)} a day"


class ScaleSet(models.Model):
    """Which scale of oxygen saturation holds from a moment on, and which clinician set it."""

    stay = models.ForeignKey("wherry_virtual.WardStay", on_delete=models.PROTECT, related_name="scales")
    scale = models.IntegerField()
    from_at = models.DateTimeField()
    reason = models.TextField()
    set_by_name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"scale {self.scale}"


class ReadingState(models.TextChoices):
    """What became of a reading."""

    USED = "used", "Used"
    APART = "apart", "Kept apart"
    WAITING = "waiting", "Waits for a person"
    DROPPED = "dropped", "Set aside by a person"


class Reading(models.Model):
    """One value as it came. `source_key` is unique: the same reading is kept once, however often it comes.

    `state` is USED where it may be used; which of several for one moment holds is a rule, not a column.
    """

    source_key = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of sender, patient, kind, moment, value"
    )
    stay = models.ForeignKey(
        "wherry_virtual.WardStay", null=True, blank=True, on_delete=models.PROTECT, related_name="readings"
    )
    provider = models.CharField(max_length=10, blank=True, help_text="who works it while it waits; empty: anybody")
    state = models.CharField(max_length=8, choices=ReadingState.choices)
    reason = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    value = models.FloatField(null=True, blank=True)
    answer = models.CharField(max_length=10, blank=True)
    withdrawn = models.BooleanField(default=False)
    taken_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    received_at = models.DateTimeField()
    door = models.CharField(max_length=6, help_text="form, fhir, hl7 or lines")
    sender = models.CharField(max_length=100, blank=True)
    came = models.JSONField(default=dict, help_text="code, value and unit as they came, and whose")
    entered_by_name = models.CharField(max_length=200, blank=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["stay", "taken_at"]),
            models.Index(fields=["state", "received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value if self.value is not None else self.answer}"


class Alert(models.Model):
    """One alert about one episode of one stay. Open until a named person has said what they did.

    `keys` are the readings (or askings) of its episode. `borne_out` is false once corrections took the reason away;
    `merged_into` is the alert in which its case goes on.
    """

    stay = models.ForeignKey("wherry_virtual.WardStay", on_delete=models.PROTECT, related_name="alerts")
    cause = models.CharField(max_length=60)
    keys = models.JSONField(default=list)
    level = models.CharField(max_length=12)
    words = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(help_text="raised, or raised again since it became more urgent")
    due_at = models.DateTimeField()
    borne_out = models.BooleanField(default=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    is_open = models.BooleanField(default=True, db_index=True)
    answered = models.CharField(max_length=12, blank=True, help_text="the level that was answered")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    answer_text = models.TextField(blank=True)
    passed_on = models.IntegerField(default=0, help_text="to how many further people of the rota it has gone")

    class Meta:
        ordering = ["-raised_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.cause} {self.level}"


class AlertAct(models.Model):
    """What happened to an alert: raised, raised again, answered, reopened, passed on. Added, never changed."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=12)
    level = models.CharField(max_length=12)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="of a raising: by when it was to be answered")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    to_name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.act

"""The live feed as it is kept: every message as it came, and the visits, stays and patients that they add up to.

Messages are only ever added. `Patient`, `Visit` and `Stay` are derived from them and may be made again at any time.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Sender(models.Model):
    """A system that sends messages: an application at an organisation (MSH-3 and MSH-4)."""

    code = models.CharField(max_length=60, unique=True, help_text="ORGANISATION|APPLICATION")
    organisation = models.CharField(max_length=10, db_index=True)
    late_after_minutes = models.IntegerField(default=15, help_text="quiet for longer than this is late")
    last_received_at = models.DateTimeField(null=True, blank=True)
    last_recorded_at = models.DateTimeField(null=True, blank=True, help_text="the newest moment that it has told of")

    def __str__(self) -> str:
        return self.code


class MessageState(models.TextChoices):
    """What became of a message."""

    APPLIED = "applied", "Applied"
    WAITING = "waiting", "Waits for a person"
    SET_ASIDE = "set_aside", "Set aside by a person"
    WITHDRAWN = "withdrawn", "Taken back by a person"


class Message(models.Model):
    """One message as it came. The same one again (sender, number and content alike) is not kept twice.

    `event` is the parsed message as JSON (`wherry.flow.adt.model.Event`), empty where it could not be read.
    """

    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="messages", db_index=False)
    control_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the message as it came")
    door = models.CharField(max_length=10, help_text="mllp, fhir or file")
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True, blank=True, db_index=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    trigger = models.CharField(max_length=8, blank=True)
    visit_key = models.CharField(max_length=120, blank=True, db_index=True)
    patient_key = models.CharField(max_length=120, blank=True, db_index=True)
    merged_key = models.CharField(max_length=120, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=MessageState.choices)
    reason = models.TextField(blank=True)
    raw = models.BinaryField()
    event = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "control_id", "digest"], name="a_message_is_kept_once")
        ]
        indexes = [
            models.Index(fields=["received_at"], name="feed_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["sender", "received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.control_id} {self.trigger} {self.state}"


class MessageDecision(models.Model):
    """What a person decided about a message of the queue. Added, never changed."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="decisions")
    act = models.CharField(max_length=20)
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    was = models.CharField(max_length=10, help_text="the state before")
    replacement = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")

    def __str__(self) -> str:
        return f"{self.act} by {self.made_by_name}"


class Patient(models.Model):
    """A patient number of one organisation. Derived. `merged_into` names the number that it became, or is empty."""

    key = models.CharField(max_length=120, primary_key=True, help_text="ORGANISATION|LOCAL NUMBER")
    organisation = models.CharField(max_length=10, db_index=True)
    local_number = models.CharField(max_length=60)
    nhs_number = models.CharField(max_length=10, blank=True, db_index=True)
    surname = models.CharField(max_length=100, blank=True)
    forename = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=10, blank=True, help_text="female, male, other or unknown")
    address = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    gp_practice = models.CharField(max_length=10, blank=True)
    died_on = models.DateField(null=True, blank=True)
    merged_into = models.CharField(max_length=120, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.key


class Visit(models.Model):
    """One visit: an attendance, an admission, or both in turn. Derived: deriving again gives the same row.

    `patient_key` is as the messages say; `person_key` is after merges. The place is where the patient is now, empty
    once they have left. Moments are in UTC.
    """

    key = models.CharField(max_length=120, primary_key=True, help_text="ORGANISATION|VISIT NUMBER")
    organisation = models.CharField(max_length=10)
    visit_number = models.CharField(max_length=60)
    patient_key = models.CharField(max_length=120, db_index=True)
    person_key = models.CharField(max_length=120, db_index=True)
    standing = models.CharField(max_length=15, help_text="booked, in_department, in_bed, left or cancelled")
    site = models.CharField(max_length=10, blank=True)
    ward = models.CharField(max_length=20, blank=True)
    bed_key = models.CharField(max_length=80, blank=True, db_index=True)
    here_since = models.DateTimeField(null=True, blank=True, help_text="in the place where they are now")
    arrived_at = models.DateTimeField(null=True, blank=True, db_index=True)
    admitted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    left_at = models.DateTimeField(null=True, blank=True, db_index=True)
    admission_method = models.CharField(max_length=10, blank=True, help_text="emergency, elective, transfer, maternity")
    admission_source = models.CharField(max_length=20, blank=True)
    specialty = models.CharField(max_length=10, blank=True, help_text="treatment function")
    consultant = models.CharField(max_length=100, blank=True)
    expected_admission_at = models.DateTimeField(null=True, blank=True)
    expected_discharge_on = models.DateField(null=True, blank=True)
    destination = models.CharField(max_length=20, blank=True)
    disposition = models.CharField(max_length=20, blank=True)
    ed_type = models.CharField(max_length=2, blank=True)
    acuity = models.CharField(max_length=2, blank=True)
    complaint = models.CharField(max_length=100, blank=True)
    infection = models.CharField(max_length=20, blank=True, help_text="none, or what it is")
    side_room = models.CharField(max_length=3, blank=True, help_text="yes or no")
    dependency = models.CharField(max_length=2, blank=True, help_text="0 to 3")
    ambulance_incident = models.CharField(max_length=40, blank=True)
    ambulance_arrived_at = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    assessed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    referred_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True, help_text="decision to admit")
    ready_at = models.DateTimeField(null=True, blank=True, help_text="ready to go on, clinically")
    last_recorded_at = models.DateTimeField()
    doubts = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "standing"]),
            models.Index(fields=["site", "ward"]),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.standing}"


class Stay(models.Model):
    """A stay in one place within a visit. Derived. `to_at` is empty while it lasts."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="stays")
    position = models.IntegerField()
    site = models.CharField(max_length=10)
    ward = models.CharField(max_length=20)
    bay = models.CharField(max_length=20, blank=True)
    bed = models.CharField(max_length=20, blank=True)
    bed_key = models.CharField(max_length=80, blank=True)
    from_at = models.DateTimeField(db_index=True)
    to_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "position"], name="one_stay_a_position")]
        indexes = [
            models.Index(fields=["site", "from_at"]),
            models.Index(fields=["to_at", "from_at"], name="feed_stay_then"),  # who was anywhere at a moment
            models.Index(fields=["bed_key", "to_at"], name="feed_stay_bed"),  # when a bed was last left
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} in {self.bed_key or self.ward}"


class Change(models.Model):
    """How often something live has changed at an organisation: open pages ask for this and nothing more."""

    organisation = models.CharField(max_length=10, primary_key=True)
    version = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.organisation} {self.version}"


class PlayedTime(models.Model):
    """The clock of a played day (artificial systems only): at `started_at` it was `from_at`, and it runs at `speed`.

    With `stopped_at` it stands at `stopped_at`. One row, or none where time is real.
    """

    started_at = models.DateTimeField()
    from_at = models.DateTimeField()
    speed = models.FloatField(default=1)
    stopped_at = models.DateTimeField(null=True, blank=True)
    system = models.CharField(max_length=60, blank=True)
    seed = models.IntegerField(default=1)
    opened_at = models.DateTimeField(null=True, blank=True, help_text="when the opening position stood")
    told_until = models.DateTimeField(null=True, blank=True, help_text="every message before it has been acknowledged")

    def __str__(self) -> str:
        return f"from {self.from_at} at {self.speed}"

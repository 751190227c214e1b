"""What people do on virtual wards, and what patients send. Acts and readings are only ever added.

A stay holds one numbered place of its provider and pathway; the place is unique while it lasts, so two people cannot
fill one last place. Alerts are derived from readings, limits and plans; what people said about them is kept beside.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from wherry.web.virtual.reading_models import (
    Alert,
    AlertAct,
    Asking,
    Device,
    PatientLimit,
    Reading,
    ReadingState,
    ScaleSet,
)

__all__ = [
    "Alert",
    "AlertAct",
    "Asking",
    "BedRequest",
    "Device",
    "Direction",
    "Duty",
    "Outcome",
    "PatientLimit",
    "Reading",
    "ReadingState",
    "Referral",
    "ReferralState",
    "Review",
    "ScaleSet",
    "Source",
    "Staffed",
    "StayAct",
    "StayState",
    "Swept",
    "WardStay",
    "Who",
]


class Direction(models.TextChoices):
    """Why somebody comes: instead of a bed, or out of one sooner."""

    STEP_UP = "step_up", "Step up"
    STEP_DOWN = "step_down", "Step down"


class Source(models.TextChoices):
    """Who refers. A ward refers down, the others up."""

    GP = "gp", "GP"
    AMBULANCE = "ambulance", "999 or ambulance crew"
    CALL_111 = "111", "NHS 111"
    HUB = "hub", "Unplanned care hub"
    DEPARTMENT = "department", "Emergency department"
    WARD = "ward", "Hospital ward"


class ReferralState(models.TextChoices):
    """Where a referral stands."""

    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Who(models.Model):
    """The person that a referral or a stay is about, as the referrer gave them."""

    nhs_number = models.CharField(max_length=10, blank=True, db_index=True)
    surname = models.CharField(max_length=100)
    forename = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    address = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    gp_practice = models.CharField(max_length=10, blank=True)
    telephone = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True


class Referral(Who):
    """Somebody referred. `live_person` is the NHS number (or the visit) while it waits, and is unique."""

    provider = models.CharField(max_length=10, db_index=True)
    pathway = models.CharField(max_length=20)
    direction = models.CharField(max_length=10, choices=Direction.choices)
    source = models.CharField(max_length=12, choices=Source.choices)
    from_organisation = models.CharField(max_length=10, blank=True)
    visit_key = models.CharField(max_length=120, blank=True, db_index=True)
    reference = models.CharField(max_length=60, null=True, blank=True, unique=True, help_text="the referrer's own")
    reason = models.TextField(blank=True)
    answers = models.JSONField(default=dict, help_text="criterion code to yes, no or unknown")
    state = models.CharField(max_length=10, choices=ReferralState.choices, default=ReferralState.WAITING)
    live_person = models.CharField(max_length=140, null=True, blank=True, unique=True)
    version = models.IntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField(db_index=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["provider", "state"])]

    def __str__(self) -> str:
        return f"{self.pk} {self.provider} {self.pathway} {self.state}"


class StayState(models.TextChoices):
    """Where a stay on a virtual ward stands."""

    ON = "on", "On the ward"
    ENDED = "ended", "Left"


class Outcome(models.TextChoices):
    """How a stay ended."""

    PLAN = "plan", "Left with a plan"
    BED = "bed", "To a hospital bed"
    DIED = "died", "Died"
    OTHER_WARD = "other_ward", "To another virtual ward"
    MISTAKE = "mistake", "Was accepted by mistake"


class WardStay(Who):
    """One stay on a virtual ward. `live_place` is `PROVIDER|PATHWAY|NUMBER` while it lasts, and is unique."""

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="stay")
    provider = models.CharField(max_length=10, db_index=True)
    pathway = models.CharField(max_length=20)
    direction = models.CharField(max_length=10, choices=Direction.choices)
    place = models.IntegerField()
    live_place = models.CharField(max_length=60, null=True, blank=True, unique=True)
    live_person = models.CharField(max_length=120, null=True, blank=True, unique=True)
    state = models.CharField(max_length=8, choices=StayState.choices, default=StayState.ON)
    began_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    expected_end_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True)
    letter = models.TextField(blank=True, help_text="what the GP is told: to whom, follow-up, plan")
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    clinician_name = models.CharField(max_length=200, blank=True)
    scale = models.IntegerField(default=1)
    scale_by_name = models.CharField(max_length=200, blank=True)
    plan_text = models.TextField(blank=True)
    times = models.JSONField(default=list, help_text="times of the day in London at which readings are asked for")
    kinds = models.JSONField(default=list)
    onboarding = models.JSONField(default=dict, help_text="item code to who did it and when")
    readmitted_visit_key = models.CharField(max_length=120, blank=True)
    version = models.IntegerField(default=1)
    next_review_at = models.DateTimeField(null=True, blank=True)
    look_due = models.BooleanField(default=False, help_text="readings came that alerts do not know yet")
    last_reading_at = models.DateTimeField(null=True, blank=True)
    scores = models.JSONField(default=list, help_text="the latest early-warning scores, derived")
    asked_sets = models.IntegerField(default=0, help_text="sets asked for so far, derived")
    missed_sets = models.IntegerField(default=0, help_text="of them not sent in time, derived")
    ongoing = models.JSONField(default=list, help_text="cause, level and words of episodes that last, derived")

    class Meta:
        indexes = [models.Index(fields=["provider", "state"])]

    def __str__(self) -> str:
        return f"{self.pk} {self.provider} {self.pathway} {self.place}"


class StayAct(models.Model):
    """One thing done about a stay by one named person. Added, never changed; `undoes` takes an earlier one back."""

    stay = models.ForeignKey(WardStay, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} by {self.made_by_name}"


class Review(models.Model):
    """A daily review: what was found, the plan, and when the next is due. One a stay and turn."""

    stay = models.ForeignKey(WardStay, on_delete=models.PROTECT, related_name="reviews")
    turn = models.IntegerField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    text = models.TextField()
    undone_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["turn"]
        constraints = [models.UniqueConstraint(fields=["stay", "turn"], name="one_virtual_review_a_turn")]

    def __str__(self) -> str:
        return f"review {self.turn}"


class BedRequest(models.Model):
    """A patient of a virtual ward needs a hospital bed: what the site manager works. One open one a stay."""

    stay = models.ForeignKey(WardStay, on_delete=models.PROTECT, related_name="bed_requests")
    live_stay = models.IntegerField(null=True, blank=True, unique=True)
    organisation = models.CharField(max_length=10, db_index=True, help_text="whose site managers are asked")
    level = models.CharField(max_length=12)
    reason = models.TextField()
    state = models.CharField(max_length=10, default="open", help_text="open, arranged or withdrawn")
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"bed for stay {self.stay_id}: {self.state}"


class Duty(models.Model):
    """Who answers alerts of a provider, in which order, from one moment until another."""

    provider = models.CharField(max_length=10, db_index=True)
    position = models.IntegerField(help_text="1 is told first")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)
    set_by_name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.position}. {self.person_name}"


class Staffed(models.Model):
    """How many places a provider could staff on a pathway from a day on. Before any, all places of the file."""

    provider = models.CharField(max_length=10)
    pathway = models.CharField(max_length=20)
    places = models.IntegerField()
    from_on = models.DateField()
    reason = models.CharField(max_length=300)
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["from_on", "pk"]

    def __str__(self) -> str:
        return f"{self.provider} {self.pathway} {self.places}"


class Swept(models.Model):
    """When a provider's alerts were last looked at for sets not sent and answers not given."""

    provider = models.CharField(max_length=10, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.provider} at {self.at}"

"""Offers of treatment elsewhere. What people decide is only ever added; an offer's state is what it adds up to.

Nothing here touches a clock: an offer joins the snapshot by pathway and clock, and no referral-to-treatment event is
written. A place in a pool is a numbered row, so that the database itself refuses to give one place to two people.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class State(models.TextChoices):
    """Where an offer stands. "No answer" is never stored: it is an offer whose answer-by date has passed."""

    PROPOSED = "proposed", "Proposed"
    REFUSED = "refused", "Not agreed clinically"
    AGREED = "agreed", "Clinically agreed"
    OFFERED = "offered", "Offered"
    NO_ANSWER = "no_answer", "No answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Stays where they are"
    TRANSFERRED = "transferred", "Transferred"
    RECEIVED = "received", "Transfer received"
    WITHDRAWN = "withdrawn", "Withdrawn"


#: States in which something is still open: one offer a clock may be in them.
LIVE = (State.PROPOSED, State.AGREED, State.OFFERED, State.ACCEPTED, State.TRANSFERRED)


class Kind(models.TextChoices):
    """What somebody did about an offer."""

    PROPOSE = "propose", "Proposed"
    AGREE = "agree", "Agreed clinically"
    REFUSE = "refuse", "Not agreed clinically"
    OFFER = "offer", "Offered"
    ACCEPT = "accept", "Said yes"
    DECLINE = "decline", "Chose to stay"
    ASK_CALL = "ask_call", "Asked for a call"
    TOO_LATE = "too_late", "Said yes after the place had gone"
    CORRECT = "correct", "Answer taken back: recorded by mistake"
    WITHDRAW = "withdraw", "Withdrawn"
    TRANSFER = "transfer", "Transferred with the minimum data set"
    RECEIVE = "receive", "Receipt confirmed"


class Origin(models.TextChoices):
    """Whose idea a move was."""

    AID = "aid", "Mutual aid"
    HAND = "hand", "Proposed by hand"
    PATIENT = "patient", "Asked by the patient"


class Method(models.TextChoices):
    """How an offer is made."""

    ONLINE = "online", "Online, with a letter that has the code"
    TELEPHONE = "telephone", "By telephone"
    LETTER = "letter", "By letter"


class Offer(models.Model):
    """One proposed move of one open clock. Derived: replaying its decisions gives the same state.

    `clock_start` and `list_order_date` are the snapshot's when the move was proposed: they are shown and sent on, and
    nothing ever writes them again. The four groups of equity are kept so that what was chosen can be counted later.
    """

    pathway_key = models.CharField(max_length=500, db_index=True)
    period = models.IntegerField()
    person_key = models.CharField(max_length=200)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.AID)
    run_label = models.CharField(max_length=200, blank=True)
    snapshot_id = models.CharField(max_length=100)
    proposed_on = models.DateField()
    from_organisation = models.CharField(max_length=10, db_index=True)
    from_site = models.CharField(max_length=10, blank=True)
    to_organisation = models.CharField(max_length=10, db_index=True)
    to_site = models.CharField(max_length=10)
    week_start = models.DateField()
    home_week = models.DateField(null=True, blank=True)
    weeks_sooner = models.IntegerField(null=True, blank=True)
    miles = models.FloatField(null=True, blank=True)
    complexity = models.CharField(max_length=20)
    treatment_function = models.CharField(max_length=10, blank=True)
    procedure_group = models.CharField(max_length=60, blank=True)
    capacity_key = models.CharField(max_length=200, db_index=True)
    minutes = models.IntegerField(null=True, blank=True)
    why = models.TextField()
    clock_start = models.DateField(null=True, blank=True)
    list_order_date = models.DateField(null=True, blank=True)
    imd_quintile = models.CharField(max_length=2, blank=True)
    age_band = models.CharField(max_length=20, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    ethnic_group = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PROPOSED)
    live = models.BooleanField(default=True)
    version = models.IntegerField(default=0)
    method = models.CharField(max_length=10, choices=Method.choices, blank=True)
    treat_on = models.DateField(null=True, blank=True)
    offered_on = models.DateField(null=True, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    reasonable = models.BooleanField(default=False)
    call_wanted = models.BooleanField(default=False)
    answer = models.CharField(max_length=5, blank=True, help_text="yes, stay, or blank: the answer that stands")
    answered_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["state", "from_organisation"]), models.Index(fields=["state", "answer_by"])]
        constraints = [
            models.UniqueConstraint(
                fields=["pathway_key", "period"], condition=models.Q(live=True), name="one_live_offer_a_clock"
            )
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}: {self.state}, version {self.version}"


class OfferDecision(models.Model):
    """One act by one named person, or by the patient. Added, never changed, never deleted."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="decisions")
    sequence = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state_before = models.CharField(max_length=20, blank=True, choices=State.choices)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=200)
    made_by_roles = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_on = models.DateField(help_text="the service's own day, which stands still in an artificial system")
    through = models.CharField(max_length=10, choices=Method.choices, blank=True)
    reason = models.TextField(blank=True)
    reasonable = models.BooleanField(default=False)
    treat_on = models.DateField(null=True, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    method = models.CharField(max_length=10, choices=Method.choices, blank=True)

    class Meta:
        ordering = ["offer_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["offer", "sequence"], name="one_offer_act_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind} by {self.made_by_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("What was decided is never changed: add what comes after it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("What was decided is never deleted.")


class Pool(models.Model):
    """A pool of places: one kind of work at one site in one week, as a snapshot has it."""

    capacity_key = models.CharField(max_length=200, unique=True)
    places = models.IntegerField()
    snapshot_id = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.capacity_key}: {self.places}"


class Place(models.Model):
    """One numbered place of a pool, held for an offer until a day, or confirmed by its acceptance."""

    capacity_key = models.CharField(max_length=200)
    number = models.IntegerField()
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="place")
    held_until = models.DateField()
    confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["capacity_key", "number"], name="one_offer_a_place")]

    def __str__(self) -> str:
        return f"place {self.number} of {self.capacity_key}"


class Invitation(models.Model):
    """A patient who has waited long without a date is told that they may ask to move."""

    class State(models.TextChoices):
        """Where it stands."""

        INVITED = "invited", "Invited"
        ASKED = "asked", "Asked to move"
        STAYS = "stays", "Does not wish to move"
        CLOSED = "closed", "Closed"

    pathway_key = models.CharField(max_length=500, db_index=True)
    period = models.IntegerField()
    person_key = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, db_index=True)
    treatment_function = models.CharField(max_length=10, blank=True)
    imd_quintile = models.CharField(max_length=2, blank=True)
    age_band = models.CharField(max_length=20, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    ethnic_group = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.INVITED)
    invited_on = models.DateField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_by_name = models.CharField(max_length=200)
    answer_by = models.DateField()
    sites = models.CharField(max_length=200, blank=True, help_text="site codes the patient would go to, by semicolons")
    miles = models.IntegerField(null=True, blank=True)
    call_wanted = models.BooleanField(default=False)
    answered_on = models.DateField(null=True, blank=True)
    closed_reason = models.TextField(blank=True)
    offer = models.OneToOneField(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="invitation")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pathway_key", "period"], condition=models.Q(state="invited"), name="one_invitation_a_clock"
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}: {self.state}"


class AnswerCode(models.Model):
    """A one-time code for one offer or one invitation. Only keyed hashes are kept.

    `proof_hash` is of the code with the birth date: neither can be found from it without the other.
    """

    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="codes")
    invitation = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64, unique=True)
    proof_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    expires_on = models.DateField(help_text="last day on which it opens the page")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offer__isnull=True) ^ models.Q(invitation__isnull=True), name="a_code_is_for_one"
            )
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"


class WrongTry(models.Model):
    """A refused try of a code: what the limit counts. Kept for a day. `code_hash` is of what was typed."""

    code_hash = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["code_hash", "at"]), models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"refused from {self.address} at {self.at:%Y-%m-%d %H:%M:%S}"


class Call(models.Model):
    """One try to reach a patient by telephone. Added only."""

    class Outcome(models.TextChoices):
        """What came of it."""

        NO_REPLY = "no_reply", "No reply"
        MESSAGE = "message", "Left a message, with nothing about health"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        NOT_PROVED = "not_proved", "Could not check who it was"
        LATER = "later", "Asked to be called another time"
        ANSWERED = "answered", "Answered"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="calls")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_on = models.DateField()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.outcome} by {self.made_by_name}"


class Transfer(models.Model):
    """The inter-provider minimum data set as it was sent. Never changed."""

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="transfer")
    record = models.JSONField()
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"transfer of offer {self.offer_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("A transfer is kept as it was sent.")
        super().save(*args, **kwargs)

"""What people do so that others wait well: questionnaires, reviews of fitness and of harm, follow-ups, and their tasks.

Decisions are only ever added; to undo one is to add another. Nothing here takes anybody off a list or stops a clock: it
joins the snapshot by pathway and clock, and the trust's own record stays the source of truth.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Channel(models.TextChoices):
    """How somebody is asked, or answered."""

    ONLINE = "online", "Online"
    TELEPHONE = "telephone", "By telephone"
    LETTER = "letter", "By letter with a code"


class FormState(models.TextChoices):
    """Where a questionnaire stands."""

    INVITED = "invited", "Asked, not begun"
    STARTED = "started", "Begun"
    SUBMITTED = "submitted", "Answered"
    CLOSED = "closed", "Closed without answers"


#: States in which answers may still be given: one form a clock may be in them.
OPEN_FORMS = (FormState.INVITED, FormState.STARTED)


class Fitness(models.TextChoices):
    """What a clinician says after a questionnaire."""

    FIT = "fit", "Fit"
    OPTIMISE = "optimise", "Fit once something is done"
    NOT_FIT = "not_fit", "Not fit now, with a plan"
    UNDO = "undo", "Undone"


class HealthForm(models.Model):
    """One questionnaire for one clock: who was asked, what they answered so far, what it was scored to."""

    pathway_key = models.CharField(max_length=500, db_index=True)
    period = models.IntegerField()
    person_key = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, db_index=True)
    treatment_function = models.CharField(max_length=10, blank=True)
    questionnaire = models.CharField(max_length=40, help_text="the version of the questions")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=10, choices=FormState.choices, default=FormState.INVITED)
    version = models.IntegerField(default=0)
    invited_on = models.DateField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_by_name = models.CharField(max_length=200)
    answers = models.JSONField(default=dict)
    saved_at = models.DateTimeField(null=True, blank=True)
    submitted_on = models.DateField(null=True, blank=True, db_index=True)
    submitted_through = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    submitted_by_name = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    reasons = models.JSONField(default=list)
    own_words = models.TextField(blank=True)
    fitness = models.CharField(max_length=10, blank=True, help_text="the clinician's decision that stands")
    closed_reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "organisation"])]
        constraints = [
            models.UniqueConstraint(
                fields=["pathway_key", "period"],
                condition=models.Q(state__in=["invited", "started"]),
                name="one_open_form_a_clock",
            )
        ]

    def __str__(self) -> str:
        return f"questionnaire {self.pk}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether answers may still be given."""
        return self.state in OPEN_FORMS


class _Added(models.Model):
    """Something that a named person added. Never changed, never deleted."""

    sequence = models.IntegerField()
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_by_roles = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_on = models.DateField(help_text="the service's own day, which stands still in an artificial system")
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only a new row may be saved."""
        if self.pk is not None:
            raise TypeError("What was recorded is never changed: add another, or undo it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("What was recorded is never deleted: undo it.")


class FitnessDecision(_Added):
    """What a clinician decided after a questionnaire."""

    form = models.ForeignKey(HealthForm, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=10, choices=Fitness.choices)

    class Meta:
        ordering = ["form_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["form", "sequence"], name="one_fitness_decision_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind} by {self.made_by_name}"


class HarmReview(_Added):
    """A clinician's review of whether waiting has harmed somebody. `kind` and `outcome` are codes of the risk rules."""

    pathway_key = models.CharField(max_length=500, db_index=True)
    period = models.IntegerField(null=True, blank=True)
    person_key = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, db_index=True)
    kind = models.CharField(max_length=20)
    outcome = models.CharField(max_length=10, blank=True, help_text="blank where it undoes another")
    duty_of_candour = models.BooleanField(default=False)
    candour = models.TextField(blank=True, help_text="who tells the patient, and when")
    next_due_on = models.DateField(null=True, blank=True)
    days_waited = models.IntegerField(null=True, blank=True)
    evidence = models.JSONField(default=list)
    snapshot_id = models.CharField(max_length=100)

    class Meta:
        ordering = ["pathway_key", "sequence"]
        constraints = [models.UniqueConstraint(fields=["pathway_key", "sequence"], name="one_harm_review_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind}: {self.outcome or 'undone'} by {self.made_by_name}"


class Agreement(_Added):
    """A clinician agrees that a follow-up is left to the patient. The trust mends its own system from a worklist."""

    follow_up_key = models.CharField(max_length=300, db_index=True)
    pathway_key = models.CharField(max_length=500)
    person_key = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, db_index=True)
    open_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["follow_up_key", "sequence"]
        constraints = [models.UniqueConstraint(fields=["follow_up_key", "sequence"], name="one_agreement_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.follow_up_key} until {self.open_until}"


class SeeRequest(models.Model):
    """A patient asks to be seen, on their own page or by telephone."""

    class Answer(models.TextChoices):
        """What a clinician answered."""

        BOOK = "book", "To be seen"
        ADVICE = "advice", "Advice given"
        ELSEWHERE = "elsewhere", "Sent to a more suitable service"

    follow_up_key = models.CharField(max_length=300, db_index=True)
    pathway_key = models.CharField(max_length=500, db_index=True)
    person_key = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, db_index=True)
    treatment_function = models.CharField(max_length=10, blank=True)
    urgency = models.CharField(max_length=20)
    words = models.TextField()
    through = models.CharField(max_length=10, choices=Channel.choices)
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    recorded_by_name = models.CharField(max_length=200)
    triage_due_on = models.DateField()
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    version = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["answer", "organisation", "triage_due_on"])]

    def __str__(self) -> str:
        return f"request {self.pk}: {self.answer or 'not answered'}"


class RequestAnswer(_Added):
    """What a clinician answered to a request, or the undoing of it (blank `answer`)."""

    request = models.ForeignKey(SeeRequest, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=10, choices=SeeRequest.Answer.choices, blank=True)

    class Meta:
        ordering = ["request_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["request", "sequence"], name="one_request_answer_a_version")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.answer or 'undone'} by {self.made_by_name}"


class Task(models.Model):
    """Something to be done, by somebody, by a day: what a decision asks for."""

    pathway_key = models.CharField(max_length=500, db_index=True)
    organisation = models.CharField(max_length=10, db_index=True)
    because_kind = models.CharField(max_length=20, help_text="fitness, harm or request")
    because_id = models.BigIntegerField()
    words = models.TextField()
    owner = models.CharField(max_length=200)
    due_on = models.DateField()
    made_on = models.DateField()
    made_by_name = models.CharField(max_length=200)
    done_on = models.DateField(null=True, blank=True)
    done_by_name = models.CharField(max_length=200, blank=True)
    withdrawn = models.BooleanField(default=False, help_text="what asked for it was undone")

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["organisation", "done_on", "due_on"])]

    def __str__(self) -> str:
        return f"{self.words[:40]} by {self.due_on}"


class HealthCode(models.Model):
    """A one-time code with which a patient opens one questionnaire or one follow-up. Only keyed hashes are kept."""

    form = models.ForeignKey(HealthForm, null=True, blank=True, on_delete=models.PROTECT, related_name="codes")
    follow_up_key = models.CharField(max_length=300, blank=True, db_index=True)
    pathway_key = models.CharField(max_length=500)
    organisation = models.CharField(max_length=10)
    code_hash = models.CharField(max_length=64, unique=True)
    proof_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    expires_on = models.DateField(help_text="last day on which it opens the page")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(form__isnull=False) ^ ~models.Q(follow_up_key=""), name="a_health_code_is_for_one"
            )
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"

"""What people do about leaving hospital. Acts are only ever added; everything else here is what they add up to.

Nothing edits the feed: a stay joins `feed.Visit` by the visit's key. Whether somebody has left is read from the feed
each time, so a discharge that the hospital cancels opens everything again by itself.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Tracker(models.Model):
    """Where one stay stands. Derived: replaying its acts gives the same row, spans and tasks."""

    visit_key = models.CharField(max_length=120, unique=True)
    organisation = models.CharField(max_length=10, db_index=True, help_text="the hospital trust")
    version = models.IntegerField(default=0, help_text="acts so far")
    meets = models.BooleanField(null=True, help_text="meets criteria to reside; empty before the first review")
    codes = models.CharField(max_length=60, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=200, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="the discharge-ready date")
    pathway = models.CharField(max_length=2, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    confidence = models.CharField(max_length=10, blank=True)
    expected_by = models.CharField(max_length=200, blank=True)
    senior_at = models.DateTimeField(null=True, blank=True)
    long_stay_at = models.DateTimeField(null=True, blank=True)
    causes = models.JSONField(default=list)
    primary = models.CharField(max_length=10, blank=True)
    code = models.CharField(max_length=10, blank=True, help_text="the one national code while no criteria are met")
    colour_on = models.DateField(null=True, blank=True, help_text="the newest day with a colour")
    colour = models.CharField(max_length=6, blank=True)
    criteria = models.TextField(blank=True, help_text="clinical criteria for discharge")

    def __str__(self) -> str:
        return f"{self.visit_key}, version {self.version}"


class Act(models.Model):
    """One thing done by one named person. Added, never changed, never deleted. Fields as in `flow.discharge.acts`."""

    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="acts")
    number = models.IntegerField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    code = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    text = models.TextField(blank=True)
    on = models.DateField(null=True, blank=True)
    moment = models.DateTimeField(null=True, blank=True)
    task = models.IntegerField(null=True, blank=True)
    undoes = models.IntegerField(null=True, blank=True)
    organisation = models.CharField(max_length=10, blank=True)
    team = models.CharField(max_length=60, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=200)
    made_for = models.CharField(max_length=10, help_text="the organisation for which the person acted")

    class Meta:
        ordering = ["tracker", "number"]
        constraints = [models.UniqueConstraint(fields=["tracker", "number"], name="one_discharge_act_a_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} by {self.made_by_name}"


class Task(models.Model):
    """A task as it stands. Derived. `number` is that of the act that made it, so it stays the same for ever."""

    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="tasks")
    number = models.IntegerField()
    code = models.CharField(max_length=30)
    owner = models.CharField(max_length=10, db_index=True)
    team = models.CharField(max_length=60, blank=True)
    status = models.CharField(
        max_length=12, db_index=True, help_text="waiting, in_progress, blocked, done, not_needed, undone"
    )
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    taken_by = models.CharField(max_length=200, blank=True)
    blocked_kind = models.CharField(max_length=10, blank=True, help_text="task, cause or person")
    blocked_by = models.CharField(max_length=300, blank=True)
    offered_to = models.CharField(max_length=10, blank=True, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "number"], name="one_discharge_task_a_number")]

    def __str__(self) -> str:
        return f"{self.code} of {self.owner}: {self.status}"


class Span(models.Model):
    """Something that held for a stay from a moment to another. Derived: what measures over time are counted from."""

    tracker = models.ForeignKey(Tracker, on_delete=models.CASCADE, related_name="spans")
    kind = models.CharField(max_length=10, help_text="nctr, ready, pathway or code")
    code = models.CharField(max_length=10)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "from_at"], name="discharge_span")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Duty(models.Model):
    """Who is on duty in a role at an organisation, from a moment until another."""

    organisation = models.CharField(max_length=10, db_index=True)
    role = models.CharField(max_length=30)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(db_index=True)
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="taken off by a person")
    ended_by_name = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.person_name}, {self.role} at {self.organisation}"


class Escalation(models.Model):
    """A delay taken to a named person at a level. `live_key` is unique while it lasts: one at a time for one matter.

    Without anybody on duty the person is empty, which the pages say in so many words.
    """

    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="escalations")
    matter = models.CharField(max_length=20, help_text="ready, task or by hand")
    live_key = models.CharField(max_length=140, null=True, blank=True, unique=True)
    level = models.IntegerField()
    role = models.CharField(max_length=30)
    organisation = models.CharField(max_length=10, db_index=True, help_text="where the person is on duty")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person_name = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=300)
    assigned_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "ended_at"], name="discharge_escalated_to")]

    def __str__(self) -> str:
        return f"{self.matter} at level {self.level}"


class Sweep(models.Model):
    """When overdue matters were last looked through, so that open pages do it once a minute between them. One row."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at}"

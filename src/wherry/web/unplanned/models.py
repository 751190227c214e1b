"""Calls that may be passed to the community, and what was done about each: where one stands follows from its acts."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Call(models.Model):
    """One 999 or 111 call. `version` counts its acts: an act on an older version is refused, with who was first.

    `open` and `deadline` are only there so that lists need not replay every call: the acts decide.
    """

    source = models.CharField(max_length=10, help_text="999, 111 or other")
    incident = models.CharField(max_length=40, help_text="the sender's number")
    from_organisation = models.CharField(max_length=10, db_index=True, help_text="that took the call")
    to_organisation = models.CharField(max_length=10, db_index=True, help_text="of the hub")
    called_at = models.DateTimeField(db_index=True)
    category = models.CharField(max_length=3, blank=True)
    condition = models.CharField(max_length=20, blank=True)
    signs = models.JSONField(default=dict, help_text="sign: true, false or null where it was not asked")
    story = models.TextField(blank=True)
    surname = models.CharField(max_length=100, blank=True)
    forename = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    age = models.IntegerField(null=True, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    nhs_number = models.CharField(max_length=10, blank=True, db_index=True)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    entered_by_name = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=0)
    open = models.BooleanField(default=True)
    ever_offered = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["from_organisation", "incident"], name="a_call_comes_once")]
        indexes = [models.Index(fields=["open", "to_organisation"])]

    def __str__(self) -> str:
        return f"{self.source} {self.incident}"


class CallAct(models.Model):
    """One act. Added, never changed. `sequence` is unique within a call: two people cannot both be the next."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="acts")
    sequence = models.IntegerField()
    act = models.CharField(max_length=12)
    at = models.DateTimeField()
    happened_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=20, blank=True)
    words = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    organisation = models.CharField(max_length=10, help_text="for which it was done")
    real_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "sequence"], name="one_act_a_place")]
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.call_id} {self.sequence} {self.act}"

"""Evaluations as people registered them, what each set of values said of them, and what was added later.

Nothing is deleted. Once fixed, a question never changes; it can be withdrawn with a reason and is still shown.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class _Kept(models.Model):
    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: what did not work is shown like what did."""
        raise TypeError("An evaluation is never deleted: withdraw it with a reason.")


class Evaluation(_Kept):
    """One question: what was tried, where, from when, judged by what, against whom; fixed by whom and when.

    `comparators` are frozen when the question is fixed, with `comparator_words` how they were chosen. `excluded` are
    codes with reasons. `fixed_on` is the day of the system, `fixed_at` the moment. `asked` are the method's options.
    """

    title = models.CharField(max_length=200)
    what = models.TextField()
    tried_by = models.CharField(max_length=200)
    measure = models.CharField(max_length=100)
    scope = models.CharField(max_length=20)
    starts_on = models.DateField()
    baseline_from = models.DateField()
    baseline_to = models.DateField()
    method = models.CharField(max_length=20)
    direction = models.CharField(max_length=10)
    expected = models.FloatField(null=True, blank=True)
    pool = models.CharField(max_length=10)
    picked = models.JSONField(default=list, blank=True)
    excluded = models.JSONField(default=dict, blank=True)
    balance = models.JSONField(default=list, blank=True)
    asked = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    fixed_on = models.DateField(null=True, blank=True)
    fixed_at = models.DateTimeField(null=True, blank=True)
    fixed_by_name = models.CharField(max_length=200, blank=True)
    comparators = models.JSONField(default=list, blank=True)
    comparator_words = models.CharField(max_length=200, blank=True)
    names = models.JSONField(default=dict, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by_name = models.CharField(max_length=200, blank=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        ordering = ["-starts_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.title}, from {self.starts_on}"

    @property
    def afterwards(self) -> bool:
        """Whether it was fixed on or after the day it started."""
        return self.fixed_on is not None and self.fixed_on >= self.starts_on


class Result(_Kept):
    """What one set of values says of an evaluation. `found` holds the outcome, the balance measures and the facts."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="results")
    values_id = models.CharField(max_length=100)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    version = models.CharField(max_length=60)
    verdict = models.CharField(max_length=30)
    sentence = models.TextField()
    reasons = models.JSONField(default=list)
    found = models.JSONField()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["evaluation", "values_id"], name="one_result_a_values")]

    def __str__(self) -> str:
        return f"{self.evaluation_id} by {self.values_id}: {self.verdict}"


class Added(_Kept):
    """What is known later: how far it is in use (`adoption`), or what it cost (`cost`, pence)."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="added")
    kind = models.CharField(max_length=10)
    text = models.TextField()
    pence = models.BigIntegerField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.evaluation_id}"

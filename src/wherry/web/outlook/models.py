"""Every forecast of the next days as it was given, and what came of it. Nothing here names a patient's person."""

from __future__ import annotations

from django.db import models


class ForecastState(models.TextChoices):
    """Where a forecast stands."""

    WAITING = "waiting", "Waits for its turn"
    RUNNING = "running", "Being worked out"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Forecast(models.Model):
    """The forecast of one whole hour. Given once: it is never worked out again after it is done.

    `notes` are sentences about what it could not know. `history_from` and `history_to` say what it was fitted on.
    """

    as_at = models.DateTimeField(unique=True, help_text="the whole hour that it looks ahead from")
    state = models.CharField(max_length=10, choices=ForecastState.choices, default=ForecastState.WAITING)
    asked_at = models.DateTimeField(help_text="in real time")
    seen_at = models.DateTimeField(help_text="when its worker last said so, in real time")
    worker = models.CharField(max_length=120, blank=True)
    failure = models.TextField(blank=True)
    history_from = models.DateTimeField(null=True, blank=True)
    history_to = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    notes = models.JSONField(default=list)

    class Meta:
        ordering = ["-as_at"]

    def __str__(self) -> str:
        return f"{self.as_at:%Y-%m-%d %H:%M} {self.state}"


class UnitForecast(models.Model):
    """What a forecast says of one ward group of a site, of its general and acute beds, or of everybody's.

    `rows` has one row a time: hours ahead, mean, quantiles, chances of being short and over 92%, and the five sources.
    `chances` is the distributions themselves, packed, and is emptied once all is scored.
    """

    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="units")
    site = models.CharField(max_length=10)
    group = models.CharField(max_length=20)
    beds_open = models.IntegerField(null=True, blank=True)
    rows = models.JSONField()
    chances = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forecast", "site", "group"], name="one_forecast_a_unit")]

    def __str__(self) -> str:
        return f"{self.site} {self.group}"


class Score(models.Model):
    """What came of one forecast of one unit, so many hours ahead; `naive_now` and `naive_week` are the naive ones."""

    as_at = models.DateTimeField(db_index=True)
    site = models.CharField(max_length=10)
    group = models.CharField(max_length=20)
    ahead = models.IntegerField(help_text="hours")
    happened = models.IntegerField()
    below = models.FloatField()
    upto = models.FloatField()
    crps = models.FloatField()
    error = models.FloatField()
    median = models.IntegerField()
    width = models.FloatField(help_text="of the 80% interval")
    inside = models.JSONField()
    promised = models.JSONField()
    naive_now = models.IntegerField(null=True, blank=True)
    naive_week = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["as_at", "site", "group", "ahead"], name="a_forecast_is_scored_once")
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.group} {self.ahead} h ahead of {self.as_at:%Y-%m-%d %H:%M}"


class Quality(models.Model):
    """How good forecasts have been, added up: of those given here (`live`) or of held-back weeks (`backtest`)."""

    kind = models.CharField(max_length=30, unique=True, help_text="live, backtest, or months and what they count")
    made_at = models.DateTimeField()
    of = models.CharField(max_length=200, help_text="what it stands on, so that it is not made twice")
    result = models.JSONField()

    def __str__(self) -> str:
        return f"{self.kind} of {self.of}"


class ExpectedDate(models.Model):
    """An expected date of leaving as it stood at the first forecast of a day, and whether the patient left that day.

    `chance` is what the forecast would have said of leaving that day without the date: dates are worth what they add.
    """

    visit_key = models.CharField(max_length=120)
    stated_on = models.DateField(db_index=True)
    as_at = models.DateTimeField()
    ahead = models.IntegerField(help_text="days from that day to the expected one")
    chance = models.FloatField()
    left = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit_key", "stated_on"], name="one_expected_date_a_day")]

    def __str__(self) -> str:
        return f"{self.visit_key} in {self.ahead} days, said on {self.stated_on}"

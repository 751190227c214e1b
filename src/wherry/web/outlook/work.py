"""Working a forecast out: fit, read the position, look ahead, keep; then score what earlier ones said of this hour."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from wherry.errors import UserError
from wherry.flow import forecast
from wherry.flow.forecast import clock as hours
from wherry.flow.forecast.model import Model, Position
from wherry.flow.forecast.past import Past
from wherry.flow.forecast.sources import Walk, here_now
from wherry.web.outlook import packing, reading, rows, scoring
from wherry.web.outlook.models import ExpectedDate, Forecast, UnitForecast

NO_HISTORY = (
    "No history of visits has been loaded, so nothing can be expected from it. Nothing was worked out. Load some weeks "
    "of visits: wherry flow history load FOLDER."
)
#: The fitted model of the newest history that this process has seen, with what it was fitted on.
_fitted: dict[str, tuple[Model, Past]] = {}


def fitted() -> tuple[Model, Past]:
    """The model of the current history, fitted once in this process. UserError where there is no history."""
    from wherry.hub import flow

    key = flow.current_id()
    if key is None:
        raise UserError(NO_HISTORY)
    if key not in _fitted:
        past = forecast.read(flow.history())
        _fitted.clear()
        _fitted[key] = (forecast.fit(past), past)
    return _fitted[key]


def look_ahead(
    as_at: datetime,
) -> tuple[forecast.Outlook, Model, dict[tuple[str, str], int], list[str], list[dict[str, Any]]]:
    """The outlook from a whole hour, with open beds by site and group, what it could not know, and expected dates."""
    model, past = fitted()
    position, notes, dated = reading.position(model, as_at, past)
    factor, words = scoring.expected_dates(model.settings.expected_date_patients)
    position = Position(**{**vars(position), "factor": factor})
    outlook = forecast.expect(model, position)
    stated = _stated(model, position, dated) if dated else []
    return outlook, model, reading.beds_open(as_at), [*notes, *words], stated


def _stated(model: Model, position: Position, dated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each expected date with the chance of leaving today that the model gives without it."""
    plain = Position(**{**vars(position), "factor": np.ones(5)})
    walk = Walk(model, plain)
    midnight = next(
        (k for k, hour in enumerate(walk.seen) if walk.hours.hour[min(hour, len(walk.hours) - 1)] == 0 and hour), 1
    )
    stays = here_now(walk)
    return [one | {"chance": 1 - float(stays[one["place"], midnight])} for one in dated]


def keep(pk: int, as_at: datetime, began: float) -> None:
    """Work one forecast out and keep it, in one transaction; then score what earlier ones said."""
    outlook, model, beds, notes, stated = look_ahead(as_at)
    made = []
    for place, unit in enumerate(outlook.units):
        count = rows.open_beds(unit, beds)
        packed = packing.pack(outlook.chances[place])
        made.append(
            UnitForecast(
                forecast_id=pk, site=unit.site, group=unit.group, beds_open=count,
                rows=rows.rows(outlook, place, count), chances=packed,
            )
        )  # fmt: skip
    with transaction.atomic():
        UnitForecast.objects.filter(forecast_id=pk).delete()
        UnitForecast.objects.bulk_create(made)
        Forecast.objects.filter(pk=pk).update(
            history_from=hours.to_moment(model.fitted_from),
            history_to=hours.to_moment(model.fitted_to),
            notes=notes,
            seconds=time.monotonic() - began,
        )
        _keep_dates(stated, as_at)
    scoring.score(as_at)


def _keep_dates(stated: list[dict[str, Any]], as_at: datetime) -> None:
    today: date = as_at.astimezone(hours.LONDON).date()
    if ExpectedDate.objects.filter(stated_on=today).exists():
        return
    ExpectedDate.objects.bulk_create(
        ExpectedDate(visit_key=one["visit_key"], stated_on=today, as_at=as_at, ahead=one["ahead"], chance=one["chance"])
        for one in stated
    )
    ExpectedDate.objects.filter(stated_on__lt=today - timedelta(days=120)).delete()

"""The forecast once an hour: asked for by whoever looks first or by the hour before, worked out by the worker.

One forecast an hour: its row is unique, so however many ask, one works. Done, it asks for the next hour's by itself.
One that failed, or whose worker died, may be asked for again.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django_tasks import default_task_backend, task

from wherry.errors import UserError
from wherry.web.components import workers
from wherry.web.feed import changes, clock
from wherry.web.feed.models import PlayedTime
from wherry.web.outlook import work
from wherry.web.outlook.models import Forecast, ForecastState

SILENCE = timedelta(minutes=5)
UNEXPECTED = (
    "Something went wrong that we did not expect, and it was noted for whoever runs this service. Nothing was kept; "
    "earlier forecasts are as they were. Ask for it again."
)
LOST = "The program that worked on it stopped before it was done. Nothing was kept. Ask for it again."


def whole_hour(moment: datetime) -> datetime:
    """The last whole hour at or before a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def standing(row: Forecast) -> tuple[str, str]:
    """The state of a forecast and, if it failed, why; one whose worker is gone or silent has failed."""
    if row.state != ForecastState.RUNNING:
        return row.state, row.failure
    lost = workers.gone(row.worker) or datetime.now(UTC) - row.seen_at > SILENCE
    return (ForecastState.FAILED, LOST) if lost else (row.state, "")


def ask(as_at: datetime | None = None, *, again: bool = False) -> tuple[Forecast, bool]:
    """The forecast of this hour (by the live clock), asked for if nobody has; whether it was asked for here.

    `again` asks anew for one that failed or waits for a worker that never came.
    """
    hour = whole_hour(as_at or clock.now())
    now = datetime.now(UTC)
    with transaction.atomic():
        row = Forecast.objects.select_for_update().filter(as_at=hour).first()
        made = False
        if row is None:
            try:
                with transaction.atomic():
                    row = Forecast.objects.create(as_at=hour, asked_at=now, seen_at=now)
                made = True
            except IntegrityError:  # somebody was a moment earlier
                row = Forecast.objects.get(as_at=hour)
        elif again and (
            standing(row)[0] == ForecastState.FAILED
            or (row.state == ForecastState.WAITING and now - row.asked_at > timedelta(minutes=1))
        ):
            row.state, row.failure, row.asked_at, row.seen_at = ForecastState.WAITING, "", now, now
            row.save(update_fields=["state", "failure", "asked_at", "seen_at"])
            made = True
        if made:
            make_forecast.enqueue(forecast_id=row.pk)
    return row, made


@task()
def make_forecast(forecast_id: int) -> None:
    """Work out the forecast of one hour, then see to the next."""
    now = datetime.now(UTC)
    taken = Forecast.objects.filter(pk=forecast_id, state=ForecastState.WAITING).update(
        state=ForecastState.RUNNING, worker=workers.here()[:120], seen_at=now
    )
    if not taken:
        return
    row = Forecast.objects.get(pk=forecast_id)
    try:
        work.keep(row.pk, row.as_at, time.monotonic())
    except UserError as error:
        _end(row, ForecastState.FAILED, str(error))
    except Exception:
        _end(row, ForecastState.FAILED, UNEXPECTED)
        raise
    else:
        _end(row, ForecastState.DONE, "")
        changes.touch([OUTLOOK])
    _next(row.as_at)


def make_now() -> Forecast:
    """The forecast of this hour, worked out here and now if it is not there yet. UserError if it cannot be made."""
    hour = whole_hour(clock.now())
    now = datetime.now(UTC)
    row, _ = Forecast.objects.get_or_create(as_at=hour, defaults={"asked_at": now, "seen_at": now})
    if row.state != ForecastState.DONE:
        try:
            work.keep(row.pk, row.as_at, time.monotonic())
        except UserError as error:
            _end(row, ForecastState.FAILED, str(error))
            raise
        _end(row, ForecastState.DONE, "")
        changes.touch([OUTLOOK])
    return Forecast.objects.get(pk=row.pk)


#: What open pages of the next days ask the version of.
OUTLOOK = "outlook"


def _end(row: Forecast, state: str, failure: str) -> None:
    Forecast.objects.filter(pk=row.pk).update(state=state, failure=failure, seen_at=datetime.now(UTC))


def _next(as_at: datetime) -> None:
    """Ask for the next hour when it comes, by the live clock, where the queue can wait."""
    if not default_task_backend.supports_defer:
        return
    played = PlayedTime.objects.order_by("-pk").first()
    if played is not None and played.stopped_at is not None:
        return
    speed = played.speed if played is not None else 1.0
    wait = (as_at + timedelta(hours=1, seconds=5) - clock.now()) / max(speed, 1e-6)
    tick.using(run_after=datetime.now(UTC) + max(wait, timedelta(seconds=1))).enqueue()


@task()
def tick() -> None:
    """Ask for the forecast of the hour that it is."""
    ask()

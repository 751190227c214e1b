"""What came of forecasts: scored from the feed once their hour has gone by, added up; dates held against leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from beds_now_support import NOW, TODAY, live_position, stop_clock
from django.test import Client
from outlook_support import load_history

from wherry.paths import hub_dir
from wherry.web.access import Role
from wherry.web.components import live
from wherry.web.feed.models import Sender, Stay
from wherry.web.outlook import jobs, packing, scoring, selectors
from wherry.web.outlook.models import ExpectedDate, Forecast, ForecastState, Quality, Score, UnitForecast
from wherry.web.outlook.reading import occupied


def moved_to(moment: datetime) -> None:
    """Let it be a moment until which every sender has told of everything."""
    stop_clock(moment)
    Sender.objects.update(last_recorded_at=moment)


@pytest.fixture
def issued(db: None, no_data: Path) -> Forecast:
    load_history(hub_dir(), NOW - timedelta(days=1))
    live.forget()
    live_position()
    return jobs.make_now()


def test_each_forecast_is_scored_by_what_the_feed_shows(issued: Forecast) -> None:
    later = NOW + timedelta(hours=5)
    Stay.objects.filter(site="RM102", ward="M1", to_at=None).update(to_at=NOW + timedelta(hours=1))
    moved_to(later)
    assert scoring.score(jobs.whole_hour(later)) > 0
    medicine = Score.objects.get(site="RM102", group="medicine", ahead=4)
    at = issued.as_at + timedelta(hours=4)
    assert medicine.happened == occupied(at).get(("RM102", "medicine"), 0)
    unit = UnitForecast.objects.get(forecast=issued, site="RM102", group="medicine")
    place = [row["ahead"] for row in unit.rows].index(4)
    chances = packing.unpack(bytes(unit.chances or b""))[place]
    assert medicine.upto == pytest.approx(float(chances[: medicine.happened + 1].sum()))
    assert medicine.naive_now == round(unit.rows[0]["mean"])
    before = Score.objects.count()
    assert scoring.score(jobs.whole_hour(later)) == 0
    assert Score.objects.count() == before


def test_nothing_is_scored_by_a_feed_that_is_late(issued: Forecast) -> None:
    stop_clock(NOW + timedelta(hours=13))
    Sender.objects.filter(organisation="RM1").update(last_recorded_at=NOW + timedelta(hours=4))
    Sender.objects.exclude(organisation="RM1").update(last_recorded_at=NOW + timedelta(hours=13))
    scoring.score(jobs.whole_hour(NOW + timedelta(hours=13)))
    assert set(Score.objects.values_list("ahead", flat=True)) == {4}
    Sender.objects.update(last_recorded_at=NOW + timedelta(hours=13))
    scoring.score(jobs.whole_hour(NOW + timedelta(hours=13)))
    assert set(Score.objects.values_list("ahead", flat=True)) == {4, 12}


def test_scores_are_added_up_and_shown_once_there_are_enough(
    issued: Forecast, client_for: Callable[..., Client]
) -> None:
    moved_to(NOW + timedelta(hours=5))
    scoring.score(jobs.whole_hour(NOW + timedelta(hours=5)))
    kept = Quality.objects.get(kind="live")
    assert kept.result["issues"] == 1
    assert sum(kept.result["ahead"]["4"]["histogram"]) == pytest.approx(1, abs=0.01)
    live.forget()
    page = client_for(Role.SITE_MANAGER).get("/next-days/").content.decode()
    assert "Here would be how often these forecasts held" in page
    kept.result["issues"] = scoring.ENOUGH_ISSUES
    kept.save()
    live.forget()
    page = client_for(Role.SITE_MANAGER).get("/next-days/").content.decode()
    assert "These are our own forecasts of the last 28 days (48 of them)" in page


def test_distributions_are_dropped_once_all_is_scored(issued: Forecast) -> None:
    end = jobs.whole_hour(NOW + timedelta(hours=110))
    moved_to(end)
    scoring.score(end)
    assert sorted(set(Score.objects.values_list("ahead", flat=True))) == list(scoring.AHEAD)
    assert not UnitForecast.objects.exclude(chances=None).exists()
    assert selectors.units(issued)[0].rows


def test_expected_dates_weigh_as_much_as_they_came_true(issued: Forecast) -> None:
    assert ExpectedDate.objects.filter(stated_on=TODAY).count() == 2
    factor, words = scoring.expected_dates(30)
    assert factor.tolist() == [1.0] * 5
    assert words
    ExpectedDate.objects.bulk_create(
        ExpectedDate(visit_key=f"RM1|X{n}", stated_on=TODAY, as_at=NOW, ahead=0, chance=0.2, left=n % 4 != 0)
        for n in range(80)
    )
    factor, words = scoring.expected_dates(30)
    assert factor[1] > 2
    assert np.delete(factor, 1).tolist() == [1.0] * 4
    assert not words


def test_a_date_is_settled_by_the_end_of_its_day(issued: Forecast) -> None:
    Stay.objects.filter(visit__expected_discharge_on=TODAY).update(to_at=NOW + timedelta(hours=2))
    row = ExpectedDate.objects.get(ahead=0)
    from wherry.web.feed.models import Visit

    Visit.objects.filter(pk=row.visit_key).update(left_at=NOW + timedelta(hours=2), standing="left")
    scoring.settle_dates(NOW + timedelta(hours=3))
    assert ExpectedDate.objects.get(pk=row.pk).left is None
    scoring.settle_dates(NOW + timedelta(days=1))
    assert ExpectedDate.objects.get(pk=row.pk).left is True
    assert ExpectedDate.objects.exclude(pk=row.pk).get().left is False


def test_a_forecast_whose_worker_died_may_be_asked_for_again(issued: Forecast) -> None:
    Forecast.objects.filter(pk=issued.pk).update(state=ForecastState.RUNNING, worker="nowhere:1")
    row, made = jobs.ask(again=True)
    assert not made
    Forecast.objects.filter(pk=issued.pk).update(seen_at=issued.seen_at - timedelta(hours=1))
    row, made = jobs.ask(again=True)
    assert made
    row.refresh_from_db()
    assert row.state == ForecastState.DONE, row.failure

"""Worked examples of each measure by hand, and what must hold for any stays: lost days add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.discharge import metrics
from wherry.flow.discharge.acts import Span
from wherry.flow.discharge.due import LONDON, london_day
from wherry.flow.discharge.metrics import Cost, Stay
from wherry.flow.discharge.settings import UNKNOWN, load

SETTINGS = load()
NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 7, 1), date(2026, 7, 19)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=LONDON).astimezone(UTC)


def stay(ready: datetime | None, left: datetime | None, *spans: Span, **more: object) -> Stay:
    values: dict[str, object] = {"site": "RM102", "place": "Norwich", "pathway": "1"} | more
    return Stay("RM1|V1", admitted_at=at(1), ready_at=ready, left_at=left, spans=spans, **values)  # type: ignore[arg-type]


def test_ready_measures_by_hand() -> None:
    """Five discharges: 0, 0, 3 and 9 days, one without a date; a death and somebody still here do not count."""
    found = metrics.ready_measures(
        [
            stay(at(5), at(5)), stay(at(6, 8), at(6, 23)), stay(at(7), at(10)), stay(at(2), at(11)), stay(None, at(9)),
            stay(at(3), at(4), died=True), stay(at(3), None),
        ],
        SETTINGS,
    )  # fmt: skip
    assert (found.discharged, found.without_date, found.dated) == (5, 1, 4)
    assert found.share_on_the_day == 0.5
    assert found.mean_days == 3.0
    assert found.mean_days_delayed == 6.0
    assert dict(found.bands) == {"0": 2, "1": 0, "2-3": 1, "4-6": 0, "7-13": 1, "14-20": 0, "21+": 0}


def test_days_are_dates_in_london() -> None:
    """Ready at half past midnight in London and gone that evening: no day, although UTC says two dates."""
    ready = datetime(2026, 7, 3, 23, 30, tzinfo=UTC)
    assert metrics.days_to_leave(stay(ready, at(4, 20))) == 0
    assert metrics.days_to_leave(stay(at(4), at(6, 1))) == 2


def test_nobody_gives_no_share_and_no_mean() -> None:
    found = metrics.ready_measures([], SETTINGS)
    assert (found.share_on_the_day, found.mean_days, found.mean_days_delayed) == (None, None, None)
    assert metrics.pathway_mix([], SETTINGS)[0].share is None
    assert metrics.pathway_mix([], SETTINGS)[0].as_planned is None


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, "0"), (1, "1"), (2, "2-3"), (3, "2-3"), (4, "4-6"), (13, "7-13"), (14, "14-20"), (300, "21+")],
)
def test_bands(days: int, band: str) -> None:
    assert metrics.band_words(SETTINGS)[metrics.band_of(days, SETTINGS)] == band


def test_lost_nights_by_cause_at_each_midnight() -> None:
    """Ready on the 3rd, gone on the 7th: four nights. Medicines for one, home care for two, then no cause at all."""
    spans = (
        Span("code", "H05", at(3), at(4, 9)),
        Span("code", "C01", at(4, 9), at(6, 9)),
        Span("pathway", "1", at(5)),
    )
    nights = metrics.lost_nights([stay(at(3), at(7), *spans)], FIRST, LAST, NOW)
    assert [(night.day.day, night.code, night.pathway) for night in nights] == [
        (3, "H05", ""), (4, "C01", ""), (5, "C01", "1"), (6, UNKNOWN, "1"),
    ]  # fmt: skip
    assert metrics.by(nights, lambda night: night.code) == {"C01": 2, "H05": 1, UNKNOWN: 1}
    assert len(nights) == metrics.days_to_leave(stay(at(3), at(7)))


def test_only_nights_of_the_period_and_until_now() -> None:
    assert len(metrics.lost_nights([stay(at(3), None)], date(2026, 7, 10), LAST, NOW)) == 10
    assert len(metrics.lost_nights([stay(at(18), None)], FIRST, date(2026, 8, 30), NOW)) == 2  # the 18th and 19th
    assert metrics.lost_nights([stay(None, at(9)), stay(at(3), at(5), died=True)], FIRST, LAST, NOW) == []


def test_what_lost_days_cost_in_beds() -> None:
    """280 bed days in 28 nights are ten beds; a year at that rate is 3,650 days, again ten beds."""
    cost = Cost(days=280, period_days=28, year_days=365)
    assert (cost.beds, cost.a_year, cost.a_year / 365) == (10.0, 3650.0, 10.0)
    assert Cost(0, 0, 365).beds == 0.0


_days = st.integers(0, 40)


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    """Any stay: ready or not, gone or not, with any history of causes."""
    start = datetime(2026, 6, 10, tzinfo=UTC)
    ready = start + timedelta(hours=draw(st.integers(0, 900))) if draw(st.booleans()) else None
    left = start + timedelta(hours=draw(st.integers(0, 950))) if draw(st.booleans()) else None
    spans, moment = [], start
    for _ in range(draw(st.integers(0, 4))):
        end = moment + timedelta(hours=draw(st.integers(1, 300)))
        spans.append(Span("code", draw(st.sampled_from(["H05", "C01", "I01"])), moment, end))
        moment = end + timedelta(hours=draw(st.integers(0, 30)))
    site, place = draw(st.sampled_from(["RM102", "RGP75"])), draw(st.sampled_from(["Norwich", ""]))
    pathway, died = draw(st.sampled_from(["", "0", "1"])), draw(st.integers(0, 9)) == 0
    return Stay("v", site, place, start, left, ready, tuple(spans), 80, died, pathway)


@given(st.lists(stays(), max_size=8))
def test_lost_days_add_up_over_causes_and_unknown_however_they_are_cut(found: list[Stay]) -> None:
    nights = metrics.lost_nights(found, FIRST, LAST, NOW)
    for key in ("code", "pathway", "site", "place"):
        assert sum(metrics.by(nights, lambda night, key=key: getattr(night, key)).values()) == len(nights)  # type: ignore[misc]
    middle = date(2026, 7, 9)
    halves = metrics.lost_nights(found, FIRST, middle, NOW) + metrics.lost_nights(
        found, middle + timedelta(1), LAST, NOW
    )
    assert len(halves) == len(nights)


@given(st.lists(stays(), max_size=8))
def test_lost_days_of_whole_stays_are_the_days_from_ready_to_discharge(found: list[Stay]) -> None:
    """Counted the slow way: every date on which somebody woke in a bed after being ready."""
    gone = [stay for stay in found if stay.left_at is not None and stay.left_at < NOW and not stay.died]
    nights = metrics.lost_nights(gone, date(2026, 5, 1), date(2026, 9, 1), NOW)
    slow = 0
    for one in gone:
        if one.ready_at is None or one.left_at is None:
            continue
        day = london_day(one.ready_at)
        while day < london_day(one.left_at):
            slow, day = slow + 1, day + timedelta(days=1)
    assert len(nights) == slow
    assert slow == metrics.ready_measures(gone, SETTINGS).days


@given(st.lists(stays(), max_size=12))
def test_groups_add_up_to_the_whole(found: list[Stay]) -> None:
    whole = metrics.ready_measures(found, SETTINGS)
    parts = [
        metrics.ready_measures([one for one in found if one.site == site], SETTINGS) for site in ("RM102", "RGP75")
    ]
    assert whole.discharged == sum(part.discharged for part in parts)
    assert whole.days == sum(part.days for part in parts)
    assert whole.on_the_day == sum(part.on_the_day for part in parts)
    assert sum(number for _, number in whole.bands) == whole.dated


def test_when_patients_leave_by_hand() -> None:
    """Monday 6 to Sunday 12 July: ten on weekdays, one of them at 11:59 and one at noon; one on Saturday."""
    times = [at(6 + n % 5, 14) for n in range(8)] + [at(6, 12), at(11, 9)]
    times.append(datetime(2026, 7, 7, 11, 59, tzinfo=LONDON))
    found = metrics.leaving(times, date(2026, 7, 6), date(2026, 7, 12), SETTINGS)
    assert (found.total, found.before_noon, found.before_evening, found.weekend) == (11, 2, 11, 1)
    assert found.by_hour[14] == 8
    assert found.weekend_ratio == pytest.approx((1 / 2) / (10 / 5))
    assert metrics.leaving([], date(2026, 7, 6), date(2026, 7, 10), SETTINGS).weekend_ratio is None


def test_the_mix_of_pathways_beside_the_plan() -> None:
    """Of 20: 10 on pathway 0, 8 on 1, 1 on 2, 1 on 3. 5% on 2 and 3 are more than planned."""
    found = [stay(None, at(9), pathway=code) for code in "0" * 10 + "1" * 8 + "23"]
    mix = metrics.pathway_mix([*found, stay(None, at(9), pathway=""), stay(None, None, pathway="3")], SETTINGS)
    assert [(one.code, one.number, one.share, one.as_planned) for one in mix] == [
        ("0", 10, 0.5, True), ("1", 8, 0.4, True), ("2", 1, 0.05, False), ("3", 1, 0.05, False),
    ]  # fmt: skip

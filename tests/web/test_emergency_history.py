"""Times over weeks: days of the history and days of the live feed in one trend, counted alike."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from beds_now_support import NOW, TODAY
from django.test import Client
from emergency_support import departments

from wherry.flow.emergency.clocks import Clock, tally
from wherry.flow.emergency.windows import days, weeks
from wherry.hub import flow
from wherry.web.access import Role
from wherry.web.emergency import trends
from wherry.web.emergency.figures import GROUP

pytestmark = pytest.mark.django_db

#: The history begins on 1 June and ends in the night to 11 July; somebody in it came in May.
FIRST, LAST = datetime(2026, 6, 1, 0, 10, tzinfo=UTC), datetime(2026, 7, 10, 22, 30, tzinfo=UTC)


def visits() -> list[dict[str, str]]:
    """An attendance every three hours at two hospitals, of two to seven hours; every fifth is admitted."""
    rows, number, at = [], 0, FIRST
    while at <= LAST:
        for site in ("RM102", "RGP75"):
            number += 1
            end = at + timedelta(hours=2 + number % 6)
            admitted = number % 5 == 0
            rows.append(
                {
                    "site": site,
                    "kind": "emergency" if admitted else "attendance",
                    "ed_type": "1",
                    "arrived_at": at.isoformat(),
                    "decided_at": (end - timedelta(hours=1.5)).isoformat() if admitted and number % 10 else "",
                    "admitted_at": end.isoformat() if admitted else "",
                    "ward_group": "medicine" if admitted else "",
                    "left_at": (end + timedelta(days=3)).isoformat() if admitted else end.isoformat(),
                }
            )
        at += timedelta(hours=3)
    old = {**rows[0], "kind": "emergency", "arrived_at": "2026-05-20T08:00:00+00:00", "ward_group": "medicine"}
    return [*rows, {**old, "admitted_at": "2026-05-20T20:00:00+00:00", "left_at": "2026-06-09T10:00:00+00:00"}]


@pytest.fixture
def history(no_data: Path, tmp_path: Path) -> list[dict[str, str]]:
    """The history, loaded."""
    folder = tmp_path / "csv"
    folder.mkdir()
    rows = visits()
    with (folder / "visits.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert flow.load(folder, system="norfolk-waveney").rows().num_rows == len(rows)
    return rows


def moment(text: str) -> datetime | None:
    """A moment of a row."""
    return datetime.fromisoformat(text) if text else None


def test_the_history_holds_whole_days_from_its_first_attendance(history: list[dict[str, str]]) -> None:
    held = trends.history_days()
    assert held is not None
    assert [day.isoformat() for day in held] == ["2026-06-02", "2026-07-09"]


def test_days_of_the_history_are_counted_as_the_rules_count_one_at_a_time(history: list[dict[str, str]]) -> None:
    departments()
    found = trends.read(NOW, "four_hours", "days")
    sources = {point.label: point.source for point in found.points}
    assert list(sources.values()).count("history") == 23  # 17 June to 9 July
    for (_, window), point in zip(days(TODAY, 28), found.points, strict=True):
        if point.source != "history":
            continue
        total_within = total_of = 0
        for site in ("RM102", "RGP75"):
            clocks = [
                Clock(moment(row["arrived_at"]), moment(row["admitted_at"] or row["left_at"]))
                for row in history
                if row["site"] == site
            ]
            slow = tally(clocks, timedelta(hours=4), window, NOW)
            assert (point.of[site], point.values[site]) == (slow.of, slow.percent_within), point.label
            total_within, total_of = total_within + slow.within, total_of + slow.of
        assert point.values[GROUP] == pytest.approx(100 * total_within / total_of)
    assert found.points[-1].source == "live feed"
    assert found.points[-1].values["RM102"] == 40.0


def test_a_decision_that_was_not_told_is_missing_in_the_history_too(history: list[dict[str, str]]) -> None:
    departments()
    found = trends.read(NOW, "twelve_from_decision", "weeks")
    (week,) = [point for point in found.points if point.label == "8 Jun 2026"]
    (window,) = [window for on, window in weeks(TODAY, 52) if on.isoformat() == "2026-06-08"]
    untold = [row for row in history if row["admitted_at"] and not row["decided_at"]]
    assert week.missing == sum(window.holds(moment(row["admitted_at"])) for row in untold) > 0


def test_what_lies_before_the_history_is_not_known(
    history: list[dict[str, str]], client_for: Callable[..., Client]
) -> None:
    departments()
    found = trends.read(NOW, "four_hours", "weeks")
    before = [point for point in found.points if point.source == "not known"]
    assert before[-1].label == "1 Jun 2026"  # that week is not whole
    assert all(value is None for point in before for value in point.values.values())
    assert found.points[len(before)].values[GROUP] is not None
    text = client_for(Role.EXECUTIVE).get("/emergency/trend/?by=weeks").content.decode()
    assert "Up to 9 July 2026 from the history of flow" in text
    assert (
        "known from the live feed only"
        in client_for(Role.EXECUTIVE).get("/emergency/trend/?measure=assessment&by=weeks").content.decode()
    )

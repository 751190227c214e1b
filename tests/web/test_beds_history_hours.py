"""Occupancy hour by hour over the days on which the clocks change: every hour once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from beds_now_support import patient, visit

from wherry.web.beds import history_page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("now", [datetime(2026, 10, 26, 9, 30, tzinfo=UTC), datetime(2026, 3, 30, 9, 30, tzinfo=UTC)])
def test_every_hour_is_there_once_when_the_clocks_change(now: datetime) -> None:
    visit(patient("RM1", "Abbotsley"), [("RM102|M1|A|3", now - timedelta(days=9))])
    found = history_page.context(now, 3, ("RM102",))
    hours = [moment.astimezone(UTC) for moment, *_ in found["hourly"]]
    assert hours == [now.replace(minute=0) - timedelta(hours=back) for back in range(73)]
    assert {lain for _, lain, *_ in found["hourly"]} == {1}
    assert [one["moment"].hour for one in found["snapshots"]].count(8) == 4

"""Reviews owed, levels of escalation, and the tables that they are read from."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.discharge.due import LONDON
from wherry.flow.discharge.escalation import level_now, level_of_ready, level_of_task
from wherry.flow.discharge.places import home_of
from wherry.flow.discharge.reviews import answered, long_stay_due, overdue_since, windows
from wherry.flow.discharge.settings import load

SETTINGS = load()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


LONG_HERE = at(1, 12)


@pytest.mark.parametrize(
    ("now", "reviewed", "since"),
    [
        (at(14, 11, 59), at(13, 14), None),  # yesterday's afternoon was answered, this morning's is not due yet
        (at(14, 12), at(13, 14), at(14, 12)),
        (at(14, 12), at(14, 6), None),
        (at(14, 12), at(14, 5, 59), at(14, 12)),  # too early to be this morning's
        (at(14, 17, 59), at(14, 8), None),
        (at(14, 18), at(14, 8), at(14, 18)),
        (at(14, 18), at(14, 12, 30), None),
        (at(14, 3), None, at(13, 18)),
        (at(14, 3), at(13, 13), None),
    ],
)
def test_since_when_a_review_is_owed(now: datetime, reviewed: datetime | None, since: datetime | None) -> None:
    assert overdue_since(now, here_from=LONG_HERE, reviewed_at=reviewed, settings=SETTINGS) == since


def test_who_came_after_a_window_began_owes_the_next_one() -> None:
    assert overdue_since(at(14, 13), here_from=at(14, 7), reviewed_at=None, settings=SETTINGS) is None
    assert overdue_since(at(14, 18), here_from=at(14, 7), reviewed_at=None, settings=SETTINGS) == at(14, 18)


def test_the_night_the_clocks_change_owes_two_reviews_as_any_day() -> None:
    owed = windows(date(2026, 10, 25), date(2026, 10, 25), SETTINGS)
    assert [one.due_at.astimezone(UTC).hour for one in owed] == [12, 18]
    assert [one.due_at.astimezone(UTC).hour for one in windows(date(2026, 10, 24), date(2026, 10, 24), SETTINGS)] == [
        11,
        17,
    ]


def test_two_windows_a_day_each_answered_once() -> None:
    owed = windows(date(2026, 7, 13), date(2026, 7, 14), SETTINGS)
    made = [at(13, 9), at(13, 10), at(14, 13)]
    assert answered(made, owed, here_from=LONG_HERE, here_to=at(14, 20)) == (2, 4)
    assert answered(made, owed, here_from=at(13, 11), here_to=at(14, 20)) == (1, 3)
    assert answered([], [], here_from=LONG_HERE, here_to=at(14, 20)) == (0, 0)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 100))
def test_reviewed_this_minute_owes_nothing(hour: int, minute: int, days: int) -> None:
    now = at(14, hour, minute)
    assert overdue_since(now, here_from=now - timedelta(days=days), reviewed_at=now, settings=SETTINGS) is None


@pytest.mark.parametrize(
    ("days", "reviewed_on", "due"),
    [
        *((6, None, None), (7, None, 7), (13, 7, None), (14, 7, 14), (20, 14, None), (21, 14, 21), (27, 21, None)),
        *((28, 21, 21), (30, 28, None), (35, 28, 21), (40, None, 21)),
    ],
)
def test_long_stays_are_reviewed_at_seven_fourteen_and_weekly_from_twenty_one(
    days: int, reviewed_on: int | None, due: int | None
) -> None:
    came = datetime(2026, 3, 2, 15, tzinfo=UTC)
    reviewed = came + timedelta(days=reviewed_on) if reviewed_on is not None else None
    found = long_stay_due(came, reviewed, came + timedelta(days=days), SETTINGS)
    assert (found.days if found else None) == due


def test_levels_of_a_ready_patient_by_nights() -> None:
    ready = at(1, 23)
    assert [level_of_ready(ready, ready + timedelta(days=n), SETTINGS) for n in (0, 2, 3, 7, 14, 99)] == [
        0,
        0,
        1,
        2,
        3,
        3,
    ]
    assert level_of_ready(None, ready, SETTINGS) == level_of_task(None, ready, SETTINGS) == 0


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 600), st.one_of(st.none(), st.integers(0, 600)))
def test_a_level_never_goes_down_and_never_beyond_the_last(
    reached: int, current: int, minutes: int, seen: int | None
) -> None:
    start = at(1, 9)
    found = level_now(
        reached, current=current, assigned_at=start, acknowledged_at=start if seen is not None else None,
        now=start + timedelta(minutes=minutes), settings=SETTINGS,
    )  # fmt: skip
    assert current <= found <= 3
    assert found >= reached
    if seen is not None:
        assert found == max(reached, current)


def test_every_figure_says_where_it_is_from_and_how_sure() -> None:
    sets = (
        SETTINGS.criteria,
        SETTINGS.pathways,
        SETTINGS.confidence,
        SETTINGS.reasons,
        SETTINGS.tasks,
        SETTINGS.causes,
    )
    rows = [row for group in sets for row in group.values()] + [
        *SETTINGS.windows,
        *SETTINGS.levels,
        *SETTINGS.long_stays,
    ]
    for row in rows:
        assert row.source  # type: ignore[attr-defined]
        assert row.certainty in ("sourced", "general knowledge", "own default")  # type: ignore[attr-defined]
    assert len(SETTINGS.causes) == 37
    assert len({cause.group for cause in SETTINGS.causes.values()}) == 5


def test_every_postcode_district_of_the_artificial_people_is_in_the_table() -> None:
    text = resources.files("wherry.synthetic").joinpath("data", "assumptions.toml").read_text(encoding="utf-8")
    import tomllib

    outcodes = tomllib.loads(text)["outcodes"]
    for words, codes in outcodes.items():
        for code in codes.split():
            assert home_of(f"{code} 1AA").place, (words, code)
    assert home_of("NR33 8AA").council == "E10000029"
    assert home_of("PE30 1AA").place == "West Norfolk"


def test_a_system_may_bring_its_own_tables_and_a_wrong_one_is_refused_by_name(tmp_path: Path) -> None:
    own = tmp_path / "discharge"
    own.mkdir()
    ours = resources.files("wherry.flow.discharge")
    text = ours.joinpath("levels.toml").read_text(encoding="utf-8")
    (own / "levels.toml").write_text(text.replace("overdue_hours = 2", "overdue_hours = 5"), encoding="utf-8")
    load.cache_clear()
    assert load(tmp_path).levels[0].overdue_hours == 5
    (own / "levels.toml").write_text(text.replace('role = "manager"', 'role = "nobody"'), encoding="utf-8")
    load.cache_clear()
    with pytest.raises(UserError, match="level 2: role 'nobody'"):
        load(tmp_path)
    (own / "levels.toml").write_text("not [ toml", encoding="utf-8")
    load.cache_clear()
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)
    shutil.rmtree(own)
    own.mkdir()
    tasks = ours.joinpath("tasks.toml").read_text(encoding="utf-8")
    for wrong, said in (
        (tasks.replace('waits_for = ["summary"]', 'waits_for = ["nothing"]'), "waits for 'nothing'"),
        (tasks.replace('cause = "H05"', 'cause = "H99"'), "'H99' is not in the table"),
        (tasks.replace('from = "left"', 'from = "birth"'), "due from 'birth'"),
    ):
        (own / "tasks.toml").write_text(wrong, encoding="utf-8")
        load.cache_clear()
        with pytest.raises(UserError, match=said):
            load(tmp_path)
    load.cache_clear()

"""What is counted from tables, beside a count of the same rows in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from counting_support import (
    CENSUS,
    SITES,
    TRUSTS,
    People,
    Rows,
    clocks,
    definition,
    figures,
    load_flow,
    month_ends,
    own_definitions,
    system_with,
    visits,
    write_snapshot,
)

from wherry.performance.measures import build, definitions, values
from wherry.performance.measures.counting.given import begin, following, periods
from wherry.performance.measures.counting.rtt import _waited
from wherry.performance.measures.model import Grain
from wherry.performance.measures.scopes import scopes
from wherry.performance.measures.values import Values
from wherry.reference.system import System
from wherry.waiting import diagnostics
from wherry.waiting.clocks import week_band

LONDON = ZoneInfo("Europe/London")
SPLITS = ("age_band", "sex", "ethnicity", "imd_quintile", "place")
Counted = dict[tuple[date, str, str], list[float]]

DEFINITIONS = {
    "test-waiting": definition(
        "test-waiting", splits=SPLITS, table="rtt_waiting", numerator="count(*) FILTER (WHERE days_waited <= 126)",
        denominator="count(*) FILTER (WHERE days_waited IS NOT NULL)",
    ),
    "test-all-waiting": definition(
        "test-all-waiting", unit="number", table="rtt_waiting", numerator="count(*)", where="treatment_function = '110'"
    ),
    "test-waiting-weekly": definition(
        "test-waiting-weekly", unit="number", grain="week", table="rtt_waiting", numerator="count(*)"
    ),
    "test-stopped": definition(
        "test-stopped", unit="days", splits=("sex",), table="rtt_stopped", numerator="sum(days_waited)",
        denominator="count(days_waited)", where="admitted",
    ),
    "test-year": definition("test-year", unit="number", grain="year", table="rtt_stopped", numerator="count(*)"),
    "test-four-hours": definition(
        "test-four-hours", grain="week", splits=("age_band",), table="emergency_visit",
        numerator="count(*) FILTER (WHERE minutes <= 240)", denominator="count(*)",
    ),
    "test-beds": definition(
        "test-beds", grain="week", table="bed_morning", numerator="sum(occupied)", denominator="sum(open)",
        where="general",
    ),
    "test-ready": definition(
        "test-ready", grain="week", table="patient_in_bed", numerator="count(*) FILTER (WHERE ready)",
        denominator="count(*)",
    ),
    "test-nights": definition(
        "test-nights", unit="days", grain="week", table="spell_end", numerator="sum(nights)", denominator="count(*)"
    ),
    "test-tests": definition(
        "test-tests", table="diagnostic_waiting", numerator="count(*) FILTER (WHERE days_waited > 42)",
        denominator="count(*)",
    ),
    "test-follow-ups": definition(
        "test-follow-ups", table="follow_up_owed", numerator="count(*) FILTER (WHERE overdue)", denominator="count(*)"
    ),
    "test-cancer-62": definition(
        "test-cancer-62", table="cancer_wait", numerator="sum(weight) FILTER (WHERE within)",
        denominator="sum(weight)", where="standard = '62'",
    ),
    "test-cancer-open": definition(
        "test-cancer-open", unit="number", table="cancer_waiting", numerator="count(*) FILTER (WHERE days > 62)"
    ),
    "test-theatre": definition(
        "test-theatre", table="theatre_session", numerator="sum(capped_minutes)", denominator="sum(planned_minutes)"
    ),
    "test-offered": definition("test-offered", unit="number", table="offer", numerator="count(*)"),
    "test-offers": definition(
        "test-offers", table="offer", numerator="count(*) FILTER (WHERE accepted)",
        denominator="count(*) FILTER (WHERE answered)",
    ),
}  # fmt: skip


@dataclass
class Built:
    """What was written and what was counted of it."""

    system: System
    hub: Path
    people: People
    periods: Rows
    pathways: dict[str, str]
    visits: Rows
    tests: Rows
    follow_ups: Rows
    cancers: Rows
    values: Values

    @property
    def districts(self) -> dict[str, str]:
        """District of each area."""
        names, codes = self.system.places["lsoa"].to_pylist(), self.system.places["district_code"].to_pylist()
        return dict(zip(names, codes, strict=True))


def _tests(people: People) -> Rows:
    rows: Rows = []
    for at in range(300):
        asked = CENSUS - timedelta(days=(at * 7) % 140)
        done = asked + timedelta(days=(at * 13) % 90)
        rows.append(
            {
                "request_key": f"t{at}", "person_key": people.rows[at % len(people.rows)]["person_key"],
                "source": TRUSTS[at % 3], "test": "mri", "priority": "D2", "requested_on": asked,
                "clock_start_on": None if at % 37 == 0 else asked, "planned": at % 11 == 0,
                "planned_due_on": asked + timedelta(days=20) if at % 11 == 0 else None,
                "performed_on": done if done <= CENSUS and at % 5 else None,
                "removed_on": done if done <= CENSUS and at % 5 == 0 else None,
            }
        )  # fmt: skip
    return rows


def _follow_ups(people: People) -> Rows:
    rows: Rows = []
    for at in range(240):
        seen = CENSUS - timedelta(days=(at * 11) % 300)
        latest = seen + timedelta(days=(at * 7) % 120) if at % 9 else None
        closed = seen + timedelta(days=(at * 5) % 150)
        rows.append(
            {
                "follow_up_key": f"f{at}", "person_key": people.rows[at % len(people.rows)]["person_key"],
                "source": TRUSTS[at % 3], "last_seen_on": seen, "latest_on": latest, "initiated_by": "clinic",
                "closed_on": closed if closed <= CENSUS and at % 3 else None,
            }
        )  # fmt: skip
    return rows


def _cancers(people: People) -> Rows:
    rows: Rows = []
    for at in range(260):
        start = CENSUS - timedelta(days=(at * 3) % 300)
        treated = start + timedelta(days=20 + (at * 17) % 90)
        shared = at % 4 == 0
        rows.append(
            {
                "cancer_key": f"c{at}", "pathway_key": f"w{at}", "source": TRUSTS[at % 3],
                "person_key": people.rows[at % len(people.rows)]["person_key"],
                "tumour_group": "skin", "route": "usc", "receipt_date": start,
                "treatment_date": treated if treated <= CENSUS else None,
                "referred_from": "RGP" if shared else None,
                "transferred_on": start + timedelta(days=30 + at % 20) if shared else None,
                "first_seen_adjustment_days": 5 if at % 7 == 0 else None,
                "closed_on": treated if at % 10 == 9 and treated <= CENSUS else None,
            }
        )  # fmt: skip
    return rows


SESSIONS: Rows = [
    {
        "session_key": f"RM1:{day}", "organisation": "RM1", "kind": "theatre", "site": "RM102", "status": status,
        "session_on": date(2025, 12, 1) + timedelta(days=day), "planned_minutes": 240, "treatment_function": "110",
    }
    for day, status in [(day, "cancelled" if day % 10 == 5 else "held") for day in range(62)]
]  # fmt: skip
CASES: Rows = [
    {"case_key": f"{row['session_key']}:{n}", "session_key": row["session_key"], "from_minute": begun, "to_minute": end}
    for row in SESSIONS
    if row["status"] == "held" and row["session_on"].day != 20  # no case was recorded on those days
    for n, (begun, end) in enumerate([(-10, 80), (90, 260)])
]


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """Only the definitions of these tests."""
    with own_definitions():
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One small hub and everything counted from it."""
    folder = tmp_path_factory.mktemp("measures")
    people = People(90, seed=3)
    rows, pathways = clocks(people, 900, seed=5)
    seen = visits(900, 7, date(2026, 2, 2), 60)
    tests, owed, cancers = _tests(people), _follow_ups(people), _cancers(people)
    hub = folder / "hub"
    tables = {
        "person": people.rows, "pathway": pathways, "rtt_period": rows, "diagnostic_request": tests,
        "follow_up": owed, "cancer_pathway": cancers, "capacity_session": SESSIONS, "theatre_case": CASES,
        "pathway_event": [
            {"event_key": f"e{row['pathway_key']}", "pathway_key": row["pathway_key"], "event_on": date(2025, 6, 1)}
            for row in rows
            if row["clock_start"] is None
        ],
    }  # fmt: skip
    write_snapshot(hub, tables)
    load_flow(folder / "flow", hub, seen)
    system = system_with(folder / "system", DEFINITIONS)
    found = build.build(system, hub)
    by_path = {row["pathway_key"]: row["person_key"] for row in pathways}
    return Built(system, hub, people, rows, by_path, seen, tests, owed, cancers, found)


def reach_of(days: Iterable[date]) -> date:
    """From where on events are steady, told over again: nothing here is older than the steady part."""
    return min(days)


def test_nothing_is_wrong_with_the_definitions(built: Built) -> None:
    assert built.values.manifest["problems"] == []
    assert set(DEFINITIONS) - built.values.measures() == {"test-offers", "test-offered"}  # nobody was offered anything


def test_who_waited_at_the_end_of_each_month(built: Built) -> None:
    ends, districts = month_ends(12), built.districts
    for split in ("all", *SPLITS):
        expected: Counted = defaultdict(lambda: [0, 0])
        for row in built.periods:
            listed = row["clock_start"] or date(2025, 6, 1)
            for end in ends:
                gone = row["clock_stop"] is not None and row["clock_stop"] <= end
                if row["outcome"] == "nullified" or listed > end or gone or row["clock_start"] is None:
                    continue
                days = (end - row["clock_start"]).days
                person = built.pathways[row["pathway_key"]]
                category = "" if split == "all" else built.people.category(person, split, end, districts)
                held = expected[end.replace(day=1), row["organisation"], category]
                held[0] += days <= 126
                held[1] += 1
        assert figures(built.values, "test-waiting", split) == {key: tuple(held) for key, held in expected.items()}


def test_those_of_unknown_start_are_on_the_list_and_in_no_share(built: Built) -> None:
    found = figures(built.values, "test-all-waiting")
    end = CENSUS
    expected = sum(
        row["outcome"] == "open" and row["treatment_function"] == "110" and row["organisation"] == "RM1"
        for row in built.periods
    )
    assert found[end.replace(day=1), "RM1", ""] == (expected, None)


def test_weeks_are_whole_and_a_year_of_them(built: Built) -> None:
    weeks = sorted({period for period, _, _ in figures(built.values, "test-waiting-weekly")})
    assert all(week.weekday() == 0 for week in weeks)
    assert weeks[-1] + timedelta(days=6) <= CENSUS < weeks[-1] + timedelta(days=13)
    assert len(weeks) == 52


def test_waits_of_stopped_clocks(built: Built) -> None:
    expected: Counted = defaultdict(lambda: [0, 0])
    stops = defaultdict(list)
    for row in built.periods:
        if row["clock_stop"] is not None and row["outcome"] != "nullified":
            stops[row["organisation"]].append(row["clock_stop"])
    first = CENSUS - timedelta(weeks=104)
    for row in built.periods:
        if row["outcome"] == "stopped" and row["admitted"]:
            month = row["clock_stop"].replace(day=1)
            since = max(first, reach_of(stops[row["organisation"]]))
            if month < since:
                continue
            sex = built.people.by_key[built.pathways[row["pathway_key"]]]["sex"]
            held = expected[month, row["organisation"], sex]
            held[0] += (row["clock_stop"] - row["clock_start"]).days
            held[1] += 1
    found = figures(built.values, "test-stopped", "sex")
    later = min(period for period, _, _ in found)
    assert found == {key: tuple(held) for key, held in expected.items() if key[0] >= later}
    assert later <= date(2024, 6, 1)


def test_a_year_of_events_is_from_april_to_march(built: Built) -> None:
    stopped = [row for row in built.periods if row["outcome"] == "stopped"]
    year = [row["organisation"] for row in stopped if date(2024, 4, 1) <= row["clock_stop"] <= date(2025, 3, 31)]
    expected = {(date(2024, 4, 1), trust, ""): (year.count(trust), None) for trust in TRUSTS}
    assert figures(built.values, "test-year") == expected


def _weeks(built: Built, code: str) -> list[date]:
    return sorted({period for period, _, _ in figures(built.values, code)})


def test_visits_to_the_department(built: Built) -> None:
    owner = {site: trust for trust, site in SITES.items()}
    expected: Counted = defaultdict(lambda: [0, 0])
    weeks = _weeks(built, "test-four-hours")
    for row in built.visits:
        out = row.get("admitted_at") or row["left_at"]
        day = row["arrived_at"].astimezone(LONDON).date()
        if out is None or begin(day, Grain.WEEK) not in weeks:
            continue
        held = expected[begin(day, Grain.WEEK), owner[row["site"]], row["age_band"]]
        held[0] += (out - row["arrived_at"]) <= timedelta(hours=4)
        held[1] += 1
    assert figures(built.values, "test-four-hours", "age_band") == {key: tuple(held) for key, held in expected.items()}
    assert weeks[0] == date(2026, 2, 9)  # the first day may be half a day, so its week is left out
    assert len(weeks) == 7


def test_beds_and_people_in_them_each_morning(built: Built) -> None:
    owner = {site: trust for trust, site in SITES.items()}
    weeks = _weeks(built, "test-ready")
    occupied: Counted = defaultdict(lambda: [0, 0])
    for week in weeks:
        for day in (week + timedelta(days=number) for number in range(7)):
            at = datetime.combine(day, time(8), LONDON)
            for row in built.visits:
                left = row.get("left_at")
                if row.get("admitted_at") is None or row["admitted_at"] > at or (left is not None and left <= at):
                    continue
                held = occupied[week, owner[row["site"]], ""]
                held[0] += "ready_at" in row and row["ready_at"] <= at
                held[1] += 1
    assert figures(built.values, "test-ready") == {key: tuple(held) for key, held in occupied.items()}
    beds = figures(built.values, "test-beds")
    assert {key: found[0] for key, found in beds.items()} == {key: held[1] for key, held in occupied.items()}
    assert len({found[1] for key, found in beds.items() if key[1] == "RM1"}) == 1
    assert weeks[0] >= date(2026, 2, 2) + timedelta(days=28)  # those who came before the history are missing at first


def test_nights_of_stays_that_ended(built: Built) -> None:
    owner = {site: trust for trust, site in SITES.items()}
    weeks = _weeks(built, "test-nights")
    expected: Counted = defaultdict(lambda: [0, 0])
    for row in built.visits:
        if row.get("admitted_at") is None or row["left_at"] is None:
            continue
        left = row["left_at"].astimezone(LONDON).date()
        if begin(left, Grain.WEEK) in weeks:
            held = expected[begin(left, Grain.WEEK), owner[row["site"]], ""]
            held[0] += (left - row["admitted_at"].astimezone(LONDON).date()).days
            held[1] += 1
    assert figures(built.values, "test-nights") == {key: tuple(held) for key, held in expected.items()}


def test_who_waited_for_a_test(built: Built) -> None:
    expected: Counted = defaultdict(lambda: [0, 0])
    found = figures(built.values, "test-tests")
    months = sorted({period for period, _, _ in found})
    for month in months:
        end = following(month, Grain.MONTH) - timedelta(days=1)
        for row in built.tests:
            start = row["planned_due_on"] or row["clock_start_on"]
            gone = row["performed_on"] or row["removed_on"]
            if (gone and gone <= end) or row["requested_on"] > end or (start and start > end):
                continue
            if row["planned"] and row["planned_due_on"] >= end:
                continue
            held = expected[month, row["source"], ""]
            held[0] += start is not None and (end - start).days > diagnostics.limit_days(end)
            held[1] += 1
    assert found == {key: tuple(held) for key, held in expected.items() if key in found}
    assert months[-1] == date(2026, 1, 1)


def test_follow_ups_that_are_late(built: Built) -> None:
    found = figures(built.values, "test-follow-ups")
    expected: Counted = defaultdict(lambda: [0, 0])
    for month in {period for period, _, _ in found}:
        end = following(month, Grain.MONTH) - timedelta(days=1)
        for row in built.follow_ups:
            if row["last_seen_on"] > end or (row["closed_on"] and row["closed_on"] <= end):
                continue
            held = expected[month, row["source"], ""]
            held[0] += row["latest_on"] is not None and row["latest_on"] < end
            held[1] += 1
    assert found == {key: tuple(held) for key, held in expected.items() if key in found}
    assert len(found) > 6


def test_shared_cancer_cases_add_up_to_whole_ones(built: Built) -> None:
    found = figures(built.values, "test-cancer-62")
    whole = 0
    for month in {period for period, _, _ in found}:
        treated = [
            row for row in built.cancers if row["treatment_date"] and row["treatment_date"].replace(day=1) == month
        ]
        within = [
            row
            for row in treated
            if (row["treatment_date"] - row["receipt_date"]).days - (row["first_seen_adjustment_days"] or 0) <= 62
        ]
        mine = [held for key, held in found.items() if key[0] == month]
        whole += len(mine) == len(TRUSTS)
        if len(mine) == len(TRUSTS):
            assert sum(held[1] or 0 for held in mine) == len(treated)
            assert sum(held[0] for held in mine) == len(within)
    assert whole > 3
    assert any(held[0] != int(held[0]) for held in found.values())  # halves


def test_cancer_pathways_that_run(built: Built) -> None:
    found = figures(built.values, "test-cancer-open")
    for (month, trust, _), (late, _) in found.items():
        end = following(month, Grain.MONTH) - timedelta(days=1)
        expected = 0
        for row in built.cancers:
            over = (row["treatment_date"] and row["treatment_date"] <= end) or (
                row["closed_on"] and row["closed_on"] <= end
            )
            if row["source"] == trust and row["receipt_date"] <= end and not over:
                expected += (end - row["receipt_date"]).days - (row["first_seen_adjustment_days"] or 0) > 62
        assert late == expected


def test_theatre_sessions_use_their_planned_time(built: Built) -> None:
    found = figures(built.values, "test-theatre")
    january = [row for row in SESSIONS if row["session_on"].month == 1 and row["status"] == "held"]
    counted = len([row for row in january if row["session_on"].day != 20])
    assert found[date(2026, 1, 1), "RM1", ""] == ((80 + 150) * counted, 240 * counted)
    assert counted == 27  # of 31 days three were cancelled, and of one no case was recorded


def test_a_group_is_sums_over_sums(built: Built) -> None:
    group = scopes(built.system, CENSUS)[0]
    measure = definitions.load(built.system)["test-waiting"]
    series = built.values.series(measure, group)
    rows = figures(built.values, "test-waiting")
    for at, period in enumerate(series.periods):
        top = sum(held[0] for key, held in rows.items() if key[0] == period)
        below = sum(held[1] or 0 for key, held in rows.items() if key[0] == period)
        assert (series.numerators[at], series.denominators[at]) == (top, below)
        assert series.values[at] == pytest.approx(100 * top / below)


def test_week_bands_are_those_of_the_clock_rules() -> None:
    import duckdb

    days = np.arange(0, 900)
    start = date(2020, 1, 1)
    starts, until = [start] * len(days), [start + timedelta(days=int(n)) for n in days]
    rows = pa.table({"clock_start": [*starts, None], "until": [*until, start]})
    with duckdb.connect() as con:
        con.register("c", rows)
        found = con.sql(f"SELECT {_waited('until')} FROM c").to_arrow_table()
    assert found["days_waited"].to_pylist() == [*days.tolist(), None]
    assert found["week_band"].to_pylist() == [*week_band(days).tolist(), None]


@pytest.mark.parametrize("grain", list(Grain))
def test_periods_follow_each_other_and_are_whole(grain: Grain) -> None:
    since, until = date(2024, 2, 27), date(2026, 3, 3)
    found = periods(grain, since, until)
    assert all(one.first >= since and one.last <= until for one in found)
    assert all(begin(day, grain) == one.first for one in found for day in (one.first, one.last))
    assert all(later.first == earlier.last + timedelta(days=1) for earlier, later in pairwise(found))
    assert not found or begin(since, grain) in (found[0].first, begin(found[0].first - timedelta(days=1), grain))


# --- what is taken over, and what is said -----------------------------------------------------------------------------


def offers(*accepted: bool) -> pa.Table:
    """Offers of January, as the pages hand them in."""
    day = date(2026, 1, 10)
    row: dict[str, Any] = {
        "day": day, "organisation": "RM1", "answered": True, "chose_to_wait": False, "withdrawn": False,
        "moved": False, "kind": "aid", "to_organisation": "RGP", "treatment_function": "110", "weeks_sooner": 4,
        "days_to_answer": 2, "age_band": "40-64", "sex": "1", "ethnicity": "White", "imd_quintile": "1", "place": "",
    }  # fmt: skip
    table = pa.Table.from_pylist([{**row, "accepted": yes} for yes in accepted])
    return table.replace_schema_metadata({"from": "2025-12-01", "to": "2026-01-31"})


def test_what_people_did_is_counted_and_the_rest_taken_over(built: Built) -> None:
    said: list[str] = []
    first = build.build(built.system, built.hub, {"offer": offers(True, False, True)}, more_id="three", say=said.append)
    assert figures(first, "test-offers") == {(date(2026, 1, 1), "RM1", ""): (2, 3)}
    # In December nobody offered anything, which is known: a number is 0, and there is no share of nothing.
    assert figures(first, "test-offered") == {
        (date(2025, 12, 1), "RM1", ""): (0, None),
        (date(2026, 1, 1), "RM1", ""): (3, None),
    }
    assert "measures to count" in said[0]
    assert len([words for words in said if words.startswith("rtt_waiting")]) == 0
    assert first.rows("test-waiting").equals(built.values.rows("test-waiting"))
    assert not build.is_stale(built.system, built.hub, "three")
    assert build.is_stale(built.system, built.hub, "four")
    without = build.build(built.system, built.hub, again=True)
    assert "test-offers" not in without.measures()
    assert without.table.equals(built.values.table)


def test_half_a_month_of_what_people_did_is_left_out(built: Built) -> None:
    table = offers(True).replace_schema_metadata({"from": "2026-01-02", "to": "2026-01-31"})
    assert "test-offers" not in build.build(built.system, built.hub, {"offer": table}).measures()
    build.build(built.system, built.hub)


def test_a_table_that_lacks_a_column_is_said_and_stops_nothing_else(built: Built) -> None:
    found = build.build(built.system, built.hub, {"offer": offers(True).drop_columns(["moved"])})
    assert any("no column moved" in words for words in found.manifest["problems"])
    assert "test-waiting" in found.measures()
    build.build(built.system, built.hub)


def test_a_changed_definition_makes_the_values_stale_and_counts_it_alone(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    people = People(20, 1)
    rows, pathways = clocks(people, 200, 2)
    write_snapshot(hub, {"person": people.rows, "pathway": pathways, "rtt_period": rows})
    system = system_with(tmp_path / "system", {"test-waiting": DEFINITIONS["test-waiting"]})
    assert build.is_stale(system, hub)
    before = build.build(system, hub)
    assert not build.is_stale(system, hub)
    path = tmp_path / "system" / "measures" / "test-waiting.toml"
    path.write_text(DEFINITIONS["test-waiting"].replace("126", "3000"), encoding="utf-8")
    assert build.is_stale(system, hub)
    said: list[str] = []
    after = build.build(system, hub, say=said.append)
    assert said[0].startswith("1 measures to count")
    assert all(held[0] == held[1] for held in figures(after, "test-waiting").values())
    assert figures(before, "test-waiting") != figures(after, "test-waiting")
    # Another snapshot is counted anew, too, and what is gone from it is gone.
    write_snapshot(hub, {}, name="20260202T000000.000Z-bbbbbb")
    assert build.is_stale(system, hub)
    assert "test-waiting" not in build.build(system, hub).measures()


def test_a_wrong_definition_stops_nothing_else(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    people = People(20, 1)
    rows, pathways = clocks(people, 200, 2)
    write_snapshot(hub, {"person": people.rows, "pathway": pathways, "rtt_period": rows})
    wrong = {
        "test-column": definition("test-column", unit="number", table="rtt_waiting", numerator="sum(days_waite)"),
        "test-split": definition(
            "test-split", unit="number", splits=("place",), table="theatre_session", numerator="count(*)"
        ),
        "test-reckon": definition(
            "test-reckon",
            unit="number",
            table="rtt_waiting",
            numerator="sum(length(sex || 'x'))",
        ),
        "test-cast": definition("test-cast", unit="number", table="rtt_waiting", numerator="sum(cast(sex AS integer))"),
        "test-toml": "code = ",
        "test-waiting": DEFINITIONS["test-waiting"],
    }
    system = system_with(tmp_path / "system", wrong)
    found = build.build(system, hub)
    said = "\n".join(found.manifest["problems"])
    for words in (
        "test-column.toml, source.numerator: rtt_waiting has no column 'days_waite': did you mean 'days_waited'?",
        "test-split.toml, splits: theatre_session cannot be split by place",
        "test-toml.toml cannot be read as TOML",
        "test-cast.toml: it cannot be reckoned with the figures that came",
        "test-reckon.toml, source.numerator: sex || 'x' is not allowed",
    ):
        assert words in said
    assert "test-waiting" in found.measures()
    # Nothing has changed: the next build says the same again.
    assert sorted(build.build(system, hub).manifest["problems"]) == sorted(found.manifest["problems"])


def test_an_empty_hub_has_no_values_and_no_error(tmp_path: Path) -> None:
    system = system_with(tmp_path / "system", {})
    found = build.build(system, tmp_path / "hub")
    assert found.table.num_rows == 0
    assert values.open(tmp_path / "hub").measures() == frozenset()
    assert found.manifest["built_at"][:4] == str(datetime.now(UTC).year)

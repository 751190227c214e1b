"""The pages of capacity against the handmade snapshot: numbers agree with its rows, each has its sessions behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.http import QueryDict
from django.test import Client
from snapshot_factory import CENSUS, Made
from waiting_support import folder, person, rows

from wherry.waiting.capacity import rule_on
from wherry.web.access import Role
from wherry.web.elective import capacity_frame
from wherry.web.elective.capacity_filters import Filters
from wherry.web.elective.capacity_frame import SUMS
from wherry.web.elective.capacity_selectors import Capacity
from wherry.web.elective.capacity_use import Gain, Use, best_of, fit_to_compare, gain_of, use_page

MONDAY = CENSUS - timedelta(days=CENSUS.weekday())
pytestmark = pytest.mark.usefixtures("handmade")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    capacity_frame.forget()


def seen(*trusts: str) -> Capacity:
    return Capacity(person(Role.ANALYST, *trusts))


def expected(made: Made, weeks: int, **places: Any) -> dict[str, int]:
    chosen = [
        row
        for row in rows(made, "capacity_week")
        if MONDAY <= row["week_start"] < MONDAY + timedelta(weeks=weeks) and all(row[k] == v for k, v in places.items())
    ]
    return {name: sum(row[name] for row in chosen) for name in SUMS}


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", {"kind": "theatre"}),
        ("kind=clinic", {"kind": "clinic"}),
        ("kind=diagnostic&test=mri", {"kind": "diagnostic", "test": "mri"}),
        ("site=RGP75&function=130", {"kind": "theatre", "site": "RGP75", "treatment_function": "130"}),
        ("group=cataract", {"kind": "theatre", "procedure_group": "cataract"}),
    ],
)
def test_numbers_are_those_of_the_rows_and_of_every_way_to_add_them_up(
    handmade: Made, query: str, places: dict[str, str]
) -> None:
    capacity = seen()
    filters, ignored = capacity.read(QueryDict(query))
    assert not ignored
    whole = expected(handmade, 12, **places)
    assert capacity.head(filters).totals == whole
    weeks = capacity.by_week(filters)
    assert len(weeks) == 12
    for name in SUMS:
        assert sum(row.total.totals[name] for row in weeks) == whole[name]
        assert sum(cell.totals[name] for row in weeks for cell in row.cells.values()) == whole[name]
    facet = "test" if filters.kind == "diagnostic" else "treatment_function"
    assert sum(row.total.free for row in capacity.by_part(filters, facet)) == whole["free_slots"]


def test_the_sessions_behind_a_week_add_up_to_it() -> None:
    capacity = seen()
    filters = Filters(sites=("RGP75",))
    for row in capacity.by_week(filters)[:4]:
        behind, _ = capacity.read(QueryDict(row.cells["RGP75"].query))
        sessions = capacity.take(capacity.session_rows(behind))
        cell = row.cells["RGP75"]
        assert sum(session["planned_minutes"] for session in sessions) == cell.planned
        assert sum(session["cancelled"] for session in sessions) == cell.cancelled
        assert sum(session["free_minutes"] for session in sessions) == cell.totals["free_minutes"]


def test_a_reader_sees_their_own_sites_only(client_for: Callable[..., Client]) -> None:
    assert list(seen("RGP").sites) == ["RGP75"]
    page = client_for(Role.ANALYST, ("RGP",)).get("/elective/capacity/?site=RM102").content.decode()
    assert "Gorleston" in page
    assert "Norwich (Colney)" not in page
    assert "site “RM102”" in page
    lines = _csv(client_for(Role.ANALYST, ("RGP",)).get("/elective/capacity/weeks.csv"))
    assert {line["Site code"] for line in lines} == {"RGP75"}


def test_the_file_has_the_pages_rows(client_for: Callable[..., Client], handmade: Made) -> None:
    lines = _csv(client_for(Role.EXECUTIVE).get("/elective/capacity/weeks.csv?kind=clinic&weeks=26"))
    whole = expected(handmade, 26, kind="clinic")
    assert sum(int(line["Free places"]) for line in lines) == whole["free_slots"]
    assert {line["Kind"] for line in lines} == {"clinic"}


def test_use_is_sums_over_sums(handmade: Made) -> None:
    capacity = seen()
    page = use_page(capacity, Filters())
    weeks = rows(handmade, "theatre_use")
    for line in page.sites:
        mine = [row for row in weeks if row["site"] == line.site]
        planned = sum(row["planned_minutes"] for row in mine)
        assert line.use.capped == pytest.approx(sum(row["capped_minutes"] for row in mine) / planned)
        assert line.use.cases_a_session == pytest.approx(sum(row["cases"] for row in mine) / (planned / 240))
    assert page.whole.totals["cases"] == sum(row["cases"] for row in weeks)
    assert page.aim is not None
    assert page.aim.value == 85


def use(planned: int, capped: int, cases: int, sessions: int = 20) -> Use:
    names = dict.fromkeys(("sessions_planned", "sessions_held", "sessions_with_cases"), sessions)
    minutes = {"planned_minutes": planned, "touch_minutes": capped, "capped_minutes": capped}
    return Use({**names, **minutes, "late_start_minutes": 0, "early_finish_minutes": 0, "cases": cases}, 240)


def test_what_would_be_at_the_best_sites_rate() -> None:
    rule = rule_on(CENSUS)
    uses = {("110", "A"): use(4800, 3840, 48), ("110", "B"): use(4800, 2880, 40), ("110", "C"): use(4800, 4700, 99, 5)}
    fit = fit_to_compare("110", uses, rule)
    assert set(fit) == {"A", "B"}  # C has too few sessions
    best = best_of(fit)
    assert best is not None
    assert (best.cases_site, best.capped_site, best.cases_a_session, best.capped) == ("A", "A", 2.4, 0.8)
    gain = gain_of(uses["110", "B"], fit, rule)
    assert gain is not None
    # 2.4 - 2.0 cases in each of 20 sessions; 960 minutes more at 72 minutes a case.
    assert (gain.by_cases, gain.by_minutes) == (pytest.approx(8), pytest.approx(960 / 72))
    assert gain_of(uses["110", "A"], fit, rule) == Gain(0, 0)
    short = use(4800, 4700, 200)  # cases of half the length: more of them is no better rate
    alone = gain_of(uses["110", "A"], {"A": uses["110", "A"], "D": short}, rule)
    assert alone is not None
    assert (alone.by_cases, round(alone.by_minutes)) == (0, round((4700 - 3840) / 80))
    nobody = gain_of(short, {"A": uses["110", "A"], "B": uses["110", "B"]}, rule)
    assert nobody is not None
    assert nobody.by_cases is None
    assert fit_to_compare("110", {("110", "A"): uses["110", "A"]}, rule) == {}
    assert best_of({}) is None
    assert gain_of(use(0, 0, 0), fit, rule) is None


def test_use_without_a_case_is_not_known(client_for: Callable[..., Client], handmade: Made) -> None:
    nothing = use(0, 0, 0)
    assert (nothing.capped, nothing.cases_a_session, nothing.late_start) == (None, None, None)
    page = client_for(Role.WAITING_LIST_MANAGER).get("/elective/capacity/use/")
    assert "left out of every rate" in page.content.decode()


def test_a_held_session_says_how_it_was_used(client_for: Callable[..., Client], handmade: Made) -> None:
    client = client_for(Role.CLINICIAN)
    page = client.get("/elective/capacity/sessions/?status=held&site=RCX70").content.decode()
    assert "capped" in page
    assert "min late" in page


def test_pages_of_sessions_follow_each_other(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ANALYST)
    first = client.get("/elective/capacity/sessions/").content.decode()
    second = client.get("/elective/capacity/sessions/?page=2").content.decode()
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    beyond = client.get("/elective/capacity/sessions/?page=9999").content.decode()
    assert 'rel="next"' not in beyond


@pytest.mark.parametrize(
    "query",
    ["kind=none&weeks=7&page=x&site=<b>&function=%00&from=31/02/2026&to=&status=%27", "page=-1&group=" + "x" * 500],
)
@pytest.mark.parametrize("there", ["", "use/", "sessions/"])
def test_a_strange_address_is_answered(client_for: Callable[..., Client], there: str, query: str) -> None:
    response = client_for(Role.ANALYST).get(f"/elective/capacity/{there}?{query}")
    assert response.status_code == 200
    assert "was left out" in response.content.decode()


def test_an_empty_part_says_what_would_be_here(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.ANALYST).get("/elective/capacity/?site=RM131&function=502").content.decode()
    assert "No sessions in these weeks" in page
    assert client_for(Role.ANALYST, ("NOBODY",)).get("/elective/capacity/use/").status_code == 200


def test_a_trust_that_sent_nothing_is_not_counted_as_none(
    client_for: Callable[..., Client], handmade: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shutil import copytree

    copytree(handmade.hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    there = tmp_path / "hub" / "snapshots" / handmade.snapshot_id
    for table in ("capacity_session", "capacity_week", "theatre_use"):
        whole = pq.read_table(there / f"{table}.parquet")
        kept = [row for row in whole.to_pylist() if row["organisation"] != "RCX"]
        pq.write_table(whole.from_pylist(kept, schema=whole.schema), there / f"{table}.parquet")
    page = client_for(Role.ANALYST).get("/elective/capacity/").content.decode()
    assert "No sessions have come from" in page
    assert "it is not counted as none" in page
    assert folder(handmade) != there


def test_dates_in_a_file_are_days() -> None:
    capacity = seen()
    first = next(capacity.week_lines(Filters()))
    assert isinstance(first[0], date)


def _csv(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))

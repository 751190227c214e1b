"""Shared breaches, performance by month, and where a next step could be sooner."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.reference.services import Service, Services
from wherry.waiting.cancer import rules
from wherry.waiting.cancer.allocation import Treated, allocate
from wherry.waiting.cancer.reporting import GROUP, figure, tallies
from wherry.waiting.cancer.rules import Need
from wherry.waiting.cancer.streaming import options

START = date(2026, 1, 1)
TODAY = date(2026, 1, 31)


def case(to_transfer: int | None, total: int, **values: Any) -> Treated:
    moved = {} if to_transfer is None else {"referred_from": "RGP", "transferred_on": START + timedelta(to_transfer)}
    known: dict[str, Any] = {"treating": "RM1", "start_on": START, "treated_on": START + timedelta(total)}
    known |= {"wait": total, "met": total <= 62, **moved, **values}
    return Treated(**known)


#: Days to the transfer, days to treatment, (referring, treating) shares of one case (domain paper 2.6).
SHARED = [
    (38, 62, (0.5, 0.5)),
    (10, 20, (0.5, 0.5)),
    (38, 63, (0.0, 1.0)),
    (5, 200, (0.0, 1.0)),
    (39, 62, (0.0, 1.0)),
    (39, 63, (1.0, 0.0)),
    (60, 84, (1.0, 0.0)),
    (60, 85, (0.5, 0.5)),
    (39, 64, (0.5, 0.5)),
    (62, 62, (0.0, 1.0)),
]


@pytest.mark.parametrize(("to_transfer", "total", "shares"), SHARED)
def test_a_shared_case_is_credited_by_the_days(to_transfer: int, total: int, shares: tuple[float, float]) -> None:
    found = {credit.trust: credit.share for credit in allocate(case(to_transfer, total))}
    assert (found.get("RGP", 0.0), found.get("RM1", 0.0)) == shares
    assert all(credit.met == (total <= 62) for credit in allocate(case(to_transfer, total)))


def test_days_taken_off_move_both_parts() -> None:
    assert allocate(case(40, 64, first_seen_adjustment=2, wait=62, met=True))[0].words.startswith("passed on in time")
    late = allocate(case(39, 65, treatment_adjustment=3, wait=62, met=True))
    assert [(credit.trust, credit.share) for credit in late] == [("RM1", 1.0)]


@pytest.mark.parametrize(
    "values",
    [{"referred_from": "RM1"}, {"referred_from": ""}, {"transferred_on": START + timedelta(71)}],
    ids=["from itself", "from nobody", "after treatment"],
)
def test_a_case_that_is_not_shared_is_the_treating_trusts_own(values: dict[str, Any]) -> None:
    found = allocate(case(40, 70, **values))
    assert [(credit.trust, credit.share, credit.met) for credit in found] == [("RM1", 1.0, False)]


ROWS = st.fixed_dictionaries(
    {
        "organisation": st.sampled_from(["RM1", "RGP", "RCX"]),
        "tumour_group": st.sampled_from(["lung", "skin"]),
        "total": st.integers(0, 150),
        "to_transfer": st.none() | st.integers(0, 150),
        "referred_from": st.sampled_from(["RM1", "RGP", ""]),
        "told": st.none() | st.integers(0, 60),
        "treated": st.booleans(),
    }
)


def row_of(made: dict[str, Any]) -> dict[str, Any]:
    told, treated, total = made["told"], made["treated"], made["total"]
    return {
        **made,
        "route": "usc",
        "receipt_date": START,
        "informed_date": START + timedelta(told) if told is not None else None,
        "treatment_date": START + timedelta(total) if treated else None,
        "transferred_on": START + timedelta(made["to_transfer"]) if made["to_transfer"] is not None else None,
        "fds_status": "open_within" if told is None else "met" if told <= 28 else "breached",
        "d31_status": "not_applicable",
        "d62_status": "open_within" if not treated else "met" if total <= 62 else "breached",
        "d62_wait": total,
    }


@given(st.lists(ROWS, max_size=20))
@settings(max_examples=40, deadline=None)
def test_trusts_parts_add_up_to_the_group_and_groups_to_the_whole(made: list[dict[str, Any]]) -> None:
    rows = [row_of(row) for row in made]
    found = tallies(rows)
    months = sorted({tally.month for tally in found})
    if not months:
        assert not any(row["treated"] or row["told"] is not None for row in made)
        return
    for clock in ("fds", "d62"):
        whole = figure(found, clock, months=months)
        parts = [figure(found, clock, months=months, trust=trust) for trust in ("RM1", "RGP", "RCX")]
        assert sum(part.total for part in parts) == whole.total
        assert sum(part.met for part in parts) == whole.met
        groups = [figure(found, clock, months=months, tumour_group=group) for group in ("lung", "skin")]
        assert (sum(g.met for g in groups), sum(g.total for g in groups)) == (whole.met, whole.total)
        assert whole.total == sum(row[f"{clock}_status"] in ("met", "breached") for row in rows)
    assert tallies(rows[::-1]) == found


def test_nobody_is_no_percentage_and_a_standard_is_reached_on_its_line() -> None:
    assert figure([], "fds", months=[START]).percent is None
    assert figure([], "fds", months=[START]).reached is None
    rows = [row_of({"organisation": "RM1", "tumour_group": "skin", "total": 0, "to_transfer": None,
                    "referred_from": "", "told": told, "treated": False}) for told in (1, 2, 3, 29)]  # fmt: skip
    found = figure(tallies(rows), "fds", months=[START], trust=GROUP)
    assert (found.percent, found.standard, found.reached) == (75.0, 75.0, True)


# --- streaming ------------------------------------------------------------------------------------------------------


def offers(site: str, complexity: str, group: str = "") -> Service:
    return Service(site, "104", group, complexity, date(2024, 4, 1), None, "test", "check")


SERVICES = Services((offers("RM102", "complex"), offers("RGP75", "intermediate"), offers("RM131", "routine")))
MILES = {"RM102": 30.0, "RGP75": 4.0, "RM131": 20.0}.get


def week(site: str, monday: date, **values: Any) -> dict[str, Any]:
    plain = {"kind": "theatre", "site": site, "organisation": site[:3], "week_start": monday}
    plain |= {"treatment_function": "104", "procedure_group": "", "test": "", "complexity": "complex"}
    return {**plain, "free_minutes": 400, "free_slots": 3, **values}


NEXT, LATER = date(2026, 2, 2), date(2026, 2, 9)
SURGERY = Need("theatre", "104", "bowel_surgery")


def sites(*rows: dict[str, Any], need: Need = SURGERY, level: str | None = "complex", booked: Any = None) -> list[str]:
    return [option.site for option in options(need, level, rows, SERVICES, MILES, TODAY, booked)]


def test_only_sites_that_may_do_it_and_have_room() -> None:
    every = [week(site, NEXT) for site in ("RM102", "RGP75", "RM131")]
    assert sites(*every) == ["RM102"]
    assert sites(*every, level="intermediate") == ["RGP75", "RM102"]
    assert sites(*every, level=None) == ["RGP75", "RM131", "RM102"]
    assert sites(week("RM102", NEXT, free_minutes=164)) == []
    assert sites(week("RM102", NEXT, free_minutes=165)) == ["RM102"]
    assert sites(week("RM102", NEXT, complexity="routine")) == []
    assert sites(week("RM102", NEXT, procedure_group="colonoscopic_treatment")) == []
    assert sites(week("RM102", NEXT, treatment_function="100")) == []


def test_soonest_first_then_nearest() -> None:
    rows = [week("RGP75", LATER), week("RM131", NEXT), week("RM102", NEXT), week("RM102", LATER)]
    assert sites(*rows, level="routine") == ["RM131", "RM102", "RGP75"]
    assert sites(*rows[::-1], level="routine") == ["RM131", "RM102", "RGP75"]


def test_never_later_than_what_is_booked_and_never_a_week_that_is_over() -> None:
    assert sites(week("RM102", NEXT), booked=date(2026, 2, 8)) == []
    assert sites(week("RM102", NEXT), booked=date(2026, 2, 9)) == ["RM102"]
    assert sites(week("RM102", date(2026, 1, 19))) == []
    assert sites(week("RM102", date(2026, 1, 26))) == ["RM102"]


def test_a_test_is_done_where_there_are_sessions_and_says_why() -> None:
    need = Need("diagnostic", test="ct")
    rows = [week("RCX70", NEXT, kind="diagnostic", test="ct"), week("RM102", NEXT, kind="diagnostic", test="mri")]
    found = options(need, None, rows, SERVICES, MILES, TODAY, date(2026, 2, 18))
    assert [option.site for option in found] == ["RCX70"]
    assert found[0].why == (
        "room for 3 test places in the week of 2 February 2026, at least 10 days sooner than booked, distance not known"
    )


@given(
    rows=st.lists(
        st.builds(
            week,
            st.sampled_from(["RM102", "RGP75", "RM131"]),
            st.sampled_from([NEXT + timedelta(7 * n) for n in range(-3, 6)]),
            free_minutes=st.integers(0, 500),
            complexity=st.sampled_from(["routine", "intermediate", "complex"]),
        ),
        max_size=12,
    ),
    level=st.sampled_from(["routine", "intermediate", "complex"]),
    booked=st.none() | st.integers(0, 60).map(lambda n: TODAY + timedelta(n)),
)
@settings(max_examples=60, deadline=None)
def test_every_suggestion_is_sooner_able_and_has_room(rows: Any, level: str, booked: date | None) -> None:
    for option in options(SURGERY, level, rows, SERVICES, MILES, TODAY, booked):
        assert booked is None or option.week_start + timedelta(6) < booked
        assert option.week_start + timedelta(6) >= TODAY
        assert SERVICES.can(option.site, "104", "bowel_surgery", level, TODAY)
        assert option.places > 0


# --- the data -------------------------------------------------------------------------------------------------------


def test_every_timed_pathway_ends_in_treatment_and_its_days_rise_within_reason() -> None:
    timed = rules.timed_pathways()
    assert {row.tumour_group for row in timed.rows} == set(rules.TUMOUR_GROUPS)
    assert set(timed.milestones) == set(rules.MILESTONES)
    for row in timed.rows:
        assert next(iter(row.days)) == "triaged"
        assert list(row.days)[-1] == "treated"
        assert list(row.days.values()) == sorted(row.days.values()), row.tumour_group
        assert row.days["informed"] <= 28
        assert row.days["treated"] <= 62
        assert "check" in row.certainty


def test_a_system_may_bring_its_own(tmp_path: Path) -> None:
    head = "[milestone.triaged]\nwords='Triaged'\nstep='triage'\n"
    row = "[[pathway]]\ntumour_group='other'\nwords='O'\nfrom_date=2024-01-01\nsource='s'\ncertainty='c'\n"
    path = tmp_path / "timed_pathways.toml"
    path.write_text(head + row + "days={triaged=5}\n")
    assert rules.timed_pathways(tmp_path).of("lung", TODAY).days == {"triaged": 5}
    for bad, words in (
        ("days={triaged=5, seen=6}\n", "'seen' is none of"),
        ("days={triaged=-1}\n", "0 or more"),
        ("days={triaged=1}\nneeds={triaged='ward 1'}\n", "is not 'clinic FUNCTION'"),
        ("days={triaged=1}\n" + row + "days={triaged=1}\n", "hold on one day"),
    ):
        rules.timed_pathways.cache_clear()
        path.write_text(head + row + bad)
        with pytest.raises(UserError, match=words):
            rules.timed_pathways(tmp_path)
    rules.timed_pathways.cache_clear()
    path.write_text("not = [toml")
    with pytest.raises(UserError, match="cannot be read"):
        rules.timed_pathways(tmp_path)
    rules.timed_pathways.cache_clear()

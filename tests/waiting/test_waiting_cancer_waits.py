"""The three cancer clocks: worked cases of contract B, and a plain reading of the contract beside them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cancer_oracle
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wherry.waiting.cancer import pathways_csv, waits

CENSUS = date(2026, 3, 31)
BLANK = dict.fromkeys(cancer_oracle.COLUMNS, "")


def pathway(**values: str) -> dict[str, str]:
    return BLANK | {"pathway_id": "A", "route": "usc"} | values


def file_of(rows: list[dict[str, str]], path: Path) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, cancer_oracle.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def derived(rows: list[dict[str, str]], folder: Path, census: date = CENSUS) -> list[dict[str, str]]:
    """The rows through the file and back, as text."""
    table, _ = pathways_csv.read(file_of(rows, folder / "pathways.csv"), census)
    pathways_csv.write(waits.derive(table, census), folder / "waits.csv")
    with open(folder / "waits.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def before(days: int) -> str:
    """A date so many days before the census."""
    return (CENSUS - timedelta(days=days)).isoformat()


# --- worked cases ----------------------------------------------------------------------------------------------------

NA = ("", "not_applicable")
CASES: list[tuple[str, dict[str, str], tuple[tuple[str, str], tuple[str, str], tuple[str, str]]]] = [
    ("exactly at each limit is met",
     {"receipt_date": "2026-01-01", "informed_date": "2026-01-29", "dtt_date": "2026-02-01",
      "treatment_date": "2026-03-04", "fds_end_reason": "cancer"}, (("28", "met"), ("31", "met"), ("62", "met"))),
    ("one day beyond each limit is breached",
     {"receipt_date": "2025-12-31", "informed_date": "2026-01-29", "dtt_date": "2026-01-31",
      "treatment_date": "2026-03-04"}, (("29", "breached"), ("32", "breached"), ("63", "breached"))),
    ("open at the limit is within", {"receipt_date": before(28), "dtt_date": before(31)},
     (("28", "open_within"), ("31", "open_within"), ("28", "open_within"))),
    ("open beyond it is overdue", {"receipt_date": before(63), "dtt_date": before(32)},
     (("63", "open_overdue"), ("32", "open_overdue"), ("63", "open_overdue"))),
    ("open 62 at its limit", {"receipt_date": before(62), "informed_date": before(50)},
     (("12", "met"), NA, ("62", "open_within"))),
    ("ruled out on the day itself", {"receipt_date": before(9), "informed_date": before(9),
     "fds_end_reason": "ruled_out"}, (("0", "met"), NA, NA)),
    ("told with no reason keeps 62 running", {"receipt_date": before(40), "informed_date": before(20)},
     (("20", "met"), NA, ("40", "open_within"))),
    ("ruled out without a date ends 62 and not FDS", {"receipt_date": before(40), "fds_end_reason": "ruled_out"},
     (("40", "open_overdue"), NA, NA)),
    ("ruled out with a treatment has no 62", {"receipt_date": before(40), "fds_end_reason": "ruled_out",
     "treatment_date": before(1)}, (("40", "open_overdue"), NA, NA)),
    ("excluded has no FDS wait and keeps the others", {"receipt_date": before(40), "fds_exclusion": "yes",
     "dtt_date": before(3)}, (("", "excluded"), ("3", "open_within"), ("40", "open_within"))),
    ("excluded without receipt is not applicable", {"fds_exclusion": "yes"}, (NA, NA, NA)),
    ("excluded by upgrade is not applicable", {"route": "upgrade", "receipt_date": before(9), "fds_exclusion": "yes"},
     (NA, NA, NA)),
    ("upgrade starts at the upgrade", {"route": "upgrade", "receipt_date": before(90), "upgrade_date": before(30),
     "informed_date": before(5)}, (NA, NA, ("30", "open_within"))),
    ("an upgrade date on another route is ignored", {"receipt_date": before(70), "upgrade_date": before(10)},
     (("70", "open_overdue"), NA, ("70", "open_overdue"))),
    ("a receipt does not stand in for an upgrade", {"route": "upgrade", "receipt_date": before(70)}, (NA, NA, NA)),
    ("an upgrade does not stand in for a receipt", {"upgrade_date": before(70)}, (NA, NA, NA)),
    ("route other has only 31", {"route": "other", "receipt_date": before(70), "upgrade_date": before(60),
     "dtt_date": before(20), "treatment_date": before(1)}, (NA, ("19", "met"), NA)),
    ("first treatment ignores ECAD", {"route": "other", "dtt_date": before(40), "ecad_date": before(5)},
     (NA, ("40", "open_overdue"), NA)),
    ("first treatment with an ECAD alone has no 31", {"route": "other", "ecad_date": before(5)}, (NA, NA, NA)),
    ("subsequent treatment starts at ECAD", {"route": "other", "dtt_date": before(40), "ecad_date": before(5),
     "treatment_order": "subsequent"}, (NA, ("5", "open_within"), NA)),
    ("subsequent treatment without ECAD starts at DTT", {"dtt_date": before(40), "treatment_order": "subsequent",
     "receipt_date": before(50)}, (("50", "open_overdue"), ("40", "open_overdue"), NA)),
    ("adjustments: the first seen off FDS and 62, the treatment off 31 and 62",
     {"receipt_date": before(70), "first_seen_adjustment_days": "5", "treatment_adjustment_days": "4",
      "dtt_date": before(35)}, (("65", "open_overdue"), ("31", "open_within"), ("61", "open_within"))),
    ("adjustments come off ended waits", {"receipt_date": before(80), "informed_date": before(50),
     "first_seen_adjustment_days": "2", "treatment_adjustment_days": "7", "dtt_date": before(50),
     "treatment_date": before(10), "fds_end_reason": "cancer"}, (("28", "met"), ("33", "breached"), ("61", "met"))),
    ("an adjustment longer than the wait gives a wait below 0", {"receipt_date": before(3),
     "first_seen_adjustment_days": "0010"}, (("-7", "open_within"), NA, ("-7", "open_within"))),
    ("treated before the decision", {"route": "other", "dtt_date": before(3), "treatment_date": before(5)},
     (NA, ("-2", "met"), NA)),
    ("a leap day is a day", {"receipt_date": "2024-02-01", "informed_date": "2024-03-01"},
     (("29", "breached"), NA, ("789", "open_overdue"))),
    ("first said is first", {"receipt_date": before(1), "treatment_order": "first"},
     (("1", "open_within"), NA, ("1", "open_within"))),
    ("the other usual routes", {"route": "breast_symptomatic", "receipt_date": before(1)},
     (("1", "open_within"), NA, ("1", "open_within"))),
    ("screening", {"route": "screening", "receipt_date": before(0)},
     (("0", "open_within"), NA, ("0", "open_within"))),
    ("treated without being told", {"receipt_date": before(20), "treatment_date": before(10), "dtt_date": before(10)},
     (("20", "open_within"), ("0", "met"), ("10", "met"))),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_worked_cases(tmp_path: Path, values: dict[str, str], expected: tuple[tuple[str, str], ...]) -> None:
    row = pathway(**values)
    found = derived([row], tmp_path)[0]
    assert tuple((found[f"{c}_wait"], found[f"{c}_status"]) for c in ("fds", "d31", "d62")) == expected
    assert [found] == cancer_oracle.derive([row], CENSUS.isoformat())


def test_rows_come_by_id_as_text_and_equal_ids_in_their_order(tmp_path: Path) -> None:
    ids = ["b", "a", "007", "07", "7", "B", "é", "a", "\U0001f600", "\uffee", "aa", "70", " 7"]
    rows = [pathway(pathway_id=name, receipt_date=before(place)) for place, name in enumerate(ids)]
    found = derived(rows, tmp_path)
    assert [row["pathway_id"] for row in found] == sorted(ids)
    assert [row["fds_wait"] for row in found if row["pathway_id"] == "a"] == ["1", "7"]


def test_short_ids_of_plain_letters_are_in_the_same_order(tmp_path: Path) -> None:
    ids = ["C10", "C1", "C", "C1 ", "~", "0123456789abcdef", "0123456789abcde", "0123456789abcdeg", "C1", "!", "c"]
    rows = [pathway(pathway_id=name, receipt_date=before(place)) for place, name in enumerate(ids)]
    found = derived(rows, tmp_path)
    assert [(row["pathway_id"], int(row["fds_wait"])) for row in found] == sorted(
        (name, place) for place, name in enumerate(ids)
    )


def test_a_row_with_a_date_after_the_census_is_refused_alone(tmp_path: Path) -> None:
    later = (CENSUS + timedelta(days=1)).isoformat()
    rows = [pathway(pathway_id=f"{n}", receipt_date=before(5), **{name: later}) for n, name in enumerate(waits.DATES)
            if name != "receipt_date"]  # fmt: skip
    rows += [pathway(pathway_id="8", receipt_date=later), pathway(pathway_id="9", receipt_date=before(0))]
    assert [row["pathway_id"] for row in derived(rows, tmp_path)] == ["9"]
    _, refused = pathways_csv.read(tmp_path / "pathways.csv", CENSUS)
    assert [(r.line, r.column) for r in refused] == [
        *((n + 2, name) for n, name in enumerate(waits.DATES[1:])),
        (7, "receipt_date"),
    ]


# --- against the plain reading ---------------------------------------------------------------------------------------

DAYS = st.one_of(
    st.just(""),
    st.integers(-3, 130).map(before),
    st.sampled_from([before(n) for n in (0, 28, 29, 31, 32, 62, 63)]),
)
ADJUSTMENTS = st.sampled_from(["", "", "0", "1", "5", "31", "007", "400"])
ROWS = st.fixed_dictionaries(
    {
        "pathway_id": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1)
        | st.sampled_from(["1", "01", "001", "A", "a"]),
        "route": st.sampled_from(waits.ROUTES),
        "receipt_date": DAYS,
        "upgrade_date": DAYS,
        "first_seen_adjustment_days": ADJUSTMENTS,
        "informed_date": DAYS,
        "fds_end_reason": st.sampled_from(waits.END_REASONS),
        "fds_exclusion": st.sampled_from(["", "", "yes"]),
        "dtt_date": DAYS,
        "ecad_date": DAYS,
        "treatment_date": DAYS,
        "treatment_adjustment_days": ADJUSTMENTS,
        "treatment_order": st.sampled_from(waits.ORDERS),
    }
)


@given(rows=st.lists(ROWS, max_size=25))
@example(rows=[])
@settings(max_examples=100, deadline=None)
def test_every_row_is_as_the_contract_reads(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    assert derived(rows, tmp_path_factory.getbasetemp()) == cancer_oracle.derive(rows, CENSUS.isoformat())


@given(rows=st.lists(ROWS, max_size=12), shift=st.integers(-400, 400))
@settings(max_examples=40, deadline=None)
def test_only_differences_of_dates_count(tmp_path_factory: pytest.TempPathFactory, rows: Any, shift: int) -> None:
    """Moving every date and the census by as many days changes nothing."""
    moved = [
        {
            name: (date.fromisoformat(value) + timedelta(days=shift)).isoformat()
            if name.endswith("_date") and value
            else value
            for name, value in row.items()
        }
        for row in rows
    ]
    folder = tmp_path_factory.getbasetemp()
    assert derived(moved, folder, CENSUS + timedelta(days=shift)) == derived(rows, folder)


def test_a_table_from_the_hub_may_have_booleans_dictionaries_and_nulls() -> None:
    rows = pa.table(
        {
            "pathway_id": ["b", "a"],
            "route": pa.array(["usc", None]).dictionary_encode(),
            "receipt_date": pa.array([date(2026, 3, 1), None]),
            "upgrade_date": pa.nulls(2),
            "first_seen_adjustment_days": pa.array([None, 3], pa.int32()),
            "informed_date": pa.nulls(2, pa.date32()),
            "fds_end_reason": pa.nulls(2, pa.string()),
            "fds_exclusion": pa.array([True, None]),
            "dtt_date": pa.array([None, date(2026, 3, 1)]),
            "ecad_date": pa.nulls(2, pa.date32()),
            "treatment_date": pa.nulls(2, pa.date32()),
            "treatment_adjustment_days": pa.nulls(2, pa.int32()),
            "treatment_order": ["first", ""],
        }
    )
    found = waits.derive(pa.concat_tables([rows, rows.slice(0, 0)]), CENSUS).to_pylist()
    assert [(r["pathway_id"], r["fds_status"], r["d31_wait"], r["d62_wait"], r["row"]) for r in found] == [
        ("a", "not_applicable", 30, None, 1),
        ("b", "excluded", None, 30, 0),
    ]


def test_a_pathway_without_an_id_is_an_error() -> None:
    table = pa.Table.from_pylist([dict.fromkeys(waits.COLUMNS)])
    with pytest.raises(ValueError, match="no pathway_id"):
        waits.derive(table, CENSUS)


def test_limits_before_their_first_day_are_those_of_their_first_day() -> None:
    assert [waits.limit(clock, date(2001, 1, 1)) for clock in waits.CLOCKS] == [28, 31, 62]

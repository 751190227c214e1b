"""Published measures: every provider, the newest vintage, whatever the layout; what was suppressed stays missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from counting_support import definition, figures, own_definitions, system_with
from openpyxl import Workbook

from wherry.hub import published
from wherry.performance.measures import build
from wherry.performance.measures.values import Values
from wherry.reference.system import System

MARCH = date(2025, 3, 1)
DEFINITIONS = {
    "four-hour": definition(
        "four-hour", kind="published", table="ae", numerator="sum(within_4_hours)", denominator="sum(attendances)"
    ),
    "four-hour-each": definition(
        "four-hour-each", kind="published", table="ae", numerator="sum(type1_attendances - type1_over_4_hours)",
        denominator="sum(type1_attendances)",
    ),
    "type-2": definition("type-2", unit="number", kind="published", table="ae", numerator="sum(type2_attendances)"),
    "rtt-18": definition(
        "rtt-18", kind="published", table="rtt", numerator="sum(within_18)", denominator="sum(known)",
        where="part = 'Part_2' AND treatment_function = 'C_999'",
    ),
    "rtt-65": definition(
        "rtt-65", unit="number", kind="published", table="rtt", numerator="sum(over_65)",
        where="part = 'Part_2' AND treatment_function = 'C_999'",
    ),
    "cancer-62": definition(
        "cancer-62", kind="published", table="cancer", numerator="sum(within_standard)", denominator="sum(total)",
        where="standard = '62' AND whole",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """Only the definitions of these tests."""
    with own_definitions():
        yield


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The group with these measures."""
    return system_with(tmp_path_factory.mktemp("published") / "system", DEFINITIONS)


def counted(folder: Path, system: System, **files: str | bytes) -> Values:
    """The values of a hub into which these files were loaded, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        path = folder / name.replace("__", "-").replace("_csv", ".csv").replace("_xlsx", ".xlsx")
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        (outcome,) = published.load([path], root=folder / "hub" / "published")
        assert outcome.load is not None
    return build.build(system, folder / "hub")


def table(head: Sequence[str], *rows: Sequence[object]) -> str:
    """A CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue()


HEAD = (
    "Period", "Org Code", "Parent Org", "Org name", "A&E attendances Type 1", "A&E attendances Type 2",
    "A&E attendances Other A&E Department", "Attendances over 4hrs Type 1", "Attendances over 4hrs Type 2",
    "Attendances over 4hrs Other Department",
)  # fmt: skip
OTHER_HEAD = (
    "Number of attendances > 4 hours Type 1", "Org Code", "Number of A&E attendances Type 2", "Org Name", "a",
    "Number of A&E attendances Type 1", "Number of attendances > 4 hours Type 2",
    "Number of A&E attendances Other A&E Department", "Period", "Number of attendances over 4hrs Other A&E Department",
)  # fmt: skip
ROWS = [
    ("MSitAE-MARCH-2025", "RM1", "East", "NORFOLK", 100, 10, 20, 30, 1, 2),
    ("MSitAE-MARCH-2025", "RGP", "East", "PAGET", 50, 5, 0, 10, 0, 0),
    ("MSitAE-MARCH-2025", "ZZ1", "West", "OTHER", 70, 7, 3, 7, 7, 3),
    ("TOTAL", "TOTAL", "TOTAL", "TOTAL", 220, 22, 23, 47, 8, 5),
]


def other(row: tuple[object, ...]) -> tuple[object, ...]:
    """The same row under the other heading."""
    period, code, _, name, one, two, rest, late_one, late_two, late_rest = row
    return (late_one, code, two, name, "", one, late_two, rest, period, late_rest)


def test_two_layouts_of_the_same_table_give_the_same_figures(tmp_path: Path, system: System) -> None:
    usual = counted(tmp_path / "one", system, March__2025_csv=table(HEAD, *ROWS))
    moved = counted(tmp_path / "two", system, March__2025_csv=table(OTHER_HEAD, *(other(row) for row in ROWS[::-1])))
    assert usual.table.equals(moved.table)
    assert figures(usual, "four-hour") == {
        (MARCH, "RM1", ""): (97, 130), (MARCH, "RGP", ""): (45, 55), (MARCH, "ZZ1", ""): (63, 80),
    }  # fmt: skip
    assert usual.organisations("four-hour") == ("RGP", "RM1", "ZZ1")  # every provider, and no row of totals
    assert usual.table["as_at"].to_pylist()[0] == date(2025, 3, 31)


def test_a_revision_wins_whichever_was_loaded_first(tmp_path: Path, system: System) -> None:
    revised = [(*row[:4], 200, *row[5:]) if row[1] == "RM1" else row for row in ROWS]
    first, second = table(HEAD, *ROWS), table(HEAD, *revised)
    late = counted(tmp_path / "one", system, March__2025_csv=first, March__2025__revised__010625_csv=second)
    early = counted(tmp_path / "two", system, March__2025__revised__010625_csv=second, March__2025_csv=first)
    assert figures(late, "four-hour") == figures(early, "four-hour")
    assert figures(late, "four-hour")[MARCH, "RM1", ""] == (197, 230)
    # One with a single provider is partial, and never the month's figures.
    partial = table(HEAD, ("MSitAE-MARCH-2025", "RM1", "East", "NORFOLK", 1, 1, 1, 1, 1, 1))
    kept = counted(tmp_path / "one", system, March__2025__revised__010725_csv=partial)
    assert figures(kept, "four-hour") == figures(late, "four-hour")


def test_what_was_suppressed_or_left_blank_is_missing_and_never_nothing(tmp_path: Path, system: System) -> None:
    rows = [
        ("MSitAE-MARCH-2025", "RM1", "East", "NORFOLK", 100, "*", 20, 30, 1, 2),
        ("MSitAE-MARCH-2025", "RGP", "East", "PAGET", 50, "-", 0, "*", 0, 0),
        ("MSitAE-MARCH-2025", "ZZ1", "West", "OTHER", 70, 7, 3, 7, 7, 3),
    ]
    found = counted(tmp_path, system, March__2025_csv=table(HEAD, *rows))
    assert found.organisations("four-hour") == ("ZZ1",)  # a sum with a hidden part is not known
    assert found.organisations("four-hour-each") == ("RM1", "ZZ1")
    assert found.organisations("type-2") == ("ZZ1",)


# --- referral to treatment --------------------------------------------------------------------------------------------

NAMES = ["Period", "Provider Parent Org Code", "Provider Org Code", "Provider Org Name", "Commissioner Org Code"]
NAMES += ["RTT Part Type", "Treatment Function Code", "Treatment Function Name"]


def rtt(last: int, cells: dict[tuple[str, str, str], dict[int, object]], *, turned: bool = False) -> str:
    """An extract whose bands end at a week; `cells` by provider, commissioner and part: people by week."""
    edges = [f"Gt {n:02d} To {n + 1:02d} Weeks SUM 1" for n in range(last)] + [f"Gt {last} Weeks SUM 1"]
    head = [*NAMES, *edges, "Total", "Patients with unknown clock start date", "Total All"]
    rows = []
    for (provider, commissioner, part), people in cells.items():
        weeks = [people.get(n, "") for n in range(last)]
        beyond = sum(int(str(number)) for week, number in people.items() if week >= last and number != "*")
        counts = [*weeks, beyond or ""]
        known = sum(int(str(one)) for one in counts if one not in ("", "*"))
        names = ["RTT-March-2025", "QMM", provider, provider, commissioner, part, "C_999", "Total"]
        rows.append([*names, *counts, known, 0, known])
    if turned:
        head, rows = head[::-1], [row[::-1] for row in rows]
    return table(head, *rows)


LISTS: dict[tuple[str, str, str], dict[int, object]] = {
    ("RM1", "26A", "Part_2"): {0: 10, 17: 5, 18: 4, 60: 3, 70: 2},
    ("RM1", "06H", "Part_2"): {3: 1, 66: 1},
    ("RGP", "26A", "Part_2"): {0: 8, 20: 2},
    ("RGP", "26A", "Part_1A"): {0: 4},
}


def test_lists_are_added_over_commissioners_and_limits_found_in_either_layout(tmp_path: Path, system: System) -> None:
    found = counted(tmp_path / "one", system, March_csv=rtt(104, LISTS))
    assert figures(found, "rtt-18") == {(MARCH, "RM1", ""): (16, 26), (MARCH, "RGP", ""): (8, 10)}
    assert figures(found, "rtt-65") == {(MARCH, "RM1", ""): (3, None), (MARCH, "RGP", ""): (0, None)}
    turned = counted(tmp_path / "two", system, March_csv=rtt(104, LISTS, turned=True))
    assert turned.table.equals(found.table)
    short = counted(tmp_path / "three", system, March_csv=rtt(52, LISTS))
    assert figures(short, "rtt-18") == figures(found, "rtt-18")
    assert short.organisations("rtt-65") == ()  # the old layout ends at 52 weeks: not known, not nobody


def test_a_list_with_a_suppressed_cell_is_not_known(tmp_path: Path, system: System) -> None:
    found = counted(tmp_path, system, March_csv=rtt(104, {**LISTS, ("RM1", "06H", "Part_2"): {3: "*", 66: 1}}))
    assert found.organisations("rtt-18") == ("RGP",)


# --- cancer -----------------------------------------------------------------------------------------------------------


def test_the_whole_of_a_cancer_standard_is_one_row_a_provider(tmp_path: Path, system: System) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "62-DAY (ALL CANCER)"
    for row in (
        ["62-DAY COMBINED: TWO MONTH WAIT FROM REFERRAL TO FIRST TREATMENT"],
        ["APRIL 2025"],
        ["ALL ROUTES"],
        ["ODS CODE", "PROVIDER", "ROUTE", "CANCER TYPE", "TOTAL", "WITHIN 62 DAYS", "AFTER 62 DAYS"],
        ["RM1", "NORFOLK", "ALL ROUTES", "ALL CANCERS", 20.5, 12, 8.5],
        ["RGP", "PAGET", "ALL ROUTES", "ALL CANCERS", 10, 9, 1],
        ["RM1", "NORFOLK", "Screening", "ALL CANCERS", 4, 3, 1],
        ["RM1", "NORFOLK", "ALL ROUTES", "Lung", 6, 3, 3],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    found = counted(tmp_path, system, April__2025_xlsx=out.getvalue())
    april = date(2025, 4, 1)
    assert figures(found, "cancer-62") == {(april, "RM1", ""): (12, 20.5), (april, "RGP", ""): (9, 10)}


@pytest.mark.real
def test_real_publications_give_the_published_figures(shared_data: Path, tmp_path: Path, system: System) -> None:
    months = sorted((shared_data / "nhse_ae" / "monthly").glob("*March-2025*"))
    lists = [shared_data / "nhse_rtt" / "rtt_jan2026_norfolk_waveney.csv"]
    published.load([*months, *lists], root=tmp_path / "hub" / "published")
    found = build.build(system, tmp_path / "hub")
    assert found.manifest["problems"] == []
    january = date(2026, 1, 1)
    with published.open(tmp_path / "hub" / "published") as held:
        for trust in system.trusts:
            position = held.rtt_position("2026-01", [trust])
            assert figures(found, "rtt-18")[january, trust, ""][0] == position.within_18
            assert figures(found, "rtt-65")[january, trust, ""][0] == position.over(65)
            ae = held.ae("2025-03", [trust])
            assert figures(found, "four-hour")[MARCH, trust, ""] == (
                (ae.attendances or 0) - (ae.over_4_hours or 0), ae.attendances,
            )  # fmt: skip

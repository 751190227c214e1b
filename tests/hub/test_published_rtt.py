"""RTT extracts: the real one where it is, and small ones written here with every trap of the real one."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from wherry.cli.published import register
from wherry.hub import published

DIMENSIONS = [
    "Period", "Provider Parent Org Code", "Provider Parent Name", "Provider Org Code", "Provider Org Name",
    "Commissioner Parent Org Code", "Commissioner Parent Name", "Commissioner Org Code", "Commissioner Org Name",
    "RTT Part Type", "RTT Part Description", "Treatment Function Code", "Treatment Function Name",
]  # fmt: skip
TOTALS = ["Total", "Patients with unknown clock start date", "Total All"]


def headings(last: int) -> list[str]:
    bands = [f"Gt {week:02d} To {week + 1:02d} Weeks SUM 1" for week in range(last)]
    return [*DIMENSIONS, *bands, f"Gt {last} Weeks SUM 1", *TOTALS]


def row(
    counts: dict[int, int] | None,
    *,
    last: int = 104,
    provider: str = "RAA",
    commissioner: str = "01A",
    part: str = "Part_2",
    function: str = "C_999",
    unknown: int | None = None,
    period: str = "RTT-January-2026",
    parent: str = "QXX",
    total_all: int | None = None,
) -> list[str]:
    bands = [""] * (last + 1) if counts is None else [str(counts.get(week, 0)) for week in range(last + 1)]
    known = sum(counts.values()) if counts else 0
    completed = part in {"Part_1A", "Part_1B"}
    return [
        period, parent, f"NHS {parent} ICB", provider, f"TRUST {provider}", parent, f"NHS {parent} ICB",
        commissioner, "SUB",
        part, part.replace("_", " "), function, "Total" if function == "C_999" else function, *bands,
        str(known) if completed else "", "" if unknown is None else str(unknown),
        str(known + (unknown or 0) if total_all is None else total_all),
    ]  # fmt: skip


def sheet(rows: list[list[str]], last: int = 104, head: list[str] | None = None) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head or headings(last), *rows])
    return out.getvalue().encode()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "published"


@pytest.fixture
def take(tmp_path: Path, root: Path) -> Callable[[str, bytes], published.Outcome]:
    def load(name: str, data: bytes) -> published.Outcome:
        path = tmp_path / name
        path.write_bytes(data)
        (outcome,) = published.load([path], root=root)
        if outcome.load:
            assert outcome.load.rows_read == outcome.load.rows_published + outcome.load.rows_quarantined
        return outcome

    return load


def test_sums_are_taken_over_commissioners_and_providers(take: Callable[..., published.Outcome], root: Path) -> None:
    rows = [
        row({0: 5, 17: 10, 18: 3, 52: 2}),
        row({0: 1}, commissioner="NONC"),
        row({104: 4}, provider="RBB"),
        row({3: 2}, part="Part_2A"),
        row({0: 6, 1: 2}, part="Part_1A", unknown=3),
        row(None, part="Part_3", total_all=11),
    ]
    outcome = take("small.csv", sheet(rows))
    assert outcome.status == "loaded"
    with published.open(root) as found:
        mine = found.rtt_position("2026-01", ["raa"])
        assert (mine.total, mine.within_18, mine.over(18), mine.over(52), mine.over(104)) == (21, 16, 5, 2, 0)
        assert mine.percent_within_18 == pytest.approx(100 * 16 / 21)
        assert mine.with_decision_to_admit == 2
        assert mine.unknown_starts == 3
        assert (mine.parts["Part_1A"].total, mine.parts["Part_1A"].total_all) == (8, 11)
        assert mine.new_periods == 11
        assert mine.parts["Part_3"].counts == ()
        assert mine.incomplete.not_english == 1
        assert mine.providers[0].parent == "QXX"
        group = found.rtt_position("2026-01", ["RAA", "RBB"])
        assert (group.total, group.over(104)) == (25, 4)
        assert found.rtt_england("2026-01").total == 25
        assert found.rtt_position("2026-01", ["RAA", "ZZZ"]).missing == ("ZZZ",)


@pytest.mark.real
def test_january_2026(shared_data: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    outcomes = published.load([shared_data / "nhse_rtt" / "Full-CSV-data-file-Jan26.zip"], root=root)
    assert outcomes[0].load is not None
    assert outcomes[0].load.rows_read == outcomes[0].load.rows_published == 183_417
    assert outcomes[0].load.findings == []
    with published.open(root) as found:
        totals = {code: found.rtt_position("2026-01", [code]).total for code in ("RM1", "RGP", "RCX")}
        assert totals == {"RM1": 68_959, "RGP": 33_378, "RCX": 26_144}
        group = found.rtt_position("2026-01", list(totals))
        assert group.total == sum(totals.values())
        assert len(group.bands) == 105
        assert {p.parent for p in group.providers} == {"QMM"}
        england = found.rtt_england("2026-01")
        assert len(england.providers) == 517
        assert england.total == sum(england.bands)
        functions = [code for code in found.treatment_functions("2026-01") if code != "C_999"]
        assert len(functions) == 23
        for name in england.parts:
            apart = [found.rtt_england("2026-01", code).parts[name].total_all for code in functions]
            assert sum(n for n in apart if n is not None) == england.parts[name].total_all
        assert found.rows("rtt", "2026-01").num_rows == 183_417
    top = argparse.ArgumentParser()
    register(top.add_subparsers())
    args = ["published", "show", "rtt", "--provider", "RM1", "--period", "2026-01", "--treatment-function", "C_999"]
    call = top.parse_args([*args, "--format", "json", "--published", str(root)])
    assert call.run(call) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["total"], shown["provider"], shown["part"], len(shown["bands"])) == (68_959, "RM1", "Part_2", 105)


def test_extracts_that_stop_at_52_weeks_read_alike(take: Callable[..., published.Outcome], root: Path) -> None:
    rows = [row({0: 1, 51: 2, 52: 3}, last=52, period="RTT-March-2019")]
    assert take("old.csv", sheet(rows, last=52)).status == "loaded"
    with published.open(root) as found:
        old = found.rtt_position("2019-03", "RAA")
        assert len(old.bands) == 53
        assert (old.total, old.over(52), old.over(65), old.over(104)) == (6, 3, None, None)
        assert old.percentile_92.beyond == 52
        assert old.as_json()["percentile_92_weeks"] is None


def test_columns_are_found_by_name_and_unknown_ones_kept(take: Callable[..., published.Outcome], root: Path) -> None:
    head = headings(104)
    one = row({2: 7})
    order = [*reversed(range(len(head)))]
    data = sheet([["new", *[one[i] for i in order], ""]], head=["Region", *[head[i].upper() for i in order], ""])
    outcome = take("turned.csv", b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert outcome.load is not None
    assert outcome.load.extra_columns == ["Region", "(unnamed, column 123)"]
    with published.open(root) as found:
        assert found.rtt_position("2026-01", "RAA").bands[2] == 7
        assert found.rows("rtt")["extra"].to_pylist() == ["column 1=new"]


def test_blank_zero_and_suppressed_stay_apart(take: Callable[..., published.Outcome], root: Path) -> None:
    one = row({0: 1, 1: 1, 2: 1})
    one[13], one[14], one[15] = "*", "", "0"
    one[-1] = "1,204"
    outcome = take("marks.csv", sheet([one]))
    assert outcome.load is not None
    assert outcome.load.rows_quarantined == 0
    with published.open(root) as found:
        values = {v["measure"]: (v["value"], v["state"]) for v in found.values("rtt").to_pylist()}
        assert values["band_000"] == (None, "suppressed")
        assert values["band_001"] == (None, "blank")
        assert values["band_002"] == (0.0, "value")
        assert values["total_all"] == (1204.0, "value")
        assert found.rtt_position("2026-01", "RAA").incomplete.withheld == 1


def test_bad_rows_are_quarantined_with_line_and_reason(take: Callable[..., published.Outcome], root: Path) -> None:
    good = row({0: 1})
    bad_number = row({0: 1}, provider="RBB")
    bad_number[20] = "many"
    negative = row({0: 1}, provider="RCC")
    negative[20] = "-4"
    rows = [
        good,
        good[:50],
        bad_number,
        negative,
        row({0: 1}, provider="RDD", period="RTT-January-2099"),
        row({0: 1}, provider="REE", period="next month"),
        row({0: 1}, provider=""),
        row({0: 1}, provider="RFF", part="Part_9"),
        good,
        row({0: 1}, provider="R" * 10_000_000),
        row({0: 9}, provider="RGG"),
    ]
    outcome = take("dirty.csv", sheet(rows))
    assert outcome.load is not None
    assert (outcome.load.rows_read, outcome.load.rows_published, outcome.load.rows_quarantined) == (11, 2, 9)
    with published.open(root) as found:
        refused = found.quarantine(outcome.load.load_id).to_pylist()
        assert [(r["line"], r["reason_code"]) for r in refused] == [
            (3, "wrong_width"),
            (4, "bad_number"),
            (5, "bad_number"),
            (6, "future_period"),
            (7, "no_period"),
            (8, "no_provider"),
            (9, "unknown_part"),
            (10, "repeated_row"),
            (11, "too_long"),
        ]
        assert all(r["file_name"] == "dirty.csv" and len(r["raw"]) <= 2_000 for r in refused)
        assert found.rtt_england("2026-01").total == 10


def test_a_file_of_two_months_gives_two_vintages(take: Callable[..., published.Outcome], root: Path) -> None:
    take("two.csv", sheet([row({0: 1}), row({0: 2}, period="RTT-December-2025")]))
    with published.open(root) as found:
        assert found.periods("rtt") == ["2025-12", "2026-01"]
        assert [found.rtt_england(period).total for period in found.periods("rtt")] == [2, 1]


def test_a_zip_and_its_csv_are_the_same_content(take: Callable[..., published.Outcome], root: Path) -> None:
    data = sheet([row({0: 1})])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extract.csv", data)
    assert take("extract.zip", packed.getvalue()).status == "loaded"
    before = published.pointer(root)
    assert take("extract.csv", data).status == "unchanged"
    assert published.pointer(root) == before


def test_sums_that_do_not_add_up_are_findings_and_change_nothing(
    take: Callable[..., published.Outcome], root: Path
) -> None:
    outcome = take("odd.csv", sheet([row({0: 5}, total_all=6), row({0: 2}, function="C_100")]))
    assert outcome.load is not None
    assert len(outcome.load.findings) == 2
    assert outcome.load.rows_quarantined == 0

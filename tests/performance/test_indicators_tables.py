"""Tables of indicators: how files are read, and what the command gives for each method."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators_published import CALCULATOR_DEATHS, CALCULATOR_PEOPLE, DECILES, SECOND_DEATHS, SECOND_PEOPLE

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance import indicators
from wherry.performance.indicators.bands import band, ladder, standard_people
from wherry.performance.indicators.life import STARTS
from wherry.performance.indicators.tables import methods
from wherry.performance.indicators.tables.reading import number, parse, read
from wherry.performance.indicators.tables.shapes import Options

Rows = list[dict[str, Any]]
Ask = Callable[..., Rows]
ESP_BANDS = [f"{first}-{first + 4}" for first in range(0, 90, 5)] + ["90+"]
ESP = [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]


def table(header: str, rows: list[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`ask(method, text, *options)`: the rows that the command prints as JSON."""

    def run(method: str, text: str, *options: str) -> Rows:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        assert main(["indicators", method, str(path), "--format", "json", *options]) == 0
        printed = capsys.readouterr().out
        assert "NaN" not in printed
        assert "Infinity" not in printed
        found: Rows = json.loads(printed)
        return found

    return run


def life_table(area: str, deaths: tuple[int, ...], people: tuple[int, ...]) -> list[tuple[object, ...]]:
    return [(area, *row) for row in zip(STARTS, deaths, people, strict=True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234", 1234.0),
        ("1,234,567.5", 1234567.5),
        (" 7 ", 7.0),
        ("1e3", 1000.0),
        ("-2.5", -2.5),
        ("+4", 4.0),
        (".5", 0.5),
    ],
)
def test_numbers_as_written(text: str, found: float) -> None:
    assert number(text) == found


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "*", "-", "null", "NaN"])
def test_missing_numbers(text: str) -> None:
    assert np.isnan(number(text))


@pytest.mark.parametrize("text", ["12a", "1,23", "1,2345", "1 234", "inf", "1e999", "12%", "--3", ",", "e5", "£3"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(ValueError):
        number(text)


@given(st.floats(-1e12, 1e12))
def test_a_number_comes_back_with_and_without_commas(value: float) -> None:
    assert number(repr(value)) == value
    assert number(f"{value:,.2f}") == pytest.approx(value, abs=0.006)


def test_columns_go_by_other_names_and_own_names_come_first() -> None:
    found = parse("\ufeffArea , NUMERATOR;x,Std Pop\nA,3,5\n".lstrip("\ufeff"), "t")
    assert found.place("standard_population") == 2
    assert not found.has("count")
    both = parse("obs,count\n3,4\n", "t")
    assert both.numbers("count").tolist() == [4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("count,population\n", "a header and no rows"),
        ("count,count\n1,2\n", "more than one column count"),
        ("count,population\n1,2,000\n", "line 2: 3 cells where the header has 2"),
    ],
)
def test_files_that_are_no_table(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse(text, "t.csv")


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_as_spreadsheets_write_them(code: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("area,count\r\nCafé Môr,1\r\n".encode(code))
    assert read(path).texts("area") == ["Café Môr"]


def test_semicolons_tabs_and_empty_lines() -> None:
    for divider in ";\t":
        text = f"count{divider}population\n\n1,5{divider}20\n".replace("1,5", "15")
        found = parse(text, "t")
        assert found.numbers("population").tolist() == [20]
        assert list(found.lines) == [3]


def test_bands_as_people_write_them() -> None:
    assert band("0 to 4 years") == (0, 4)
    assert band("Aged 90 and over") == (90, None)
    assert band("under 1") == (0, 0)
    assert band("5.0") == 5
    assert ladder([band("85"), band("90")]) == [(85, 89), (90, None)]
    with pytest.raises(ValueError):
        band("old")


def test_the_european_standard_population() -> None:
    assert [standard_people(one) for one in ladder([band(text) for text in ESP_BANDS])] == ESP
    assert standard_people((75, None)) == 9_000
    assert standard_people((0, 14)) == 16_000
    with pytest.raises(UserError, match="no people for ages 0-3 alone"):
        standard_people((0, 3))


def test_a_proportion_a_row_keeps_what_the_row_is(ask: Ask) -> None:
    found = ask("Proportion", table("area,count,population", [("A", 65, 100), ("B", "1,234", "10,000")]))
    assert found[0] == {
        "area": "A", "count": 65, "population": 100, "value": 0.65,
        "lower": pytest.approx(0.5525, abs=5e-5), "upper": pytest.approx(0.7364, abs=5e-5),
        "confidence": 0.95, "statistic": "proportion", "method": "Wilson", "note": "",
    }  # fmt: skip
    assert found[1]["count"] == 1234


def test_several_levels_have_columns_of_their_own(ask: Ask) -> None:
    (row,) = ask("rate", "count,population\n65,100\n", "--confidence", "95,99.8", "--multiplier", "1,000")
    assert row["lower"] == row["lower_95"]
    assert row["upper_99_8"] > row["upper_95"] == row["upper"]
    assert row["confidence"] == [0.95, 0.998]
    assert row["statistic"] == "rate per 1,000"


def test_groups_are_sums_over_sums(ask: Ask) -> None:
    text = table("area,sex,count,population", [("A", "M", 4, 100), ("A", "F", 9, 300), ("B", "M", 1, 50)])
    by_area = ask("proportion", text, "--group-by", "AREA", "--multiplier", "100")
    assert [(row["area"], row["value"]) for row in by_area] == [("A", 3.25), ("B", 2.0)]
    both = ask("rate", text, "--group-by", "area,sex")
    assert both == ask("rate", text, "--group-by", "area", "--group-by", "sex")
    assert len(both) == 3


def test_rows_without_a_figure_say_why(ask: Ask) -> None:
    text = table("count,population", [("", 10), (30, 20), (5, 0), (0, 20)])
    found = ask("proportion", text)
    assert [row["value"] for row in found] == [None, None, None, 0.0]
    assert all(row["note"] for row in found[:3])
    assert ask("rate", text)[1]["value"] == 150_000


def test_counts_have_limits_of_their_own(ask: Ask) -> None:
    text = "count\n0\n10\n"
    assert ask("exact_poisson", text)[1]["upper"] == pytest.approx(18.39036, abs=1e-5)
    assert ask("Byar", text)[1]["upper"] == pytest.approx(18.3925, abs=3e-3)
    assert [row["method"] for row in ask("poisson", text)] == ["Exact", "Byar"]


def test_means_by_group(ask: Ask) -> None:
    text = table("area,value", [("A", 1), ("A", 2), ("A", 6), ("B", 4), ("A", "")])
    one, other = ask("phe_mean", text, "--group-by", "area")
    assert (one["count"], one["value"], one["note"]) == (3, 3.0, "Rows without a value were left out.")
    assert (other["value"], other["lower"]) == (4.0, None)


def standard_rows(area: str, bands: list[str]) -> list[tuple[object, ...]]:
    return [(area, one, 2 + at, 1_000 + at) for at, one in enumerate(ESP_BANDS) if one in bands]


def test_the_standard_population_is_built_in_and_may_be_given(ask: Ask) -> None:
    text = table("area,age_band,count,population", standard_rows("A", ESP_BANDS))
    (built_in,) = ask("dsr", text, "--group-by", "area")
    assert built_in["standard"] == "European Standard Population 2013"
    given = table("area,age_band,count,population,standard_population",
                  [(*row, people) for row, people in zip(standard_rows("A", ESP_BANDS), ESP, strict=True)])  # fmt: skip
    (own,) = ask("calculate-dsr", given, "--group-by", "area")
    assert own["value"] == built_in["value"]
    count, people = np.array([row[2:] for row in standard_rows("A", ESP_BANDS)], dtype=float).T
    assert own["value"] == pytest.approx(indicators.dsr(count, people, ESP).value)
    assert own["count"] == count.sum()


def test_bands_out_of_order_are_the_same_and_a_hole_withholds(ask: Ask) -> None:
    rows = standard_rows("A", ESP_BANDS)
    header = "area,age_band,count,population"
    (one,) = ask("dsr", table(header, rows), "--group-by", "area")
    (turned,) = ask("dsr", table(header, rows[::-1]), "--group-by", "area")
    assert turned["value"] == pytest.approx(one["value"])
    (holed,) = ask("dsr", table(header, [row for row in rows if row[1] != "30-34"]), "--group-by", "area")
    assert (holed["value"], holed["note"]) == (None, "Withheld: no row for age 30-34.")
    under_75 = standard_rows("B", ESP_BANDS[:15])
    both = ask("dsr", table(header, rows + under_75), "--group-by", "area")
    assert all(row["value"] is not None for row in both)


def test_a_blank_count_withholds_unless_it_is_said_to_be_none(ask: Ask) -> None:
    text = table("age_band,count,population", [("0-4", 20, 1_000), ("5-9", "", 1_000)])
    (row,) = ask("dsr", text)
    assert (row["value"], row["note"]) == (None, "A band has no count, population or standard population.")
    assert ask("dsr", text, "--blank-is-zero")[0]["count"] == 20


def test_events_that_are_not_independent(ask: Ask) -> None:
    rows = [("0-4", 1, 20, 1_000), ("0-4", 2, 10, 1_000), ("5-9", 1, 5, 900), ("5-9", 2, 0, 900)]
    (row,) = ask("DSR_non_independent", table("age_band,event_frequency,count,population", rows))
    plain = indicators.dsr([40, 5], [1_000, 900], [5_000, 5_500])
    assert row["count"] == 45
    assert row["value"] == pytest.approx(plain.value)
    assert row["lower"] < plain.lower


def test_indirect_standardisation_by_bands_by_total_and_by_expected(ask: Ask) -> None:
    rows = [("A", 4, "", 100, 10, 1_000), ("A", 8, "", 200, 20, 1_000)]
    header = "area,count,total,population,reference_count,reference_population"
    (one,) = ask("SMR", table(header, rows), "--group-by", "area")
    assert (one["count"], one["expected"], one["value"]) == (12, 5, pytest.approx(2.4))
    totals = [("A", "", 12, *row[3:]) for row in rows]
    (other,) = ask("isratio", table(header, totals), "--group-by", "area")
    assert other == one
    (third,) = ask("smr", "area,count,expected\nA,12,5\n", "--group-by", "area", "--multiplier", "100")
    assert third["value"] == pytest.approx(240)
    (rate,) = ask("phe_isr", table(header, rows))
    assert rate["value"] == pytest.approx(2.4 * 1_500)


def test_life_expectancy_of_groups_at_ages(ask: Ask) -> None:
    rows = life_table("phe", CALCULATOR_DEATHS, CALCULATOR_PEOPLE) + life_table("second", SECOND_DEATHS, SECOND_PEOPLE)
    text = table("area,start_age,deaths,population", rows[::-1])
    found = ask("life_expectancy", text, "--group-by", "area", "--start-age", "0,30")
    assert [(row["area"], row["start_age"]) for row in found] == [
        ("second", 0),
        ("second", 30),
        ("phe", 0),
        ("phe", 30),
    ]
    assert found[2]["value"] == pytest.approx(78.32451, abs=5e-6)
    assert len(ask("le", text, "--group-by", "area")) == 40
    added = ask("le", text, "--start-age", "0")[0]
    assert added["note"] == "Rows of one band were added up."


def test_life_expectancy_without_a_band(ask: Ask) -> None:
    rows = [row[1:] for row in life_table("", CALCULATOR_DEATHS, CALCULATOR_PEOPLE) if row[1] != 30]
    (row,) = ask("life-expectancy", table("start_age,deaths,population", rows), "--start-age", "0")
    assert (row["value"], row["note"]) == (None, "Withheld: no row for the band that begins at 30.")


def test_the_gap_by_columns_by_comparison_and_by_cause(ask: Ask) -> None:
    bands = list(zip(STARTS, CALCULATOR_DEATHS, CALCULATOR_PEOPLE, SECOND_DEATHS, SECOND_PEOPLE, strict=True))
    wide = ask("arriaga", table("start_age,deaths,population,reference_deaths,reference_population", list(bands)))
    assert sum(row["value"] for row in wide) == pytest.approx(77.99384 - 78.32451, abs=1e-4)
    assert wide[0]["gap"] == pytest.approx(sum(row["value"] for row in wide))
    long = life_table("second", SECOND_DEATHS, SECOND_PEOPLE) + life_table("phe", CALCULATOR_DEATHS, CALCULATOR_PEOPLE)
    text = table("area,start_age,deaths,population", long)
    again = ask("life_expectancy_gap", text, "--compare", "area=phe,second")
    assert [row["value"] for row in again] == pytest.approx([row["value"] for row in wide])
    turned = ask("arriaga", text, "--group-by", "area")  # its two values in the order in which they come
    assert turned[0]["gap"] == pytest.approx(-wide[0]["gap"])
    causes: list[tuple[object, ...]] = []
    for start, deaths, people, reference, others in bands:
        causes.append((start, "All causes", deaths, people, reference, others))
        causes.append((start, "Hearts", deaths // 3, people, reference // 4, others))
    split = ask("arriaga", table("start_age,cause,deaths,population,reference_deaths,reference_population", causes))
    assert {row["cause"] for row in split} == {"Hearts", "Other causes"}
    assert sum(row["value"] for row in split) == pytest.approx(wide[0]["gap"])


def sii_text(missing: int = 0) -> str:
    rows = [("A", at + 1, *one) for at, one in enumerate(DECILES)]
    rows += [("B", at + 1, *one) for at, one in enumerate(DECILES) if at + 1 != missing]
    return table("area,decile,population,value,se", rows)


def test_slopes_by_group_with_their_seed(ask: Ask) -> None:
    one, other = ask("SII", sii_text(), "--group-by", "area", "--seed", "7", "--draws", "2000")
    assert {name: one[name] for name in one if name != "area"} == {
        name: other[name] for name in other if name != "area"
    }
    assert (one["seed"], one["draws"], one["quantiles"]) == (7, 2000, 10)
    assert one["value"] == one["sii"]
    ratio = ask("rii", sii_text(), "--group-by", "area", "--seed", "7", "--draws", "2000")[0]
    assert (ratio["value"], ratio["lower"]) == (one["rii"], one["rii_lower"])


def test_a_quantile_missing_or_twice(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, lacking = ask("phe_sii", sii_text(missing=4), "--group-by", "area", "--draws", "1000")
    assert whole["value"] is not None
    assert (lacking["value"], lacking["note"]) == (None, "Withheld: no row for quantile 4.")
    path = tmp_path / "both.csv"
    path.write_text(sii_text())
    assert main(["indicators", "sii", str(path)]) == 1
    assert "line 12, column decile: '1' comes a second time" in capsys.readouterr().err


def test_slope_of_proportions_from_counts(ask: Ask) -> None:
    rows = [(at, 1_000, 300 - 20 * at) for at in range(1, 6)]
    (row,) = ask("sii", table("quintile,population,count", rows), "--multiplier=-100", "--transform", "--draws", "2000")
    assert row["value"] > 0
    assert row["rii"] > 1
    assert "logit" in row["method"]
    header = "quintile,population,count,value"
    (rate,) = ask("sii", table(header, [(*one, 100 * one[2]) for one in rows]), "--draws", "2000")
    (same,) = ask("sii", table(header, [(*one, 100 * one[2]) for one in rows]), "--draws", "2000", "--type", "1")
    assert rate == same
    assert rate["upper"] is not None


def test_ranked_groups_of_rows(ask: Ask) -> None:
    text = table("area,score", [(f"E{at}", at) for at in range(1, 11)])
    assert [row["quantile"] for row in ask("quantiles", text, "--quantiles", "5")] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    lowest = ask("phe_quantile", text, "--quantiles", "5", "--no-invert")
    assert [row["quantile"] for row in lowest] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_funnels_of_each_statistic(ask: Ask) -> None:
    rows = [("A", 10, 100), ("B", 40, 300), ("C", 100, 1500), ("D", 3, 50), ("E", 700, 6000)]
    text = table("area,count,population", rows)
    found = ask("funnel", text)
    assert [row["significance"] for row in found][2:] == ["Low (0.001)", "Not significant", "High (0.025)"]
    assert found[0]["confidence"] == [0.95, 0.998]
    rate = ask("funnel-rate", text, "--multiplier", "1000")
    assert rate[0]["baseline"] == pytest.approx(107.296, abs=1e-3)
    assert rate == ask("funnel", text, "--statistic", "rate", "--multiplier", "1000")
    assert rate[0]["upper"] != ask("funnel-rate", text, "--multiplier", "1000", "--limits", "byar")[0]["upper"]
    ratio = ask("funnel", "area,count,expected\nA,12,5\nB,5,5\n")
    assert [row["significance"] for row in ratio] == ["High (0.025)", "Not significant"]
    drawn = ask("funnel-limits", text)
    assert len(drawn) == 100
    assert drawn[0]["upper"] > drawn[-1]["upper"]
    target = ask("funnel", text, "--baseline", "0.2")
    assert target[4]["significance"] == "Low (0.001)"
    # Its own limits are Byar's; those drawn are exact, and it is within them by a hair.
    edge = ask("funnel-ratio", "count,expected\n22,10.27\n")[0]
    assert edge["significance"] == "High (0.025)"
    assert edge["value"] > edge["upper_99_8"]
    for baseline in ("nan", "-1", "2", "inf"):
        with pytest.raises(UserError, match=r"--baseline .* it is 0 or more, and 1 at most"):
            methods.run("funnel", parse(text, "t"), Options(baseline=float(baseline)))


#: A table for each method, and the table of `docs/indicators.md` that says what comes back.
LIFE = "area,start_age,deaths,population,reference_count,reference_population\n" + "".join(
    f"A,{start},{start + 1},1000,{start + 2},1000\n" for start in STARTS
)
SLOPE = "area,quantile,population,value,standard_error\n" + "".join(f"A,{at},100,{at},1\n" for at in range(1, 6))
VALUES = "area,value\nA,1\nA,2\nA,3\n"
REFERENCE = "area,count,population,reference_count,reference_population\nA,65,1000,5,50\n"
EXAMPLES = {
    "mean": VALUES, "quantiles": VALUES, "isr": REFERENCE, "smr": REFERENCE, "life-expectancy": LIFE, "arriaga": LIFE,
    "sii": SLOPE, "rii": SLOPE,
    "funnel-ratio": "area,count,expected\nA,12,5\n",
    "funnel-dsr": "area,count,value\nA,12,5\n",
    "dsr": "area,count,population,age_band\nA,65,1000,0-4\n",
    "dsr-not-independent": "area,count,population,age_band,event_frequency\nA,65,1000,0-4,1\n",
}  # fmt: skip


def test_the_names_of_an_answer_are_those_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text(encoding="utf-8")
    said = {}
    for line in page.split("## Answers")[1].split("## ")[0].splitlines():
        if line.startswith("| ") and "`" in line:
            names, cells = line.strip("| ").split(" | ")
            said |= {name: cells.replace("`", "").split(", ") for name in names.split(", ")}
    for method in methods.METHODS:
        text = EXAMPLES.get(method.name, "area,count,population\nA,65,1000\nB,20,500\n")
        row = method.apply(parse(text, "t"), Options(group_by=("area",)))[0]
        levels = {"lower_95", "upper_95", "lower_99_8", "upper_99_8"}
        tail = ["confidence", "statistic", "method", "note"]
        assert [name for name in row if name not in {"area", *levels, *tail}] == said.pop(method.name), method.name
        assert set(row) >= set(tail) - ({"confidence"} if method.name == "quantiles" else set())
    assert not said


@pytest.mark.parametrize("method", methods.METHODS, ids=lambda method: method.name)
def test_every_method_names_the_columns_it_lacks_and_answers_to_its_names(method: methods.Method) -> None:
    with pytest.raises(UserError, match=r"has no column .* needs .* the table has nothing"):
        method.apply(parse("nothing\n1\n", "t.csv"), Options())
    for name in (method.name, *method.also):
        assert methods.find(name.upper()) is method
        assert methods.find(name.replace("_", "-").replace("-", " ") + "s") is method


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("count,population\n1,10\n2x,10\n", (), "line 3, column count: '2x' is not a number"),
        ("count,population\n1,-10\n", (), "line 2, column population: '-10' is below zero"),
        ("count,people\n1,10\n", (), "has no column population or total. rate needs count"),
        ("count,population\n1,10\n", ("--group-by", "area"), "has no column area to group by"),
        ("count,population\n1,10\n", ("--confidence", "0"), "neither a share"),
        ("count,population\n1,10\n", ("--confidence", "high"), "is not a level"),
        ("count,population\n1,10\n", ("--multiplier", "-1"), "only an sii or rii"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    text: str, options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert main(["indicators", "rate", str(path), *options]) == 1
    assert said in capsys.readouterr().err


def test_a_method_misspelt_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "proprotion", "no.csv"]) == 1
    assert "Is it proportion?" in capsys.readouterr().err
    assert main(["indicators", "quintiles", "no.csv"]) == 1  # not ten groups under the name of five
    assert "Is it quantiles?" in capsys.readouterr().err
    assert main(["indicators", "rate", "no.csv"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_the_help_lists_methods_with_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["indicators", "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    for method in methods.METHODS:
        assert f"  {method.name}: " in said


def test_csv_and_table_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("area,count,population\nA,65,100\nB,,100\n")
    assert main(["indicators", "rate", str(path), "--format", "csv", "--confidence", "0.95,0.998"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (rows[0]["value"], rows[0]["confidence"], rows[1]["value"]) == ("65000.0", "0.95;0.998", "")
    assert main(["indicators", "rate", str(path)]) == 0
    printed = capsys.readouterr()
    assert "65,000.0" in printed.out
    assert "1 of 2 without a value" in printed.err

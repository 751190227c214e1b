"""The life course: verdicts only where an interval allows them, files read and refused, figures that are carried."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.performance.inequality import draw, life_course, loaded, printed
from wherry.performance.inequality.life_course import Verdict, against_words, example, judge, read, trend, trend_words
from wherry.reference.system import System, load

HEAD = "stage,indicator,polarity,unit,value,period,source,certainty"


@pytest.fixture(scope="module")
def system() -> System:
    return load("norfolk-waveney")


def written(folder: Path, text: str) -> Path:
    path = folder / "course.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_significant_only_with_counts_or_limits() -> None:
    plain = example(value=12.0, comparator_value=9.0)
    assert (judge(plain).verdict, judge(plain).sure) == (Verdict.WORSE, False)
    assert against_words(plain) == "Worse than England; no interval published"
    few = example(value=12.0, count=12, population=100, comparator_value=9.0)
    assert against_words(few) == "No significant difference from England"
    many = example(value=12.0, count=1200, population=10_000, comparator_value=9.0)
    assert against_words(many) == "Worse than England"


def test_the_trend_likewise() -> None:
    assert trend_words(example(value=12.0)) == "No earlier figure"
    assert trend_words(example(value=12.0, previous_value=14.0)) == "Getting better; no interval published"
    assert trend(example(value=12.0, previous_value=12.0)).verdict is Verdict.SAME


def test_a_trend_with_counts_on_both_sides(tmp_path: Path) -> None:
    more = "count,population,previous_value,previous_count,previous_population,previous_period"
    rows = (
        f"{HEAD},{more}\n"
        "Living well,A,higher,percent,50,2023,x,sourced,500,1000,40,400,1000,2022\n"
        "Living well,B,higher,percent,50,2023,x,sourced,5,10,40,4,10,2022\n"
    )
    first, second = read(written(tmp_path, rows))
    assert trend_words(first) == "Getting better since 2022"
    assert trend_words(second) == "No significant change since 2022"


def test_a_download_of_the_public_health_profiles(tmp_path: Path) -> None:
    """Their headings, with stage, polarity, unit, source and certainty added; England's row becomes the comparator."""
    text = (
        "Indicator Name,Area Code,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Count,Denominator,"
        "Recent Trend,stage,polarity,unit,source,certainty\n"
        "Low birth weight,E92000001,2021,2.8,2.7,2.9,,,,Starting well,lower,percent,profiles,sourced\n"
        "Low birth weight,E07000148,2021,3.9,3.1,4.9,70,1800,Increasing & getting worse,Starting well,lower,percent,"
        "profiles,sourced\n"
    )
    (one,) = read(written(tmp_path, text))
    assert (one.place, one.comparator_value) == ("E07000148", 2.8)
    assert (against_words(one), trend_words(one)) == ("Worse than England", "Getting worse")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Living well,A,lower,percent,many,2023,x,sourced", "line 2: value is 'many'"),
        ("Old age,A,lower,percent,1,2023,x,sourced", "line 2: stage is 'Old age'"),
        ("Living well,,lower,percent,1,2023,x,sourced", "needs its name"),
        ("Living well,A,down,percent,1,2023,x,sourced", "polarity is 'down'"),
        ("Living well,A,lower,percent,1,2023,x,surely", "certainty is 'surely'"),
        ("Living well,A,lower,percent,nan,2023,x,sourced", "value is 'nan'"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read(written(tmp_path, f"{HEAD}\n{row}\n"))


ROW = "Living well,A,lower,percent,5,2023,x,sourced,"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([ROW + "9,1,,,"], "lower 9 lies above upper 1"),
        ([ROW + "6,7,,,"], "value 5 lies outside its own limits"),
        ([ROW + ",,12,10,"], "count 12 is above population 10"),
        ([ROW + ",,-1,10,"], "below 0"),
        ([ROW + ",,,,", ROW + ",,,,"], "line 3: A of this place and period stands in line 2 already"),
        ([ROW + ",,,,E92000001", ROW.replace(",5,", ",6,") + ",,,,E92000001"], "line 3: England has another figure"),
    ],
)
def test_figures_that_do_not_fit_together_are_refused(tmp_path: Path, rows: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        read(written(tmp_path, "\n".join([f"{HEAD},lower,upper,count,population,place", *rows])))


def test_a_missing_column_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lacks certainty"):
        read(written(tmp_path, HEAD.removesuffix(",certainty") + "\n"))
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        read(tmp_path / "bad.csv")


def test_the_figures_that_plans_print(system: System) -> None:
    every = loaded.indicators(system)
    by = {(one.indicator, one.place, one.comparator): one for one in every}
    smoking = by["Mothers smoking at time of delivery", "", "England"]
    assert (smoking.value, smoking.comparator_value) == (12.0, 9.0)
    copd = by["People with COPD on practice registers", "", "England"]
    assert (copd.value, copd.comparator_value) == (2.3, 1.9)
    yarmouth = by["People with COPD on practice registers", "E07000145", "its peers"]
    assert (yarmouth.value, yarmouth.comparator_value) == (3.46, 2.21)
    assert all(one.source and one.period for one in every)
    assert not any(judge(one).sure for one in every), "none of them came with counts or limits"
    assert len({one.place for one in every}) == 9
    assert [round(one.years, 2) for one in printed.life_years(system)] == [6.75, 5.33]
    ratios = {one.outcome: (one.ratio, one.at_least) for one in printed.ratios(system)}
    assert ratios["Death from preventable causes"] == (3.0, True)
    assert ratios["Low birth weight"] == (1.5, False)


def test_every_stage_is_there_with_or_without_figures(system: System) -> None:
    stages = dict(life_course.by_stage(loaded.indicators(system)))
    assert tuple(stages) == life_course.STAGES
    assert stages["Dying well"] == []


def test_a_load_takes_the_place_of_the_systems_file_until_taken_back(system: System, tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}\nDying well,Deaths at home,higher,percent,,2023,somebody,general knowledge\n")
    assert loaded.load(path, tmp_path).kind == loaded.LIFE_COURSE
    (one,) = loaded.indicators(system, tmp_path)
    assert (one.indicator, one.value, against_words(one)) == ("Deaths at home", None, "No data")
    current = loaded.current(loaded.LIFE_COURSE, tmp_path)
    assert current is not None
    assert (current.file, current.rows) == ("course.csv", 1)
    with pytest.raises(UserError, match="neither of what can be loaded"):
        loaded.load(written(tmp_path, "a,b\n1,2\n"), tmp_path)
    assert loaded.indicators(system, tmp_path) == (one,)
    assert loaded.forget(loaded.LIFE_COURSE, tmp_path)
    assert not loaded.forget(loaded.LIFE_COURSE, tmp_path)
    assert len(loaded.indicators(system, tmp_path)) > 50


def test_a_drawing_says_everything_in_words_too() -> None:
    rows = [
        draw.Row("Worse one: 2.00", 2.0, 1.5, float("inf"), "worse", head="Living well"),
        draw.Row("<b>: 0.50", 0.5, 0.0, 0.8, "better", sure=False),
        draw.Row("No figure", None),
    ]
    svg = draw.intervals(rows, id="x", title="T & t", description="D", at=1.0, at_words="The same", ratio=True)
    assert svg.startswith("<svg")
    assert all(text in svg for text in ("T &amp; t</title>", "<desc", "Worse one: 2.00", "&lt;b&gt;", "No figure"))
    assert "style=" not in svg
    assert "nan" not in svg
    assert "inf" not in svg
    assert svg.count("<path") == 2

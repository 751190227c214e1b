"""Definitions of measures: what is read, and what is said of a file that is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from counting_support import definition, system_with

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.measures import definitions
from wherry.performance.measures.model import Direction, Grain, Kind, Split
from wherry.reference import standards

GOOD = definition("good-one", splits=("sex",), table="rtt_waiting", numerator="count(*)", denominator="count(*)")
LOADED = definition("sent-one", kind="loaded")
TARGET = '\n[[target]]\nvalue = 5\nfrom_date = 2026-04-01\nsource = "a plan"\ncertainty = "own default"\n'


def read(folder: Path, text: str, name: str = "good-one") -> str:
    """What is wrong with a file; nothing if it is right."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    try:
        definitions.read_file(path)
    except UserError as error:
        return str(error)
    return ""


def test_a_definition_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "good-one.toml"
    path.write_text(GOOD + TARGET, encoding="utf-8")
    found = definitions.read_file(path)
    assert (found.code, found.direction, found.grain, found.splits) == (
        "good-one", Direction.INCREASE, Grain.MONTH, (Split.SEX,),
    )  # fmt: skip
    assert found.source.kind is Kind.TABLE
    assert found.target_on(date(2026, 3, 31)) is None
    target = found.target_on(date(2030, 1, 1))
    assert target is not None
    assert target.value == 5.0


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("owner =", "ownr =", "good-one.toml, ownr: this key is not known: did you mean 'owner'?"),
        ('unit = "percent"', 'unit = "percents"', "unit: 'percents' is none of percent,"),
        ('domain = "elective"', 'domain = "electve"', "Did you mean 'elective'?"),
        ('direction = "increase"', 'direction = "up"', "direction: 'up' is none of increase, decrease, neutral"),
        ('grain = "month"', 'grain = "monthly"', "Did you mean 'month'?"),
        ('splits = ["sex"]', 'splits = ["gender"]', "splits: 'gender' is none of imd_quintile"),
        ('splits = ["sex"]', 'splits = ["all"]', "splits: 'all' is none of"),
        ('splits = ["sex"]', 'splits = "sex"', "splits: 'sex' is not a list of words"),
        ('splits = ["sex"]', 'splits = ["sex", "sex"]', "names one twice"),
        ('what = "A measure of a test."', "", "what: it is missing"),
        ('code = "good-one"', 'code = "other"', "code: 'other' is not the file's own name 'good-one'"),
        ('kind = "table"', 'kind = "loaded"', "a loaded measure has no table and no expressions"),
        ('table = "rtt_waiting"', "", "source.table: it is missing"),
        ('denominator = "count(*)"', "", "source.denominator: it is missing, and a measure in percent needs one"),
        (
            'table = "rtt_waiting"',
            'tabel = "rtt_waiting"',
            "source.tabel: this key is not known: did you mean 'table'?",
        ),
        ('name = "good-one"', "name = 3", "name: '3' is not a text"),
        ('name = "good-one"', 'name = "good-one"\nheadline = "yes"', "headline: 'yes' is not true or false"),
        ('name = "good-one"', 'name = "good-one"\ndecimals = 12', "decimals: 12 is not a whole number from 0 to 6"),
        ('name = "good-one"', 'name = "good-one"\ntheme = "variaton"', "Did you mean 'variation'?"),
        ('certainty = "own default"', 'certainty = "guess"', "certainty: 'guess' is none of sourced"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in GOOD
    assert words in read(tmp_path, GOOD.replace(before, after, 1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[target]]\nstandard = "rtt.18_week.target"\n', "target 1.standard: no standard called 'rtt.18_week.target'"),
        ("[[target]]\nvalue = 5\n", "target 1.from_date: it is missing"),
        (TARGET.replace("value = 5", 'value = "five"'), "target 1.value: 'five' is not a number"),
        (TARGET.replace("value = 5", "value = true"), "target 1.value: True is not a number"),
        (TARGET.replace("value = 5", "value = nan"), "target 1.value: nan is not a number"),
        (TARGET.replace("2026-04-01", '"2026-04-01"'), "is not a date such as 2026-04-01"),
        (TARGET + TARGET, "target: two hold on 2026-04-01. End the earlier the day before"),
        (TARGET.replace("source =", "to_date = 2026-01-01\nsource ="), "target 1.to_date: it is before from_date"),
        (TARGET.replace("[[target]]", "[[trajectory]]") + "[extra]\n", "extra: this key is not known"),
        (TARGET.replace("[[target]]", "[target]"), "target: write each as [[target]]"),
    ],
)
def test_targets_are_checked(tmp_path: Path, text: str, words: str) -> None:
    assert words in read(tmp_path, GOOD + text)


def test_targets_of_a_standard_are_all_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "good-one.toml"
    path.write_text(GOOD + '\n[[target]]\nstandard = "rtt.18_weeks.target"\n', encoding="utf-8")
    held = standards.history("rtt.18_weeks.target")
    assert [one.value for one in definitions.read_file(path).targets] == [float(one.value) for one in held]


def test_what_a_system_says_of_a_code_takes_the_place_of_the_national_one(tmp_path: Path) -> None:
    national = definitions.load(None)
    code = next(code for code, one in national.items() if one.source.kind is Kind.LOADED)
    text = definition(code, kind="loaded").replace("A measure of a test.", "Ours.")
    system = system_with(tmp_path / "system", {code: text, "broken": "code ="})
    assert definitions.load(system)[code].what == "Ours."
    assert national[code].what != "Ours."
    assert len(definitions.load(system)) == len(national)
    assert any("broken.toml cannot be read as TOML" in words for words in definitions.read(system).problems)


def test_the_page_prints_every_fact_table_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
    assert main(["measures", "facts", "--format", "markdown"]) == 0
    assert page.endswith(capsys.readouterr().out), "docs/measures.md: wherry measures facts --format markdown"


def test_the_command_says_what_is_wrong_and_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good-one.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "sent-one.toml").write_text(LOADED, encoding="utf-8")
    assert main(["measures", "check", str(tmp_path / "good-one.toml"), str(tmp_path / "sent-one.toml")]) == 0
    assert "2 definitions read; wrong: 0." in capsys.readouterr().out
    (tmp_path / "good-one.toml").write_text(GOOD.replace("count(*)", "avg(age)"), encoding="utf-8")
    assert main(["measures", "check", str(tmp_path / "good-one.toml")]) == 1
    assert "good-one.toml, source.numerator: AVG(age) is an average" in capsys.readouterr().out

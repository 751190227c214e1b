"""Fifths of areas, and the command line."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality_support import PERIOD

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.inequality import areas
from wherry.performance.measures import definitions, values
from wherry.reference.system import load


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 200)), min_size=1, max_size=20))
@settings(max_examples=25)
def test_each_area_is_in_the_fifth_of_its_middle_person(rows: list[tuple[int, int]]) -> None:
    """Against one person after another in a row."""
    found = areas.fifths([score for score, _ in rows], [people for _, people in rows])
    order = sorted(range(len(rows)), key=lambda at: -rows[at][0])
    row = [at for at in order for _ in range(rows[at][1])]
    for at in range(len(rows)):
        first = row.index(at)
        middle = first + rows[at][1] / 2
        assert found[at] == min(5, int(middle * 5 / len(row)) + 1)
    scores = np.array([score for score, _ in rows])
    for n in range(1, 5):
        if (found == n).any() and (found == n + 1).any():
            assert scores[found == n].min() >= scores[found == n + 1].max()


def test_what_cannot_be_a_gradient() -> None:
    of = areas.measure("x")
    with pytest.raises(UserError, match="five areas or more"):
        areas.gradient(of, [1, 2], [10, 10], [1, 2])
    with pytest.raises(UserError, match="one area is too large"):
        areas.gradient(of, [1.0] * 5, [10, 10, 1000, 10, 10], [5, 4, 3, 2, 1])


def test_areas_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "smoking.csv"
    rows = [f"A{n},{300 - 20 * n},1000,{10 - n}" for n in range(10)]
    path.write_text("area,count,population,score\n" + "\n".join(rows) + "\n")
    assert main(["inequality", "areas", str(path), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["numerator"] for one in said["categories"]] == [580, 500, 420, 340, 260]
    assert said["gap"]["absolute"]["value"] == pytest.approx(16.0)
    assert said["gap"]["worse"] is True
    assert said["slope"]["index"]["value"] == pytest.approx(20.0)
    path.write_text("area,count,population,score\nA,,1,2\n")
    assert main(["inequality", "areas", str(path)]) == 1
    assert "line 2: count is blank, which is not nought" in capsys.readouterr().err


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with values of one real measure by deprivation."""
    import pyarrow as pa

    folder = tmp_path_factory.mktemp("inequality")
    of = definitions.load(load("norfolk-waveney"))["rtt-18-weeks"]
    made = []
    for organisation, size in (("RM1", 1000), ("RGP", 500)):
        for n, share in enumerate((50, 55, 60, 65, 70), 1):
            made.append((organisation, "imd_quintile", str(n), size * share / 100, float(size)))
        made.append((organisation, "all", "", size * 3.0, size * 5.0))
    table = [
        {
            **dict(zip(("organisation", "split", "category", "numerator", "denominator"), row, strict=True)),
            "measure": of.code,
            "period": PERIOD,
            "value": of.value(row[3], row[4]),
            "source": "made by hand",
            "as_at": PERIOD,
        }
        for row in made
    ]
    values.publish(pa.Table.from_pylist(table, schema=values.VALUES), {}, folder)
    return folder


def test_a_measure_from_the_command_line(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inequality", "rtt-18-weeks", "--hub", str(hub)]) == 0
    said = capsys.readouterr().out
    assert "The gap is 20.0 percentage points lower, which is worse" in said
    assert "Counts of 1 to 4 are withheld" in said
    assert main(["inequality", "rtt-18-weeks", "--hub", str(hub), "--scope", "RGP", "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["gap"]["absolute"]["value"] == pytest.approx(-20.0)
    assert one["categories"][0]["denominator"] == 500
    assert main(["inequality", "--hub", str(hub)]) == 0
    assert "rtt-18-weeks" in capsys.readouterr().out
    assert main(["inequality", "rtt-18-weeks", "--hub", str(hub), "--split", "sex"]) == 0
    assert "No figures of rtt-18-weeks by sex" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing-such"], "There is no measure called 'nothing-such'"),
        (["rtt-18-weeks", "--scope", "E07000145"], "places have no splits"),
        (["load"], "needs one more word"),
        (["forget", "everything"], "cannot be taken back"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    hub: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inequality", *words, "--hub", str(hub)]) == 1
    assert told in capsys.readouterr().err


def test_a_load_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "course.csv"
    path.write_text(
        "stage,indicator,polarity,unit,value,period,source,certainty\nLiving well,A,lower,percent,5,2023,x,sourced\n"
    )
    assert main(["inequality", "load", str(path), "--hub", str(tmp_path)]) == 0
    assert "1 rows of indicators of the life course" in capsys.readouterr().out
    assert main(["inequality", "forget", "life_course", "--hub", str(tmp_path)]) == 0
    assert "Taken back" in capsys.readouterr().out


HEAD = "area,count,population,score\n"
ROWS = "".join(f"A{n},{n + 5},100,{n}\n" for n in range(10))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + ROWS + "A1,5,100,1\n", "line 12: A1 stands in line 3 already"),
        (HEAD + ROWS + "B,500,100,1\n", "above 100%"),
        (HEAD + ROWS + 'B,"1,5",100,1\n', "line 12: count is '1,5'"),
        (HEAD + ROWS + "B,1_5,100,1\n", "line 12: count is '1_5'"),
        (HEAD + ROWS + "B,.,100,1\n", "line 12: count is '.'"),
        (HEAD + ROWS + "B,1e300,1e301,1\n", "not a number"),
        (HEAD + ROWS + "B,5,100,1,9\n", "line 12: more cells than the heading"),
        (HEAD.replace("score", "score,score") + ROWS, "the column score twice"),
        (HEAD + ROWS + "x" * 200_000 + ",5,100,1\n", "is no CSV text"),
        (HEAD + "".join(f"A{n},5,100,{n % 4}\n" for n in range(10)), "nothing tells fifths"),
    ],
)
def test_a_file_that_would_be_misread_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(text, encoding="utf-8")
    limit = csv.field_size_limit(131_072)
    try:
        with pytest.raises(UserError, match=re.escape(words)):
            areas.gradient(areas.measure("x"), *areas.read(path))
    finally:
        csv.field_size_limit(limit)


def test_cells_with_line_breaks_and_thousands_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_bytes(("\ufeff" + HEAD + '"Ynys\nM\u00f4n\u2028",5,"1,200",3\n' + ROWS).replace("\n", "\r\n").encode())
    counts, people, scores = areas.read(path)
    assert (len(counts), counts[0], people[0], scores[0]) == (11, 5.0, 1200.0, 3.0)

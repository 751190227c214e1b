"""The gap in life expectancy: parts that add up to the whole, files refused, and nothing where bands are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.performance.inequality import deaths, loaded
from wherry.performance.inequality.deaths import STARTS, Deaths

CAUSES = {"Circulatory": 0.5, "Cancer": 0.3, "Other": 0.2}


def table(excess: float = 1.5) -> list[Deaths]:
    """A Gompertz-like country, in whose most deprived fifth circulatory deaths are so many times as many."""
    rows = []
    for quintile, more in (("1", excess), ("5", 1.0)):
        for sex in ("1", "2"):
            for age in STARTS:
                people = 20_000.0 if age < 70 else 4_000.0
                rate = 0.004 if age == 0 else 0.00005 * 1.09**age
                for cause, share in CAUSES.items():
                    times = more if cause == "Circulatory" else 1.0
                    rows.append(Deaths(quintile, sex, age, cause, people * rate * share * times, people))
    return rows


def written(folder: Path, rows: list[str]) -> Path:
    path = folder / "deaths.csv"
    path.write_text("\n".join([",".join(deaths.NEEDED), *rows]) + "\n", encoding="utf-8")
    return path


def test_causes_and_ages_add_up_to_the_gap() -> None:
    males, females = deaths.gaps(table())
    for one in (males, females):
        assert one.gap is not None
        assert one.gap > 0
        assert one.most is not None
        assert one.least is not None
        assert one.least - one.most == pytest.approx(one.gap)
        assert sum(share.years for share in one.causes) == pytest.approx(one.gap)
        assert sum(share.years for share in one.ages) == pytest.approx(one.gap)
        assert one.causes[0].name == "Circulatory"
        assert [abs(share.years) for share in one.causes[1:]] == pytest.approx([0, 0], abs=1e-9)
        assert one.lower is not None
        assert one.upper is not None
        assert one.lower < one.gap < one.upper


def test_alike_fifths_have_no_gap() -> None:
    assert deaths.gaps(table(1.0))[0].gap == pytest.approx(0.0)


def test_a_missing_band_is_said_and_not_guessed() -> None:
    rows = [row for row in table() if not (row.quintile == "5" and row.start_age == 40)]
    assert "least deprived fifth has no rows for ages from 40" in deaths.gaps(rows)[0].note


def test_too_few_people_have_no_life_expectancy() -> None:
    few = [Deaths(one.quintile, one.sex, one.start_age, one.cause, 0.1, 200.0) for one in table()]
    found = deaths.gaps(few)[0]
    assert found.gap is None
    assert "5,000" in found.note


def test_a_file_goes_in_and_comes_out_the_same(tmp_path: Path) -> None:
    rows = table()
    text = [f"{r.quintile},{r.sex},{r.start_age},{r.cause},{r.deaths},{r.population:g}" for r in rows]
    found = loaded.load(written(tmp_path, text), tmp_path)
    assert (found.kind, found.rows) == (loaded.DEATHS, len(rows))
    assert loaded.deaths_rows(tmp_path) == tuple(rows)
    assert loaded.deaths_rows(tmp_path / "elsewhere") == ()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["1,1,0,Cancer,,100"], "a blank is not nought"),
        (["1,1,3,Cancer,1,100"], "no band begins at 3"),
        (["6,1,0,Cancer,1,100"], "quintile is '6'"),
        (["1,1,0,Cancer,1,100", "1,1,0,Other,1,90"], "is 90 here and 100 before"),
        (["1,1,0,Cancer,1,100", "1,1,0,Cancer,2,100"], "comes twice"),
        (["1,1,0,Cancer,-1,100"], "deaths is '-1'"),
        ([], "no rows"),
    ],
)
def test_what_is_wrong_is_refused(tmp_path: Path, rows: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        loaded.load(written(tmp_path, rows), tmp_path)

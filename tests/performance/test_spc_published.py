"""The published A&E months of the three trusts, 2021/22 to 2024/25, charted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from wherry.hub import published
from wherry.hub.published.activity import AePosition
from wherry.performance import spc
from wherry.performance.spc.words import sentence

#: What is charted: name, which way is better, unit, target (NHS Constitution, 95% within four hours), value.
MEASURES: tuple[tuple[str, str, str, float | None, Callable[[AePosition], float | None]], ...] = (
    ("seen within four hours", "increase", "percent", 95, lambda a: a.percent_within_4_hours),
    ("major departments within four hours", "increase", "percent", 95, lambda a: a.percent_type1_within_4_hours),
    ("attendances", "neutral", "number", None, lambda a: a.attendances),
    ("major attendances", "neutral", "number", None, lambda a: a.type1_attendances),
    ("emergency admissions", "neutral", "number", None, lambda a: a.emergency_admissions),
    ("over four hours", "decrease", "number", None, lambda a: a.over_4_hours),
    ("over 12 hours after the decision", "decrease", "number", 0, lambda a: a.measures["dta_over_12_hours"]),
    ("4 to 12 hours after the decision", "decrease", "number", None, lambda a: a.measures["dta_4_to_12_hours"]),
)


TRUSTS = ("RM1", "RGP", "RCX")


def _of_the_three(folder: Path, to: Path) -> list[Path]:
    """The months with the three trusts' rows alone; whole months are loaded by the tests of the hub."""
    to.mkdir()
    for path in sorted(folder.glob("*.csv")):
        head, *rows = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        mine = [row for row in rows if row.split(",", 2)[1] in TRUSTS] if rows else []
        (to / path.name).write_text("".join([head, *mine]), encoding="utf-8")
    return sorted(to.iterdir())


@pytest.mark.real
def test_the_series_of_the_three_trusts_chart_without_a_warning(shared_data: Path, tmp_path: Path) -> None:
    published.load(_of_the_three(shared_data / "nhse_ae" / "monthly", tmp_path / "sent"), root=tmp_path)
    charted = {}
    with published.open(tmp_path) as found, warnings.catch_warnings():
        warnings.simplefilter("error")
        periods = found.periods("ae")
        days = [date.fromisoformat(f"{period}-01") for period in periods]
        assert (len(days), days[0], days[-1]) == (48, date(2021, 4, 1), date(2025, 3, 1))
        for trust in TRUSTS:
            positions = [found.ae(period, [trust]) for period in periods]
            for name, improvement, unit, target, value in MEASURES:
                made = spc.chart(days, [value(at) for at in positions], improvement=improvement, target=target)
                text = spc.draw.svg(
                    made,
                    id="c",
                    title=f"{trust}: {name}",
                    description=sentence(made, name, unit),
                    y_label=name,
                    unit=unit,
                )
                ElementTree.fromstring(text)
                ElementTree.fromstring(spc.draw.spark(made, title=name))
                charted[trust, name] = made
    assert len(charted) == 24
    for made in charted.values():
        assert made.groups[0].upl is not None
        assert made.variation in spc.model.POINT_TYPES
    four_hours = [charted[trust, "seen within four hours"] for trust in TRUSTS]
    assert {made.assurance for made in four_hours} == {"consistent_fail"}  # no trust of the three met 95%
    assert all(point.value is not None for made in four_hours for point in made.points)

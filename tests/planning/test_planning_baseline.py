"""The year of activity as planning gets it: arrays that say what the cells say, and the ward that each spell fills."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade_plans import WARDS, small_baseline
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.hub import activity
from wherry.hub.activity.schema import FILES
from wherry.planning import baseline
from wherry.planning.baseline import ward_places
from wherry.planning.capacity import ward_of, wards
from wherry.reference.activity import KINDS, MARKER_WORDS

SYSTEM = "norfolk-waveney"

SPELLS: list[dict[str, Any]] = [
    {"site": "RM102", "kind": "emergency", "treatment_function": "300", "age": 95, "nights": 12, "markers": "frailty"},
    {"site": "RM102", "kind": "emergency", "treatment_function": "430", "age": 66, "nights": 2},
    {"site": "RM102", "kind": "emergency", "treatment_function": "430", "age": 66, "nights": 0},
    {"site": "RM102", "kind": "elective", "treatment_function": "110", "age": 66, "nights": 4, "theatre_minutes": 120},
    {"site": "RM131", "kind": "day_case", "treatment_function": "130", "age": 66, "nights": 0, "count": 9},
    {"site": "RM102", "kind": "maternity", "treatment_function": "501", "age": 30, "nights": 1},
]
EARLIER = {"site": "RM102", "kind": "emergency", "treatment_function": "420", "age": 3, "nights": 1}
SPELLS.append(EARLIER | {"financial_year": "2022/23"})


def fill(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "in" / "RM1" / "admitted.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, FILES["admitted"], restval="")
        writer.writeheader()
        plain = {"organisation": "RM1", "financial_year": "2023/24", "sex": 1, "imd_quintile": 4}
        writer.writerows([plain | row for row in rows])
    activity.load(folder / "in", system=SYSTEM, hub=folder / "hub")
    return folder / "hub"


def test_arrays_say_what_the_cells_say(tmp_path: Path) -> None:
    found = baseline.load(fill(tmp_path, SPELLS), SYSTEM, wards(SYSTEM))
    assert (found.year, found.system, len(found)) == (2023, SYSTEM, 6)
    assert found.sites == ("RM102", "RM131")
    assert found.trust_of == ("RM1", "RM1")
    assert found.site_words == ("Norwich (Colney)", "Cromer")
    assert found.whats == ("", "110", "130", "300", "430", "501")
    kinds = list(KINDS)
    said = {
        (
            found.sites[found.site[place]],
            kinds[found.kind[place]],
            found.whats[found.what[place]],
            int(found.age[place]),
            int(found.nights[place]),
            found.wards[found.ward[place]] if found.ward[place] >= 0 else "",
            int(found.count[place]),
        )
        for place in range(len(found))
    }
    assert said == {
        ("RM102", "emergency", "300", 90, 12, "medicine", 1),
        ("RM102", "emergency", "430", 66, 2, "older", 1),
        ("RM102", "emergency", "430", 66, 0, "", 1),
        ("RM102", "elective", "110", 66, 4, "surgery", 1),
        ("RM131", "day_case", "130", 66, 0, "", 9),
        ("RM102", "maternity", "501", 30, 1, "maternity", 1),
    }
    assert set(found.quintile.tolist()) == {4}
    assert sorted(found.theatre_minutes.tolist()) == [0, 0, 0, 0, 0, 120]
    assert sorted(found.markers.tolist()) == [0, 0, 0, 0, 0, 1]
    assert all(column.dtype == np.int64 for column in (found.site, found.kind, found.count, found.ward, found.markers))
    assert found.load_id == activity.current_id(tmp_path / "hub")
    assert any("load " + found.load_id in note for note in found.notes)
    assert any("discharge date less admission date" in note for note in found.notes)


def test_one_year_of_several(tmp_path: Path) -> None:
    hub = fill(tmp_path, SPELLS)
    earlier = baseline.load(hub, SYSTEM, wards(SYSTEM), 2022)
    assert (earlier.year, earlier.sites, earlier.whats) == (2022, ("RM102",), ("", "420"))
    assert earlier.wards[earlier.ward[0]] == "children"
    with pytest.raises(UserError, match=r"nothing of 2021/22; it has 2022/23, 2023/24"):
        baseline.load(hub, SYSTEM, wards(SYSTEM), 2021)


def test_without_activity_it_says_how_to_load_some(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wherry hub activity load"):
        baseline.load(tmp_path, SYSTEM, wards(SYSTEM))


def test_sites_that_the_system_does_not_have_stand_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    names = "EPIKEY,PSEUDO_HESID,PROCODE3,SITETRET,SEX,STARTAGE,ADMIDATE,ADMIMETH,CLASSPAT,EPISTART,DISDATE,TRETSPEF"
    rows = (
        "1,TESTa,RXX,RXX01,1,50,2023-05-01,21,1,2023-05-01,2023-05-03,300",
        "2,TESTb,RGP,RGP75,2,50,2023-05-01,21,1,2023-05-01,2023-05-03,300",
        "3,TESTc,RAA,,2,50,2023-05-01,21,1,2023-05-01,2023-05-03,300",
    )
    (tmp_path / "in" / "apc.csv").write_text("\n".join((names, *rows)) + "\n", encoding="utf-8")
    activity.load_hes(tmp_path / "in", system=SYSTEM, hub=tmp_path / "hub")
    found = baseline.load(tmp_path / "hub", SYSTEM, wards(SYSTEM))
    assert found.sites == ("RGP75", "RAA", "RXX01")
    assert found.trust_of == ("RGP", "RAA", "RXX")
    assert found.site_words == ("Gorleston", "RAA", "RXX01")


SPELL = st.tuples(
    st.sampled_from(list(KINDS)),
    st.sampled_from(["", "100", "300", "420", "430", "501"]),
    st.integers(0, 90),
    st.integers(0, 3),
)


@given(spells=st.lists(SPELL, min_size=1, max_size=30))
@settings(max_examples=60)
def test_the_ward_of_a_spell_is_the_first_whose_rule_fits(spells: list[tuple[str, str, int, int]]) -> None:
    whats = ["", "100", "300", "420", "430", "501"]
    kind = np.array([list(KINDS).index(spell[0]) for spell in spells])
    what = np.array([whats.index(spell[1]) for spell in spells])
    age, nights = (np.array([spell[place] for spell in spells]) for place in (2, 3))
    for groups in (wards(SYSTEM), WARDS, WARDS[:2], ()):
        one_by_one = [ward_of(groups, spell[0], spell[1], spell[2]) if spell[3] else -1 for spell in spells]
        assert ward_places(groups, kind, what, age, nights, whats).tolist() == one_by_one


def test_the_handmade_year_has_everything_that_tests_need() -> None:
    made = small_baseline()
    assert 200 <= len(made) <= 400
    assert set(np.unique(made.kind)) == set(range(len(KINDS)))
    assert set(np.unique(made.quintile)) == set(range(6))
    assert {made.wards[place] for place in np.unique(made.ward) if place >= 0} == {group.code for group in WARDS}
    assert np.bitwise_or.reduce(made.markers) == sum(2**place for place in range(len(MARKER_WORDS)))
    assert (int(made.age.min()), int(made.age.max())) == (0, 90)
    places = ward_places(WARDS, made.kind, made.what, made.age, made.nights, made.whats)
    assert np.array_equal(places, made.ward)
    assert small_baseline(3).count.sum() == 3 * made.count.sum()

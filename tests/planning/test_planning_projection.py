"""People of the years to come: the published anchors are met, people are made of ages, and a wrong file is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wherry.errors import UserError
from wherry.planning import projection
from wherry.planning.population import Projection
from wherry.reference import system as systems
from wherry.reference.system import System

SYSTEM = systems.load("norfolk-waveney")
FILES = ("system.toml", "organisations.csv", "sites.csv", *projection.FILES)


@pytest.fixture(scope="module")
def found() -> Projection:
    return projection.load(SYSTEM)


def people(found: Projection, year: int, low: int = 0, high: int = 90, variant: str = "principal") -> float:
    at = found.variants.index(variant), found.years.index(year)
    return float(found.people[at][low : high + 1].sum())


def test_the_principal_variant_meets_what_the_groups_case_published(found: Projection) -> None:
    """G sections 3 and 4A, within 1%."""
    growing = people(found, 2033, 65, 84) / people(found, 2023, 65, 84)
    oldest = people(found, 2033, 85) / people(found, 2023, 85)
    assert growing == pytest.approx(1.17, rel=0.01)
    assert oldest == pytest.approx(1.46, rel=0.01)
    assert people(found, 2023, 65) / people(found, 2023) == pytest.approx(0.26, rel=0.01)
    assert people(found, 2033, 65) / people(found, 2033) == pytest.approx(0.299, rel=0.01)


def test_the_joint_forward_plans_figures_are_near(found: Projection) -> None:
    """J section 3.2 rests on another projection: near it, not fitted (docs/scenarios.md)."""
    assert people(found, 2040, 65) / people(found, 2020, 65) == pytest.approx(1.36, abs=0.03)
    assert people(found, 2040, 16, 64) / people(found, 2020, 16, 64) == pytest.approx(1.03, abs=0.02)
    assert people(found, 2040, 0, 15) / people(found, 2020, 0, 15) == pytest.approx(0.99, abs=0.08)
    assert people(found, 2025) - people(found, 2020) == pytest.approx(25_000, rel=0.25)
    assert people(found, 2025, 65) - people(found, 2020, 65) == pytest.approx(20_000, rel=0.25)


def test_the_documentation_gives_the_figures_that_the_files_have(found: Projection) -> None:
    told = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for words in (
        f"+{people(found, 2033, 65, 84) / people(found, 2023, 65, 84) - 1:.1%}",
        f"+{people(found, 2033, 85) / people(found, 2023, 85) - 1:.1%}",
        f"{people(found, 2033, 65) / people(found, 2033):.1%}",
        f"{people(found, 2040, 65) / people(found, 2020, 65) - 1:.1%}",
        f"{people(found, 2040, 0, 15) / people(found, 2020, 0, 15) - 1:.1%}",
        f"{people(found, 2025) - people(found, 2020):,.0f}",
        *(f"{people(found, 2033, variant=variant):,.0f}" for variant in found.variants),
    ):
        assert words in told, words


def test_years_reach_from_2018_to_2043_and_variants_part_after_2023(found: Projection) -> None:
    assert found.variants[0] == "principal"
    assert found.years == tuple(range(2018, 2044))
    until = found.years.index(2023) + 1
    assert np.array_equal(
        found.people[:, :until], np.broadcast_to(found.people[:1, :until], found.people[:, :until].shape)
    )
    low, high = (people(found, 2033, 65, variant=name) for name in ("low", "high"))
    assert low < people(found, 2033, 65) < high
    assert people(found, 2033, variant="low") < people(found, 2033) < people(found, 2033, variant="high")
    assert people(found, 2033, variant="more_moving_in") > people(found, 2033)


def test_people_of_2019_are_those_of_the_small_areas(found: Projection) -> None:
    """`places.csv` has the same people by band of age."""
    places = SYSTEM.places
    for name, low, high in (("age_0_4", 0, 4), ("age_65_74", 65, 74), ("age_85_over", 85, 90)):
        assert people(found, 2019, low, high) == pytest.approx(places[name].to_numpy().sum(), abs=10)


def test_cohorts_grow_older_and_rarely_more(found: Projection) -> None:
    """From one year to the next, those of one age become those of the next age, but for moves and deaths."""
    both = found.people.sum(axis=3)
    ratio = both[:, 1:, 1:90] / both[:, :-1, :89]
    assert ratio.min() > 0.80
    assert ratio.max() < 1.08
    assert (ratio[:, :, 80:].max(axis=(0, 1)) < 1).all()


def test_gain_begins_at_nothing_and_births_are_near_the_newborn(found: Projection) -> None:
    assert (found.gain[:, 0] == 0).all()
    assert (np.diff(found.gain, axis=1) > 0).all()
    newborn = found.people[:, 1:, 0].sum(axis=2)
    assert np.abs(newborn / found.births[:, :-1] - 1).max() < 0.08


def test_the_ratio_of_a_base_year_is_one_there(found: Projection) -> None:
    ratio = found.ratio(2023)
    assert ratio.shape == (4, 26, 91, 3)
    assert (ratio[:, found.years.index(2023)] == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        found.people[0, 0, 0, 0] = 1


def test_variants_are_told_in_words() -> None:
    told = projection.variants(SYSTEM)
    assert [one.code for one in told] == list(projection.known(SYSTEM)[0])
    assert all(one.words and one.how.endswith(".") for one in told)


# A user's own files.


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(SYSTEM.folder / name, tmp_path / name)
    return tmp_path


def edit(folder: Path, name: str, change: Callable[[str], str]) -> System:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    return systems.load_folder(folder)


def without_line(number: int) -> Callable[[str], str]:
    return lambda text: "\n".join(line for at, line in enumerate(text.splitlines(), 1) if at != number) + "\n"


WRONG = [
    ("population.csv", lambda text: text.replace("age_64,", "", 1), "line 1: the column 'age_64' is missing"),
    ("population.csv", lambda text: text.replace("age_90\n", "age_90,age_91\n", 1), "line 1: 'age_91' is not a column"),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principle,2018,1,"),
        "line 2: 'principle' is not a variant",
    ),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principal,2018,3,"),
        "line 2: sex '3' is neither",
    ),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principal,18,1,"),
        "line 2: '18' is not a calendar year",
    ),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principal,2018,1,-"),
        r"line 2: age_0 is '-\d+'; it must be",
    ),
    ("population.csv", lambda text: text.replace("principal,2018,1,", "principal,2018,1,x"), "line 2: age_0 is 'x"),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principal,2018,1,7,"),
        "line 2: 95 cells, the header has 94",
    ),
    (
        "population.csv",
        lambda text: text.replace("principal,2018,1,", "principal,2018,2,"),
        "line 3: this variant, year and sex are there twice",
    ),
    ("population.csv", without_line(3), "'principal' has no row, or not both sexes, for 2018"),
    (
        "population.csv",
        lambda text: "\n".join(line for line in text.splitlines() if ",2030," not in line),
        "there is no row for 2030",
    ),
    ("population.csv", lambda text: text.splitlines()[0] + "\n", "has no rows"),
    ("population_years.csv", without_line(2), "'principal' has no row, or not both sexes, for 2018"),
    ("population_years.csv", lambda text: text + text.splitlines()[1] + "\n", "are there twice"),
    ("population_years.csv", lambda text: text.replace("principal,2018", "principal,1999"), "has nobody for 1999"),
    ("population_years.csv", lambda text: text.replace("principal,2018,", "principal,2018,many", 1), "births is 'many"),
    ("population.toml", lambda text: text.replace("[variants.high]", "[variants.higher]"), "'high' is not a variant"),
    (
        "population.toml",
        lambda text: text.replace("how =", "why =", 1),
        r"\[variants.principal\] must have the keys words and how",
    ),
    ("population.toml", lambda text: text.replace("sources =", "source =", 1), "'source' is not a key"),
    ("population.toml", lambda text: text.replace("title =", "title", 1), "cannot be read as TOML"),
]


@pytest.mark.parametrize(("name", "change", "says"), WRONG, ids=[says[:40] for *_, says in WRONG])
def test_a_wrong_file_is_refused_with_file_and_line(
    own: Path, name: str, change: Callable[[str], str], says: str
) -> None:
    with pytest.raises(UserError, match=says) as raised:
        projection.load(edit(own, name, change))
    assert "docs/scenarios.md" in str(raised.value)


def test_a_missing_file_is_named(own: Path) -> None:
    (own / "population_years.csv").unlink()
    with pytest.raises(UserError, match=r"population_years\.csv is missing"):
        projection.load(systems.load_folder(own))


def test_other_files_take_the_place_of_the_old_ones_at_once(own: Path) -> None:
    before = projection.load(systems.load_folder(own))
    system = edit(own, "population_years.csv", lambda text: text.replace("0.000,0.000", "1.500,1.500"))
    again = projection.load(system)
    assert again is not before
    assert (again.gain[:, 0] == 0).all()  # gains are counted from the first year


@pytest.mark.real
def test_the_files_are_what_the_public_data_make(shared_data: Path, tmp_path: Path) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("population_derive", SYSTEM.folder / "population_derive.py")
    assert spec is not None
    assert spec.loader is not None
    derive = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["population_derive"] = derive
    spec.loader.exec_module(derive)
    assert derive.main([str(shared_data), "--out", str(tmp_path)]) == 0
    for name in projection.FILES[1:]:
        ours = (SYSTEM.folder / name).read_text(encoding="utf-8").splitlines()
        made = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        assert len(ours) == len(made)
        for old, new in zip(ours[1:], made[1:], strict=True):
            for a, b in zip(old.split(",")[1:], new.split(",")[1:], strict=True):
                assert float(b) == pytest.approx(float(a), abs=2, rel=1e-3)

"""The model as data, its training, and what is measured on public and artificial people."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from linkage_people import NUMBERS, identities, identity

from wherry.hub.linkage import LinkSettings, link, no_decisions
from wherry.hub.linkage.comparisons import COMPARISONS
from wherry.hub.linkage.model import Model, nhs_model, read_model
from wherry.hub.linkage.scoring import shares
from wherry.hub.linkage.training import LEAST_DISAGREEMENT, train

BENCH = Path(__file__).resolve().parents[2] / "bench" / "linkage.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The comparison script as a module."""
    spec = importlib.util.spec_from_file_location("bench_linkage", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_comparison_has_its_levels_and_shares_that_add_up() -> None:
    model = nhs_model()
    assert set(model.levels) == {comparison.name for comparison in COMPARISONS}
    for name, levels in model.levels.items():
        for side in (0, 1):
            assert sum(pair[side] for pair in levels.values()) == pytest.approx(1, abs=1e-4), name


def test_agreement_speaks_for_one_person_and_disagreement_against() -> None:
    for name, levels in nhs_model().levels.items():
        (m_same, u_same), (m_other, u_other) = levels["same"], levels["other"]
        assert m_same > u_same, name
        assert m_other < u_other, name
        assert m_other >= LEAST_DISAGREEMENT * 0.99, name


def test_a_model_survives_being_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(nhs_model().as_toml(), encoding="utf-8")
    assert read_model(path).levels == nhs_model().levels
    assert read_model(path).prior == nhs_model().prior


def test_a_model_with_a_level_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="sex has levels"):
        Model("broken", "", 0.001, {"sex": {"same": (0.9, 0.5)}})


def test_a_share_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="expected two shares"):
        Model("broken", "", 0.001, {"sex": {"same": (1.0, 0.5), "other": (0.1, 0.5)}})


def test_a_name_counts_for_its_share_with_unseen_people_added() -> None:
    frame = pa.table({"surname": ["HALL", "HALL", "HILL", None]})
    assert shares(frame, "surname")["tf_surname"].to_pylist() == [3 / 2003, 2 / 2003]


def test_training_counts_what_is_in_the_labels_and_gives_the_same_twice() -> None:
    rows = []
    truth = {}
    for n in range(60):
        own = {
            "nhs_number": NUMBERS[n],
            "surname": f"Name{'abcdefghij'[n % 10]}{'klmnop'[n // 10]}",
            "postcode": f"NR{n} 1AA",
        }
        rows += [identity(f"RM1:{n}", None, **own), identity(f"RGP:{n}", None, **own | ({"sex": "1"} if n < 6 else {}))]
        truth |= {f"RM1:{n}": str(n), f"RGP:{n}": str(n)}
    made = [train(identities(*rows), truth, title="t", made="t", random_pairs=1e4) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].levels["sex"]["same"][0] == pytest.approx(54 / 60, abs=0.002)
    assert made[0].levels["surname"]["same"][0] > 0.99
    assert made[0].prior == pytest.approx(60 / (120 * 119 / 2))


def test_the_artificial_population_is_linked_as_well_as_asked(tiny_system: object, bench: ModuleType) -> None:
    folder = tiny_system.hub.parent  # type: ignore[attr-defined]
    people, truth = bench.artificial(folder)
    rows: list[dict[str, float]] = []
    bench.measure("tiny", lambda: bench.ours(people, None), truth, rows)
    assert rows[0]["true_pairs"] > 50
    assert rows[0]["precision"] >= 0.995
    assert rows[0]["recall"] >= 0.97


@pytest.mark.real
def test_febrl_4_is_linked_as_well_as_asked_by_a_model_counted_on_febrl_3(shared_data: Path, bench: ModuleType) -> None:
    folder = shared_data / "splink_datasets"
    three, truth_three = bench.febrl([folder / "dataset3.csv"])
    four, truth = bench.febrl([folder / "dataset4a.csv", folder / "dataset4b.csv"])
    model = train(three, truth_three, title="febrl 3", made="its labels", random_pairs=2e6)
    settings = LinkSettings(model, join_weight=bench.PUBLIC_JOIN, households=False)
    rows: list[dict[str, float]] = []
    bench.measure("febrl 4", lambda: bench.ours(four, settings), truth, rows)
    assert rows[0]["true_pairs"] == 5000
    assert rows[0]["precision"] >= 0.999
    assert rows[0]["recall"] >= 0.99


def test_two_links_of_the_same_rows_are_the_same() -> None:
    table = identities(
        *(identity(f"RM1:{n}", nhs_number=None, forename=f) for n, f in enumerate(("Ann", "Anne", "Ruth")))
    )
    one, two = (link(table, no_decisions()) for _ in range(2))
    assert one.assignments.equals(two.assignments)
    assert one.reviews.equals(two.reviews)

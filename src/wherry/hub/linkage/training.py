"""Makes a model from identities whose true people are known. Run once; the model is then kept as data.

How often a level is seen in one person (m) is counted on the true pairs that `BLOCKS` bring together; how often in two
different people (u) on random pairs, less the true pairs among them. Nothing here runs when people are linked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from wherry.hub.linkage.comparisons import COMPARISONS
from wherry.hub.linkage.model import Model
from wherry.hub.linkage.scoring import splink_settings
from wherry.hub.linkage.standard import standardise

#: No share is below this, so that a level that was never seen is unlikely and not impossible.
LEAST_SHARE = 1e-4
LEAST_CHANCE = 1e-6
#: Training data make fewer kinds of mistake than life does: no disagreement in one person is taken to be rarer.
LEAST_DISAGREEMENT = 0.005


def train(
    identities: pa.Table,
    person_of: Mapping[str, str],
    *,
    title: str,
    made: str,
    prior: float | None = None,
    seed: int = 1,
    random_pairs: float = 2e7,
) -> Model:
    """A model from identities and the true person of each identity key.

    `prior` is the chance that two records taken at random are one person, by default their share in these identities.
    A comparison that is missing everywhere is left out of the model.
    """
    with duckdb.connect() as db:
        ready = standardise(identities, db)
    people = [person_of[str(key)] for key in ready.column("identity_key").to_pylist()]
    share = sum(n * (n - 1) for n in Counter(people).values()) / (len(people) * (len(people) - 1))
    empty = pa.nulls(ready.num_rows, pa.string())
    frame = ready.append_column("grp", ready.column("ix")).append_column("holder", empty)
    frame = frame.append_column("truth", pa.array(people, pa.string()))
    settings = splink_settings(None)
    api = DuckDBAPI(connection=duckdb.connect())
    linker = Linker(api.register(frame), settings, log_level=None, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=seed, min_count_per_level=None)
    linker.training.estimate_m_from_label_column("truth")
    trained = linker.misc.save_model_to_json()
    levels: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison, found in zip(COMPARISONS, trained["comparisons"], strict=True):
        kept = [level for level in found["comparison_levels"] if not level.get("is_null_level")]
        if not any(isinstance(level.get("m_probability"), float) for level in kept):
            continue
        counted = _shares([level.get("m_probability") for level in kept], LEAST_SHARE)
        seen = _shares([level.get("u_probability") for level in kept], LEAST_CHANCE)
        u = _shares([all_pairs - share * true for all_pairs, true in zip(seen, counted, strict=True)], LEAST_CHANCE)
        m = _shares([*counted[:-1], max(counted[-1], LEAST_DISAGREEMENT)], LEAST_SHARE)
        levels[comparison.name] = dict(zip(comparison.codes(), zip(m, u, strict=True), strict=True))
    return Model(title, made, share if prior is None else prior, levels)


def _shares(counted: list[object], least: float) -> list[float]:
    """Shares that add up to one, none below `least`, to six significant digits."""
    raised = [max(value, least) if isinstance(value, float) else least for value in counted]
    total = sum(raised)
    return [float(f"{value / total:.6g}") for value in raised]

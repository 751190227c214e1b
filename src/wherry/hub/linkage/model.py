"""How much each likeness says: the parameters of the probabilistic rung, kept as data and never guessed at run time.

A model has, for each level of each comparison, how often it is seen among two records of one person (m) and of two
different people (u), and how likely two records are one person before anything is compared. `nhs.toml` beside this
module says how its figures were made.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wherry.hub.linkage.comparisons import COMPARISONS

#: Term frequencies are counted as if so many more people, all with different names, were in the list, so that a short
#: list does not make every name look common. The share of a name seen k times in n is (k + 1) / (n + this).
UNSEEN_PEOPLE = 2000


@dataclass(frozen=True)
class Model:
    """Parameters by comparison and level: `(m, u)`. A comparison that is not named is not used."""

    title: str
    made: str
    prior: float
    levels: Mapping[str, Mapping[str, tuple[float, float]]]

    def __post_init__(self) -> None:
        known = {comparison.name: comparison.codes() for comparison in COMPARISONS}
        for name, levels in self.levels.items():
            if tuple(levels) != known.get(name):
                raise ValueError(f"model {self.title!r}: {name} has levels {tuple(levels)}, expected {known.get(name)}")
            for code, pair in levels.items():
                if not all(0 < part < 1 for part in pair):
                    raise ValueError(
                        f"model {self.title!r}: {name} {code} has {pair}, expected two shares above 0 and below 1"
                    )

    def as_toml(self) -> str:
        """The model as it is kept in a file."""
        lines = [f'title = "{self.title}"', f'made = """\n{self.made}"""', f"prior = {self.prior!r}"]
        for name, levels in self.levels.items():
            lines += ["", f"[levels.{name}]"]
            lines += [f"{code} = {{ m = {m!r}, u = {u!r} }}" for code, (m, u) in levels.items()]
        return "\n".join(lines) + "\n"


def read_model(path: Path) -> Model:
    """A model from a TOML file."""
    return _model(tomllib.loads(path.read_text(encoding="utf-8")))


@cache
def nhs_model() -> Model:
    """The model of hospitals' identities, as committed.

    >>> round(sum(m for m, u in nhs_model().levels["sex"].values()), 6)
    1.0
    """
    return _model(tomllib.loads(files("wherry.hub.linkage").joinpath("nhs.toml").read_text(encoding="utf-8")))


def _model(data: dict[str, Any]) -> Model:
    levels = {
        name: {code: (float(pair["m"]), float(pair["u"])) for code, pair in of_level.items()}
        for name, of_level in data["levels"].items()
    }
    return Model(data["title"], data["made"], float(data["prior"]), levels)

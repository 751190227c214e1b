"""Name pools: surnames and forenames by origin, sex and generation, and streets, all frequency-skewed.

Pools are data (`data/names.toml`). Every name is kept once in one vocabulary and people carry its number.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from wherry.synthetic.settings import table
from wherry.synthetic.streams import Ints, skewed

_CODES = "ABCDEFGHJKLMNPRS"


@dataclass(frozen=True)
class Names:
    """The vocabulary (`surnames`, `forenames`, `streets`: arrays of words) and pools that draw from it by number."""

    surnames: npt.NDArray[np.object_]
    forenames: npt.NDArray[np.object_]
    streets: npt.NDArray[np.str_]
    nicknames: dict[str, str]
    pool_of: npt.NDArray[np.int64]
    surname_pools: tuple[npt.NDArray[np.int64], ...]
    forename_pools: dict[tuple[int, bool, int], npt.NDArray[np.int64]]

    @staticmethod
    @cache
    def load() -> Names:
        """Read and number the pools, once."""
        data = table("names")
        pools = list(data["pool_of"])
        surnames: dict[str, int] = {}
        forenames: dict[str, int] = {}

        def numbers(words: str, vocabulary: dict[str, int]) -> npt.NDArray[np.int64]:
            return np.array([vocabulary.setdefault(word, len(vocabulary)) for word in dict.fromkeys(words.split())])

        british = data["british"]
        compounds = [
            head + tail for tail, head in itertools.product(british["tails"].split(), british["heads"].split())
        ]
        british["surnames"] += " " + " ".join(_mixed(compounds))
        surname_pools = tuple(numbers(data[pool]["surnames"], surnames) for pool in pools)
        forename_pools: dict[tuple[int, bool, int], npt.NDArray[np.int64]] = {}
        for index, pool in enumerate(pools):
            for era, ending in enumerate(("old", "mid", "young")):
                for women, sex in ((True, "female"), (False, "male")):
                    words = data[pool].get(f"{sex}_{ending}") or data[pool][sex]
                    forename_pools[index, women, era] = numbers(words, forenames)
        place = {code: index for index, pool in enumerate(pools) for code in data["pool_of"][pool]}
        streets = [
            f"{name} {kind}" for kind in data["streets"]["kinds"].split() for name in data["streets"]["names"].split()
        ]
        return Names(
            np.array(list(surnames), dtype=object),
            np.array(list(forenames), dtype=object),
            np.array(streets),
            data["nicknames"],
            np.array([place[code] for code in _CODES]),
            surname_pools,
            forename_pools,
        )

    def draw_surnames(self, ethnic: Ints, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """A surname's number for each person, from the pool of the ethnic category."""
        drawn = np.zeros(len(ethnic), dtype=np.int64)
        pool = self.pool_of[ethnic]
        for index, words in enumerate(self.surname_pools):
            rows = np.flatnonzero(pool == index)
            drawn[rows] = words[skewed(rng, len(words), len(rows))]
        return drawn

    def draw_forenames(
        self, ethnic: Ints, women: npt.NDArray[np.bool_], age: Ints, rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """A forename's number, by pool, sex and generation (under 30, under 62, older)."""
        era = np.where(age < 30, 2, np.where(age < 62, 1, 0))
        # one in eight is named before or after the fashion
        era = np.where(rng.random(len(age)) < 0.125, rng.integers(0, 3, len(age)), era)
        key = self.pool_of[ethnic] * 6 + women * 3 + era
        drawn = np.zeros(len(ethnic), dtype=np.int64)
        for (index, woman, generation), words in self.forename_pools.items():
            rows = np.flatnonzero(key == index * 6 + woman * 3 + generation)
            drawn[rows] = words[skewed(rng, len(words), len(rows))]
        return drawn


def _mixed(words: list[str]) -> list[str]:
    """The words in a fixed order that does not run by their ending."""
    return [words[(place * 677) % len(words)] for place in range(len(words))] if len(words) % 677 else words


def plain(text: str) -> str:
    """Capitals without accents, as the oldest of the patient systems keeps names.

    >>> plain("Gonçalves"), plain("Sørensen"), plain("Weiß")
    ('GONCALVES', 'SORENSEN', 'WEISS')
    """
    folded = text.replace("ø", "o").replace("Ø", "O").replace("ß", "ss").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)).upper()

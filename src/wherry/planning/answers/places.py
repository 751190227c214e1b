"""The places that answers are about: the group, its trusts, its sites; and how sites are added up to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.answers.model import GROUP
from wherry.reference.system import System

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """Codes with words, the group first, then trusts, then sites; `member[place, site]` is 1 where a site belongs."""

    words: tuple[tuple[str, str], ...]
    member: Floats = field(repr=False)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes alone."""
        return tuple(code for code, _ in self.words)

    def total(self, values: npt.NDArray[Any]) -> Floats:
        """Values whose last axis is sites, added up to places. NaN (nobody has said) makes its places NaN.

        >>> places = Places((("group", "The group"), ("A", "A"), ("B", "B")), np.array([[1.0, 1], [1, 0], [0, 1]]))
        >>> places.total(np.array([2.0, np.nan])).tolist()
        [nan, 2.0, nan]
        """
        held = np.asarray(values, dtype=np.float64)
        missing = np.isnan(held)
        total = np.where(missing, 0.0, held) @ self.member.T
        if missing.any():
            total[(missing.astype(np.float64) @ self.member.T) > 0] = np.nan
        return np.asarray(total)


def places_of(
    sites: tuple[str, ...], trust_of: tuple[str, ...], system: System | None, site_words: tuple[str, ...] = ()
) -> Places:
    """The places of an outcome's sites. Words come from the system, else from `site_words`, else are the codes."""
    trusts = tuple(dict.fromkeys(trust_of))
    words = [(GROUP, "The group")]
    words += [(trust, system.short_name(trust) if system else trust) for trust in trusts]
    for place, code in enumerate(sites):
        known = system.site(code) if system else None
        given = site_words[place] if place < len(site_words) else ""
        words.append((code, (known.short_name if known else "") or given or code))
    owner = np.array([[held == trust for held in trust_of] for trust in trusts], dtype=np.float64)
    member = np.concatenate([np.ones((1, len(sites))), owner.reshape(len(trusts), len(sites)), np.eye(len(sites))])
    return Places(tuple(words), member)

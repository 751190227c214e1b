"""What the waiting room makes of the common tables at every build, in order: each sees what those before it gave."""

from __future__ import annotations

from wherry.hub.derivation import Derivation
from wherry.waiting import capacity, derive, diagnostics, harm
from wherry.waiting.cancer import derive as cancer

#: Passed to `wherry.hub.build.build` by the command line.
ALL: tuple[Derivation, ...] = (derive.derive, capacity.derive, diagnostics.derive, cancer.derive, harm.derive)

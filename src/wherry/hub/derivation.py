"""What a derivation is: a function of the common tables that gives further tables for the same snapshot.

The hub runs derivations and publishes what they return, but imports none of them (`docs/decisions/0002*`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import ibis
import pyarrow as pa


@dataclass(frozen=True)
class DeriveContext:
    """What a derivation may know: the census date, the system, and what holds the tables.

    `backend` is the hub's own: `con` is its Ibis connection; `give` and `keep` pass rows by file, exact on any engine.
    """

    census: date
    system: Any
    backend: Any


Tables: TypeAlias = Mapping[str, ibis.Table]
Derivation: TypeAlias = Callable[[Tables, DeriveContext], Mapping[str, "ibis.Table | pa.Table"]]

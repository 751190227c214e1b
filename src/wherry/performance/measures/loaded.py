"""Figures that came in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from wherry.performance.measures.model import Measure
from wherry.performance.measures.values import VALUES


@dataclass
class Loads:
    artificial: bool = False


def current(hub: Path) -> Loads:
    return Loads()


def current_id(hub: Path) -> str | None:
    return None


def in_force(loads: Loads, measures: Mapping[str, Measure]) -> pa.Table:
    return VALUES.empty_table()

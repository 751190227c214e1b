"""A working folder for the pages of peers: a month of A&E of ten made-up trusts and the values of one measure."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "performance"))
from peers_support import small_country

__all__ = ["small_country"]

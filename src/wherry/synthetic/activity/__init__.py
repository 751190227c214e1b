"""An artificial year of hospital activity, by the published totals, as files that come in by the front door."""

from __future__ import annotations

from wherry.synthetic.activity.generate import has_figures, write

__all__ = ["has_figures", "write"]

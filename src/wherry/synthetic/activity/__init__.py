"""An artificial year of hospital activity, by the published totals, as files that come in by the front door."""

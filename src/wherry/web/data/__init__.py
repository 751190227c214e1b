"""Sources, quality, quarantine, possible same people, and the published position."""

"""From activity to what must exist: beds, theatre sessions, clinic rooms, emergency cubicles, scanner hours."""

from wherry.planning.capacity.wards import ward_of, wards

__all__ = ["ward_of", "wards"]

"""From activity to what must exist: beds, theatre sessions, clinic rooms, emergency cubicles, scanner hours."""

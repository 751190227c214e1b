"""What `wherry run` adds for measures: an artificial system's own figures, and values built once.

A hub of real people gets no artificial figures, and neither does one that has figures already.
"""

from __future__ import annotations

from pathlib import Path

from wherry.errors import UserError


def prepare(system: str, seed: int, folder: Path) -> None:
    """Load an artificial system's figures, once, and build the values of measures where an input is newer."""
    from wherry.performance.measures import loaded
    from wherry.progress import steps
    from wherry.reference.system import load
    from wherry.synthetic import performance
    from wherry.web import snapshot
    from wherry.web.feed import clock
    from wherry.web.measures import sources

    with steps("Measures", 2) as progress:
        if loaded.current_id() is None and snapshot.is_artificial() and performance.has_figures(system):
            progress.step("artificial figures of quality, people and money")
            path = performance.write(folder / "measures", system, until=clock.today(), seed=seed)
            loaded.load([path], load(system), by="wherry run")
        progress.step("values")
        try:
            sources.rebuild()
        except UserError as error:  # a page says that there are none; everything else works
            print(f"The values of measures could not be built: {error}")

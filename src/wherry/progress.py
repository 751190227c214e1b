"""A progress bar for every long step, on standard error; plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Counts the named steps of one piece of long work."""

    def __init__(self, title: str, total: int, progress: Progress | None) -> None:
        self._progress = progress
        self._title = title
        self._started = time.monotonic()
        self._task = progress.add_task(title, total=total) if progress else None

    def step(self, words: str) -> None:
        """Begin the next step; `words` say what is done now."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, description=f"{self._title}: {words}")
        else:
            print(f"{time.monotonic() - self._started:6.1f} s  {self._title}: {words}", file=sys.stderr, flush=True)


@contextmanager
def steps(title: str, total: int, *, quiet: bool = False) -> Iterator[Steps]:
    """Show progress over `total` steps while the block runs; `quiet` shows nothing."""
    if quiet:
        yield _Quiet(title, total, None)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Steps(title, total, None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield Steps(title, total, progress)


class _Quiet(Steps):
    def step(self, words: str) -> None:
        return

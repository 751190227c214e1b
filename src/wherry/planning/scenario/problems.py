"""What is wrong with a scenario's text: every problem at once, each with its place, its line and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Where a key stands: its tables and their numbers in lists (from 0), such as ("growth", 1, "per_year").
Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]\[]+?)\s*\]\]?")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")


@dataclass(frozen=True)
class Problem:
    """One thing to put right. `where` names the key in words, `path` is its place; `line` is 0 where nobody can say."""

    where: str
    message: str
    suggestion: str = ""
    line: int = 0
    path: Path = ()

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.where) if part)
        return " ".join(part for part in (f"{place}:" if place else "", self.message, self.suggestion) if part)


class Problems:
    """Collects problems of one text. `name_of` gives a table in a list the name that its reader knows it by."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self.found: list[Problem] = []
        self._lines = lines
        self._names: dict[Path, str] = {}

    def name_of(self, path: Path, name: str) -> None:
        """Call the table at a path by its name from here on."""
        self._names[path] = name

    def add(self, path: Path, message: str, suggestion: str = "") -> None:
        """One more problem."""
        self.found.append(Problem(self.words(path), message, suggestion, self.line(path), path))

    def line(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it; 0 if there is none."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0

    def words(self, path: Path) -> str:
        """A path as people say it: `growth 2 (emergency-jpuh), per_year`."""
        said: list[str] = []
        for place, part in enumerate(path):
            if isinstance(part, str):
                said.append(part)
                continue
            name = self._names.get(path[: place + 1])
            said[-1] += f" {part + 1}" + (f" ({name})" if name else "")
        return ", ".join(said)


def nearest(given: str, known: Iterable[str], what: str = "Known") -> str:
    """A suggestion: the nearest of what is known, or all of it if nothing is near.

    >>> nearest("emergencies", ["emergency", "elective"])
    "Did you mean 'emergency'?"
    >>> nearest("x", ["emergency", "elective"])
    'Known: emergency, elective.'
    """
    names = list(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    if not close:
        lower = {name.lower(): name for name in reversed(names)}
        close = [lower[name] for name in difflib.get_close_matches(given.lower(), list(lower), n=1, cutoff=0.6)]
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"{what}: {listed(names)}." if names else ""


def listed(names: Sequence[str], most: int = 24) -> str:
    """Names with commas, cut short if there are very many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def line_numbers(text: str) -> dict[Path, int]:
    """The line of every table and key of a TOML text, as far as they begin a line.

    >>> line_numbers('name = "x"\\n[[growth]]\\nper_year = [0,\\n 1]\\n[[growth]]\\n')
    {('name',): 1, ('growth', 0): 2, ('growth', 0, 'per_year'): 3, ('growth', 1): 5}
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    state = _State()
    for number, line in enumerate(text.split("\n"), start=1):
        if not state.inside:
            if header := _HEADER.match(line):
                table = _table(_parts(header[2]), header[1] == "[[", counts)
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                found.setdefault((*table, *_parts(key[1])), number)
                line = line[key.end() :]
        state.walk(line)
    return found


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") if part[0] in "\"'" else part for part in _PART.findall(dotted))


def _table(parts: Path, in_list: bool, counts: dict[Path, int]) -> Path:
    """The path of a table from its header: each list that it lies in has the number of its newest table."""
    path: Path = ()
    for place, part in enumerate(parts):
        path = (*path, part)
        if in_list and place == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


class _State:
    """Whether a line ends inside a string of several lines or an open bracket."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0

    @property
    def inside(self) -> bool:
        return bool(self.quote) or self.depth > 0

    def walk(self, line: str) -> None:
        place = 0
        while place < len(line):
            if self.quote:
                if line[place] == "\\" and self.quote[0] == '"':
                    place += 2
                elif line.startswith(self.quote, place):
                    place += len(self.quote)
                    self.quote = ""
                else:
                    place += 1
                continue
            mark = line[place]
            if mark == "#":
                return
            if mark in "\"'":
                self.quote = mark * 3 if line.startswith(mark * 3, place) else mark
                place += len(self.quote)
                continue
            self.depth += (mark in "[{") - (mark in "]}")
            place += 1
        if len(self.quote) == 1:  # a string of one line ends with it
            self.quote = ""

"""Change one value of a scenario's text and leave every other line, comment and blank as its writer left it."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from wherry.planning.scenario.problems import Path, line_numbers


def literal(value: object) -> str:
    """A value as TOML writes it: text, a number, yes or no, a list or a table of those.

    >>> literal('Say "no"'), literal([0.01, 0.02]), literal(True), literal({"start": "2024/25"})
    ('"Say \\\\"no\\\\""', '[0.01, 0.02]', 'true', '{ start = "2024/25" }')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{"".join(_ESCAPED.get(mark) or _plain(mark) for mark in value)}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(one) for one in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {literal(one)}' for key, one in value.items())} }}" if value else "{}"
    return repr(value)


_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
#: A key as it stands before its equals sign, dotted or not.
_WRITTEN = re.compile(r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=""")


def _plain(mark: str) -> str:
    return mark if mark.isprintable() else f"\\U{ord(mark):08x}"


def _key(key: object) -> str:
    return str(key) if _BARE.fullmatch(str(key)) else literal(str(key))


def value_at(document: dict[str, Any], path: Path) -> Any:
    """What stands at a path; None if nothing does."""
    found: Any = document
    for part in path:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def set_value(text: str, path: Path, value: object) -> str:
    """The text with another value at a path; its comment stays. A key that is not there is added to its table.

    >>> set_value('name = "x"  # short\\nruns = 64\\n', ("runs",), 256)
    'name = "x"  # short\\nruns = 256\\n'
    >>> set_value('[[growth]]\\nper_year = [0.1, 0.2] # S\\n', ("growth", 0, "per_year"), [0.1, 0.3])
    '[[growth]]\\nper_year = [0.1, 0.3] # S\\n'
    """
    lines = text.split("\n")
    places = line_numbers(text)
    if path in places:
        first = places[path] - 1
        last, comment = _span(lines, first)
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        found = _WRITTEN.match(lines[first])
        written = found[1] if found else _key(path[-1])  # a dotted key stays dotted
        lines[first:last] = [f"{indent}{written} = {literal(value)}{comment}"]
        return "\n".join(lines)
    header = next((path[:n] for n in range(len(path) - 1, 0, -1) if _heads(lines, places, path[:n])), ())
    at = _end_of_keys(lines, places, header)
    key = ".".join(_key(part) for part in path[len(header) :])
    return "\n".join([*lines[:at], f"{key} = {literal(value)}", *lines[at:]])


def put(text: str, path: Path, value: object) -> str:
    """The text with a value at a path, however the tables around it are written: apart, dotted, or in one line.

    >>> put('[[x]]\\nphase = { start = "2024/25", full = "2025/26" }\\n', ("x", 0, "phase", "full"), "2027/28")
    '[[x]]\\nphase = { start = "2024/25", full = "2027/28" }\\n'
    >>> put("[x]\\na = 1\\n", ("x", "b", "c"), 2)
    '[x]\\na = 1\\nb.c = 2\\n'
    """
    places, lines = line_numbers(text), text.split("\n")
    for length in range(1, len(path)):
        around = path[:length]
        if around in places and not _is_header(lines[places[around] - 1]):
            held = copy.deepcopy(value_at(tomllib.loads(text), around))
            inside = held
            for part in path[length:-1]:
                inside = inside.setdefault(part, {})
            inside[path[-1]] = value
            return set_value(text, around, held)
    return set_value(text, path, value)


def without_value(text: str, path: Path) -> str:
    """The text without one key; the same text if it is not there."""
    lines, places = text.split("\n"), line_numbers(text)
    if path not in places:
        return text
    first = places[path] - 1
    last, _ = _span(lines, first)
    return "\n".join(lines[:first] + lines[last:])


def without_table(text: str, path: Path) -> str:
    """The text without a table of a list, with the comment above it.

    >>> without_table('a = 1\\n\\n# one\\n[[x]]\\nb = 1\\n\\n# two\\n[[x]]\\nb = 2\\n', ("x", 0))
    'a = 1\\n\\n# two\\n[[x]]\\nb = 2\\n'
    """
    lines, places = text.split("\n"), line_numbers(text)
    if path not in places:
        return text
    first = _with_comments(lines, places[path] - 1)
    after = [line for at, line in places.items() if line > places[path] and at[: len(path)] != path]
    last = _with_comments(lines, min(after) - 1) if after else len(lines)
    return "\n".join(lines[:first] + lines[last:])


def added(text: str, block: str) -> str:
    """The text with a block at its end, after a blank line."""
    return f"{text.rstrip()}\n\n{block.strip()}\n"


def _span(lines: list[str], first: int) -> tuple[int, str]:
    """The line after a value that begins on a line, and the comment behind it."""
    for last in range(first + 1, len(lines) + 1):
        try:
            found = tomllib.loads("\n".join(lines[first:last]))
        except tomllib.TOMLDecodeError:
            continue
        return last, _comment(lines[last - 1], found) if last == first + 1 else ""
    return first + 1, ""


def _comment(line: str, found: dict[str, Any]) -> str:
    for place, mark in enumerate(line):
        if mark != "#":
            continue
        try:
            if tomllib.loads(line[:place]) == found:
                kept = line[:place].rstrip()
                return line[len(kept) :]
        except tomllib.TOMLDecodeError:
            continue
    return ""


def _end_of_keys(lines: list[str], places: dict[Path, int], header: Path) -> int:
    """Where a new key of a table goes: after its last key, or after its header, or before everything."""
    first = places.get(header, 0)
    headers = [line for line in places.values() if line > first and _is_header(lines[line - 1])]
    end = min(headers, default=len(lines) + 1)
    own = [line for line in places.values() if first < line < end]
    return _span(lines, max(own) - 1)[0] if own else first


def _heads(lines: list[str], places: dict[Path, int], path: Path) -> bool:
    return path in places and _is_header(lines[places[path] - 1])


def _is_header(line: str) -> bool:
    return line.lstrip().startswith("[")


def _with_comments(lines: list[str], at: int) -> int:
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at

"""One table of a scenario's text, with getters that never raise: what is wrong becomes a problem; reading goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from wherry.planning.scenario.limits import Limit
from wherry.planning.scenario.model import Interval, year_words
from wherry.planning.scenario.problems import Path, Problems, nearest

#: What scenarios and assumptions may be called.
NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_YEAR = re.compile(r"([0-9]{4})/([0-9]{2})")
_AGES = re.compile(r"\s*([0-9]{1,3})\s*(?:-\s*([0-9]{1,3})|(\+))?\s*")

#: Activity has people of 90 and older together.
OLDEST = 90
EVERY_AGE = (0, 200)


class Table:
    """The keys of one table. `known` are all that it may have; any other is a problem with the nearest of them."""

    def __init__(self, data: Mapping[str, Any], path: Path, problems: Problems, known: Iterable[str]) -> None:
        self.data = data
        self.path = path
        self.problems = problems
        names = tuple(known)
        for key in data:
            if key not in names:
                problems.add(
                    (*path, key), f"{key!r} is not a key that is known here.", nearest(key, names, "Keys here")
                )

    def wrong(self, key: str, message: str, suggestion: str = "") -> None:
        """A problem with one key."""
        self.problems.add((*self.path, key), message, suggestion)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.data

    def missing(self, key: str, suggestion: str) -> None:
        """A key that must be there is not."""
        self.problems.add((*self.path, key), f"{key!r} is missing.", suggestion)

    def text(self, key: str, *, needed: str = "", most: int = 500) -> str:
        """Text, stripped; `needed` says what to write if it must be there."""
        if key not in self.data:
            if needed:
                self.missing(key, needed)
            return ""
        value = self.data[key]
        if not isinstance(value, str):
            self.wrong(key, f"must be text in quotes, not {_said(value)}.")
            return ""
        if needed and not value.strip():
            self.wrong(key, "is empty.", needed)
        if len(value) > most:
            self.wrong(key, f"has {len(value):,} characters; {most:,} is the most.", "Put the rest into notes.")
        return value.strip()

    def name(self, key: str = "name") -> str:
        """A short name of small letters, digits and hyphens."""
        found = self.text(key, needed='Give it a short name, such as name = "shorter-stays".', most=80)
        if found and not NAME.fullmatch(found):
            self.wrong(
                key,
                f"{found!r} is not a name: small letters and digits, with a hyphen between words.",
                f"Write {_slug(found)!r}." if _slug(found) else "",
            )
        return found

    def whole(self, key: str, least: int, most: int, otherwise: int) -> int:
        """A whole number in its range."""
        value = self.data.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, f"must be a whole number, not {_said(value)}.")
            return otherwise
        if not least <= value <= most:
            self.wrong(key, f"is {_said(value)}; it must be from {least:,} to {most:,}.")
            return otherwise
        return value

    def yes(self, key: str, needed: str = "") -> bool:
        """True or false."""
        if key not in self.data:
            if needed:
                self.missing(key, needed)
            return False
        value = self.data[key]
        if not isinstance(value, bool):
            self.wrong(key, f"must be true or false, not {_said(value)}.")
            return False
        return value

    def year(self, key: str, needed: str = "") -> int | None:
        """A financial year by its first calendar year; None if it is missing or wrong."""
        if key not in self.data:
            if needed:
                self.missing(key, needed)
            return None
        return read_year(self.data[key], (*self.path, key), self.problems)

    def interval(self, key: str, limit: Limit, *, needed: bool = True) -> Interval | None:
        """A number, or a list of the two ends of an 80% range, inside its limit."""
        if key not in self.data:
            if needed:
                self.missing(key, f"Write {key} = [low, high], an 80% range: {limit.what}.")
            return None
        value = self.data[key]
        ends = value if isinstance(value, list) else [value, value]
        if len(ends) != 2 or not all(is_number(end) for end in ends):
            self.wrong(
                key,
                f"must be one number or [low, high], not {_said(value)}.",
                f"Write {key} = [low, high]: {limit.what}.",
            )
            return None
        low, high = (float(end) for end in ends)
        outside = [end for end in (low, high) if not limit.least <= end <= limit.written_most]
        if outside:
            self.wrong(key, f"{outside[0]:g} is not {limit.what}.", limit.do)
            return None
        if low > high:
            self.wrong(
                key,
                f"the interval is upside down: {low:g} is more than {high:g}.",
                f"Write the lower end first: {key} = [{high:g}, {low:g}].",
            )
            return None
        return limit.interval(low, high)

    def ages(self, key: str = "ages", otherwise: tuple[int, int] = EVERY_AGE) -> tuple[int, int]:
        """Ages with both ends: "65-84", [65, 84], "75+", or one age."""
        if key not in self.data:
            return otherwise
        value = self.data[key]
        low = high = -1
        if isinstance(value, str) and (found := _AGES.fullmatch(value)):
            low = int(found[1])
            high = int(found[2]) if found[2] else EVERY_AGE[1] if found[3] else low
        elif isinstance(value, list) and len(value) == 2 and all(_is_whole(end) for end in value):
            low, high = value
        elif _is_whole(value):
            low = high = value
        else:
            self.wrong(key, f"{_said(value)} is not ages.", 'Write ages = "65-84", ages = "75+" or ages = [65, 84].')
            return otherwise
        if low > high:
            self.wrong(key, f"the ages are upside down: {low} is more than {high}.", f'Write ages = "{high}-{low}".')
            return otherwise
        if low < 0 or high > EVERY_AGE[1] or low > OLDEST:
            self.wrong(
                key,
                f"{_said(value)} lies outside the ages that are counted, 0 to {OLDEST}.",
                f'People of {OLDEST} and older are counted together: write ages = "{OLDEST}+" for them.',
            )
            return otherwise
        return low, high

    def names(
        self, key: str, known: Mapping[str, str] | Iterable[str], what: str, all_known: str = "Known"
    ) -> tuple[str, ...]:
        """A list of codes, each known and there once; `all_known` is what all that are known are called."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(key, f"must be a list of codes in quotes, not {_said(value)}.", f'Write {key} = ["..."].')
            return ()
        codes = tuple(known)
        for one in value:
            if one not in codes:
                self.wrong(key, f"{one!r} is not {what}.", nearest(one, codes, all_known))
        twice = sorted({one for one in value if value.count(one) > 1})
        if twice:
            self.wrong(key, f"{twice[0]!r} is there twice.", "Leave one out.")
        return tuple(dict.fromkeys(one for one in value if one in codes))

    def numbers(self, key: str, known: Iterable[int], what: str) -> tuple[int, ...]:
        """A list of whole numbers, each known and there once."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(_is_whole(one) for one in value):
            self.wrong(key, f"must be a list of whole numbers, not {_said(value)}.")
            return ()
        allowed = tuple(known)
        for one in value:
            if one not in allowed:
                self.wrong(key, f"{one} is not {what}.", f"Known: {', '.join(map(str, allowed))}.")
        twice = sorted({one for one in value if value.count(one) > 1})
        if twice:
            self.wrong(key, f"{twice[0]} is there twice.", "Leave one out.")
        return tuple(dict.fromkeys(one for one in value if one in allowed))


def read_year(value: object, path: Path, problems: Problems) -> int | None:
    """A financial year from its words, such as "2023/24"; None, and a problem, if it is none."""
    if isinstance(value, str) and (found := _YEAR.fullmatch(value.strip())):
        first = int(found[1])
        if (first + 1) % 100 == int(found[2]):
            return first
        problems.add(
            path,
            f"{value!r} is not a financial year, which ends in the calendar year after it began.",
            f"Write {year_words(first)!r}.",
        )
        return None
    begins = re.match(r"\s*([0-9]{4})", _said(value).strip("'"))
    hint = f"Write {year_words(int(begins[1]))!r}." if begins else 'Write it like "2023/24".'
    problems.add(path, f"{_said(value)} is not a financial year.", hint)
    return None


def is_number(value: object) -> bool:
    """A number that is one: no truth value, no infinity, none that is too large for a float."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    words = repr(value) if not isinstance(value, dict) else "a table"
    return words if len(words) <= 60 else f"{words[:57]}..."


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")

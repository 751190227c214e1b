"""The form of a scenario: which fields its text has, how each is shown, and what a person may write into it.

Shares and growth are shown in per cent, factors as they are, years as `2024/25`. A field knows the place of its value
in the text, so that a change touches that line alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from wherry.planning.scenario.limits import LIMITS, Limit
from wherry.planning.scenario.problems import Path
from wherry.web.planning.edit_text import value_at

#: Lists of assumptions in the order that the page shows them, with their headings.
LISTS = {
    "growth": "Growth beyond or with population",
    "baseline": "Changes to the baseline",
    "repatriation": "Patients who come back",
    "expatriation": "Patients who go elsewhere",
    "waiting_list": "Clearing waiting lists",
    "interventions": "Interventions",
}
#: Fields that a browser may send at once (Django refuses 1,000); a longer scenario is edited as text.
MOST_FIELDS = 900
AS_PUBLISHED = "As published, the ageing of people included."
BEYOND = "Beyond what more people, and older people, add."


@dataclass(frozen=True)
class Field:
    """One field. `kind` is per_cent, factor, number, whole, year or text; `end` low, high or blank."""

    path: Path
    kind: str
    label: str
    shown: str
    end: str = ""
    limit: Limit | None = None
    long: bool = False

    @property
    def id(self) -> str:
        """Its name in the form.

        >>> Field(("growth", 0, "per_year"), "per_cent", "", "", "low").id
        'growth-0-per_year-low'
        """
        return "-".join([*(str(part) for part in self.path), *([self.end] if self.end else [])])


@dataclass(frozen=True)
class Item:
    """One assumption: its place in the text, its name, what it is about, and its fields."""

    path: Path
    name: str
    title: str
    about: str
    fields: tuple[Field, ...]
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its name in the form."""
        return "-".join(map(str, self.path))


@dataclass(frozen=True)
class Form:
    """The whole form; `parts` pairs of heading and items."""

    top: tuple[Field, ...]
    parts: tuple[tuple[str, tuple[Item, ...]], ...]
    by_id: Mapping[str, Field] = field(repr=False)

    @property
    def too_long(self) -> bool:
        """Whether a browser could not send it."""
        return len(self.by_id) > MOST_FIELDS

    def title_of(self, path: Path) -> str:
        """Of which assumption a value is, with a comma behind it; blank for the scenario's own."""
        items = (item for _, items in self.parts for item in items)
        return next((f"{item.title}, " for item in items if any(one.path == path for one in item.fields)), "")


def form_of(text: str, about: Mapping[str, str], variants: tuple[str, ...]) -> Form:
    """The form of a text that is TOML. `about` says by name what activity an assumption is about.

    Raises `tomllib.TOMLDecodeError` for a text that is none.
    """
    document = tomllib.loads(text)
    top = tuple(_top(document))
    parts: list[tuple[str, tuple[Item, ...]]] = [("Population", tuple(_population(document, variants)))]
    for key, heading in LISTS.items():
        listed = document.get(key)
        items = listed if isinstance(listed, list) else []
        found = tuple(_item(key, place, one, about) for place, one in enumerate(items) if isinstance(one, dict))
        parts.append((heading, found))
    if capacity := tuple(_capacity(document)):
        parts.append(("Capacity", capacity))
    fields = [*top, *(one for _, items in parts for item in items for one in item.fields)]
    return Form(top, tuple(part for part in parts if part[1]), {one.id: one for one in fields})


def _top(document: Mapping[str, Any]) -> Iterator[Field]:
    for key, label, long in (("title", "Title", False), ("question", "The question that it answers", True)):
        yield Field((key,), "text", label, str(document.get(key, "")), long=long)
    for key, label in (("base_year", "Base year"), ("horizon_year", "Last year")):
        yield Field((key,), "year", label, str(document.get(key, "")))
    for key, label in (("runs", "Runs"), ("seed", "Seed")):
        yield Field((key,), "whole", label, str(document.get(key, "")))


def _population(document: Mapping[str, Any], variants: tuple[str, ...]) -> Iterator[Item]:
    weights = value_at(dict(document), ("population", "weights"))
    weights = weights if isinstance(weights, dict) else {}
    named = (*variants, *(one for one in weights if one not in variants))
    fields = [
        Field(
            ("population", "weights", one),
            "per_cent",
            f"{one.replace('_', ' ').capitalize()}, %",
            _per_cent(weights.get(one, 0)),
        )
        for one in named
    ]
    source = _text(document, ("population", "source"), "Source", long=True)
    yield Item(("population",), "", "Which projection, and how likely each is", "", (*fields, source))
    healthy = document.get("health_status")
    if isinstance(healthy, dict):
        path: Path = ("health_status", "share_in_good_health")
        pair = _interval(
            healthy.get("share_in_good_health"), path, "share", "per_cent", "Share of extra life in good health"
        )
        told = _text(document, ("health_status", "source"), "Source", long=True)
        yield Item(("health_status",), "", "Health status", "", (*pair, told))


def _item(key: str, place: int, one: dict[str, Any], about: Mapping[str, str]) -> Item:
    path: Path = (key, place)
    fields, notes = [_text(one, (), "Title", path, "title")], []
    if key == "growth":
        fields += _interval(one.get("per_year"), (*path, "per_year"), "growth", "per_cent", "Growth a year")
        fields += [_year(one, path, "first", "First year that grows"), _year(one, path, "last", "Last year that grows")]
        whole = one.get("includes_population") is True
        notes.append(
            "As published, the ageing of people included." if whole else "Beyond what people and their ages add."
        )
    elif key == "interventions" or (key == "expatriation" and "share" in one):
        fields += _interval(
            one.get("share"), (*path, "share"), "share", "per_cent", _SHARE.get(str(one.get("effect")), "Share")
        )
    else:
        fields += _interval(one.get("factor"), (*path, "factor"), key, "factor", "Factor")
    if key != "growth":
        if "steps" in one:
            notes.append("It comes in by steps, which are changed in the text.")
        elif "phase" in one or key != "baseline":
            held = one.get("phase")
            phase: dict[str, Any] = held if isinstance(held, dict) else {}
            fields.append(_year(phase, (*path, "phase"), "start", "First year in force"))
            fields.append(_year(phase, (*path, "phase"), "full", "First year fully in force"))
    fields.append(_text(one, (), "Source", path, "source", long=True))
    if key == "interventions":
        fields.append(_text(one, (), "Owner", path, "owner"))
    name = str(one.get("name", ""))
    return Item(path, name, str(one.get("title", "") or name), about.get(name, ""), tuple(fields), tuple(notes))


_SHARE = {
    "avoid": "Share avoided",
    "shorten": "Share of each night saved",
    "convert": "Share that becomes another kind",
    "theatre_time": "Share of theatre minutes saved",
}


def _capacity(document: Mapping[str, Any]) -> Iterator[Item]:
    given = document.get("capacity")
    if not isinstance(given, dict):
        return
    fields = []
    for path, value in _leaves(given, ("capacity",)):
        if path == ("capacity", "source"):
            continue
        label = ", ".join(str(part).replace("_", " ") for part in path[1:])
        if isinstance(value, int | float) and not isinstance(value, bool):
            fields.append(Field(path, "number", label, _number(value)))
        elif isinstance(value, str):
            fields.append(Field(path, "text", label, value))
    source = _text(document, ("capacity", "source"), "Source", long=True)
    yield Item(("capacity",), "", "What this scenario takes otherwise than the system does", "", (*fields, source))


def _said(code: str) -> str:
    return code.replace("_", " ").replace("-", " ").capitalize()


def _leaves(given: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _interval(value: object, path: Path, limit: str, kind: str, label: str) -> list[Field]:
    ends = value if isinstance(value, list) and len(value) == 2 else [value, value]
    shown = [(_per_cent if kind == "per_cent" else _number)(end) for end in ends]
    unit = ", %" if kind == "per_cent" else ""
    return [
        Field(path, kind, f"{label}{unit}: {words}", text, end, LIMITS[limit])
        for end, words, text in (("low", "low end", shown[0]), ("high", "high end", shown[1]))
    ]


def _text(
    inside: Mapping[str, Any], path: Path, label: str, around: Path = (), key: str = "", *, long: bool = False
) -> Field:
    value = inside.get(key) if key else value_at(dict(inside), path)
    where = (*around, key) if key else path
    return Field(where, "text", label, value if isinstance(value, str) else "", long=long or key == "source")


def _year(inside: Mapping[str, Any], around: Path, key: str, label: str) -> Field:
    return Field((*around, key), "year", label, str(inside.get(key, "")))


def _per_cent(value: object) -> str:
    """A share as per cent, without the noise of binary fractions.

    >>> _per_cent(0.023), _per_cent(0.07), _per_cent(-0.0045), _per_cent("x"), _per_cent(None)
    ('2.3', '7', '-0.45', 'x', '')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(Decimal(repr(value)) * 100)
    return "" if value is None else str(value)


def _number(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(Decimal(repr(value)))
    return "" if value is None else str(value)


def plain(value: Decimal) -> str:
    """A number without an exponent and without noughts that say nothing.

    >>> plain(Decimal("2.30")), plain(Decimal("1E+2"))
    ('2.3', '100')
    """
    return f"{value.normalize():f}" if value.is_finite() else str(value)

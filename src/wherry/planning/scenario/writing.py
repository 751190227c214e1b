"""A scenario as TOML that a person can read. What is written reads back as the same scenario; comments are not kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wherry.planning.scenario.model import Factor, Growth, Interval, Intervention, Phase, Scenario, Where, year_words
from wherry.planning.scenario.parts import SEXES
from wherry.planning.scenario.table import EVERY_AGE

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SEX_WORDS = {code: word for word, code in SEXES.items()}
#: Longer lists are written over several lines.
_LINE = 110


def write(scenario: Scenario) -> str:
    """The whole scenario as TOML.

    >>> from wherry.planning.scenario.model import Scenario
    >>> plain = Scenario("x", "X", "How many?", 2023, 2033, 256, 1, (("principal", 1.0),), "own default")
    >>> print(write(plain))
    name = "x"
    title = "X"
    question = "How many?"
    base_year = "2023/24"
    horizon_year = "2033/34"
    runs = 256
    seed = 1
    <BLANKLINE>
    [population]
    weights = { principal = 1.0 }
    source = "own default"
    <BLANKLINE>
    """
    blocks = [_head(scenario), _population(scenario)]
    if scenario.health_status:
        healthy = scenario.health_status
        blocks.append(
            [
                "[health_status]",
                _pair("share_in_good_health", _interval(healthy.share_in_good_health)),
                _pair("ages", _ages(healthy.ages)),
                _pair("source", _text(healthy.source)),
            ]
        )
    blocks += [_growth(one) for one in scenario.growth]
    blocks += [_factor(one) for one in scenario.factors]
    blocks += [_intervention(one) for one in scenario.interventions]
    if scenario.capacity or scenario.capacity_source:
        rows = [_pair("source", _text(scenario.capacity_source))] if scenario.capacity_source else []
        rows += [_pair(".".join(map(_key, key.split("."))), _value(value)) for key, value in scenario.capacity]
        blocks.append(["[capacity]", *rows])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(scenario: Scenario) -> list[str]:
    rows = [
        _pair("name", _text(scenario.name)),
        _pair("title", _text(scenario.title)),
        _pair("question", _text(scenario.question)),
        _pair("base_year", _text(year_words(scenario.base_year))),
        _pair("horizon_year", _text(year_words(scenario.horizon_year))),
        _pair("runs", str(scenario.runs)),
        _pair("seed", str(scenario.seed)),
    ]
    return [*rows, _pair("notes", _text(scenario.notes))] if scenario.notes else rows


def _population(scenario: Scenario) -> list[str]:
    weights = ", ".join(f"{_key(variant)} = {_number(weight)}" for variant, weight in scenario.population)
    return [
        "[population]",
        _pair("weights", f"{{ {weights} }}" if weights else "{}"),
        _pair("source", _text(scenario.population_source)),
    ]


def _growth(growth: Growth) -> list[str]:
    return [
        "[[growth]]",
        *_names(growth.name, growth.title),
        *_where(growth.where),
        _pair("per_year", _interval(growth.per_year)),
        _pair("includes_population", "true" if growth.includes_population else "false"),
        _pair("first", _text(year_words(growth.first))),
        _pair("last", _text(year_words(growth.last))),
        _pair("source", _text(growth.source)),
    ]


def _factor(factor: Factor) -> list[str]:
    return [
        f"[[{factor.driver}]]",
        *_names(factor.name, factor.title),
        *_where(factor.where),
        _pair("factor", _interval(factor.factor)),
        _phase(factor.phase),
        _pair("source", _text(factor.source)),
    ]


def _intervention(done: Intervention) -> list[str]:
    return [
        "[[interventions]]",
        *_names(done.name, done.title),
        _pair("effect", _text(done.effect)),
        *([_pair("to", _text(done.to))] if done.to else []),
        *_where(done.where),
        _pair("share", _interval(done.share)),
        _phase(done.phase),
        _pair("source", _text(done.source)),
        *([_pair("owner", _text(done.owner))] if done.owner else []),
    ]


def _names(name: str, title: str) -> list[str]:
    return [_pair("name", _text(name)), _pair("title", _text(title))]


def _where(where: Where) -> list[str]:
    rows = [
        _pair(key, _list(map(_text, getattr(where, key)))) for key in ("kinds", "sites", "whats") if getattr(where, key)
    ]
    if where.ages != EVERY_AGE:
        rows.append(_pair("ages", _ages(where.ages)))
    if where.sexes:
        rows.append(_pair("sexes", _list(_text(_SEX_WORDS[code]) for code in where.sexes)))
    if where.quintiles:
        rows.append(_pair("quintiles", _list(map(str, where.quintiles))))
    if where.markers:
        rows.append(_pair("markers", _list(map(_text, where.markers))))
    if where.nights_at_least:
        rows.append(_pair("nights_at_least", str(where.nights_at_least)))
    return rows


def _phase(phase: Phase) -> str:
    if phase.steps:
        steps = ", ".join(f"{_text(year_words(year))} = {_number(share)}" for year, share in phase.steps)
        return _pair("steps", f"{{ {steps} }}")
    start, full = _text(year_words(phase.start)), _text(year_words(phase.full))
    return _pair("phase", f"{{ start = {start}, full = {full} }}")


def _pair(key: str, value: str) -> str:
    return f"{key} = {value}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _interval(interval: Interval) -> str:
    if interval.certain:
        return _number(interval.low)
    return f"[{_number(interval.low)}, {_number(interval.high)}]"


def _ages(ages: tuple[int, int]) -> str:
    low, high = ages
    return _text(f"{low}+" if high == EVERY_AGE[1] else f"{low}-{high}")


def _list(parts: Iterable[str]) -> str:
    items = list(parts)
    flat = f"[{', '.join(items)}]"
    return flat if len(flat) <= _LINE else "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return _list(map(_value, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> str:
    return repr(value)


def _text(text: str) -> str:
    if "\n" not in text:
        return '"' + _escaped(text) + '"'
    return '"""\n' + "\n".join(map(_escaped, text.split("\n"))) + '"""'


def _escaped(text: str) -> str:
    """Text inside double quotes: marks that TOML reserves, and what cannot be seen, are written out."""
    out = []
    for mark in text:
        if mark in '"\\':
            out.append(f"\\{mark}")
        elif mark == "\t":
            out.append("\\t")
        elif ord(mark) < 32 or ord(mark) == 127:
            out.append(f"\\u{ord(mark):04X}")
        else:
            out.append(mark)
    return "".join(out)

"""Answers as a run keeps them (JSON), read back into their own types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from wherry.planning.answers.model import Answers

T = TypeVar("T")


def answers_of(result: Mapping[str, Any]) -> Answers:
    """The answers of a run's `result`. Raises `KeyError` or `TypeError` if it is not one."""
    return read(Answers, result)


def read(kind: type[T], value: Mapping[str, Any]) -> T:
    """A dataclass from what `dataclasses.asdict` made of it, after JSON; keys that it no longer has are left out.

    >>> from wherry.planning.answers.model import Spread
    >>> read(Spread, {"low": 1, "middle": 2.5, "high": 3, "mean": 2, "older": 0})
    Spread(low=1.0, middle=2.5, high=3.0, mean=2.0)
    """
    hints = _hints(kind)
    return kind(**{name: _value(hint, value[name]) for name, hint in hints.items() if name in value})


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is tuple:
        return tuple(_value(part, one) for part, one in zip(_each(parts, len(value)), value, strict=True))
    if origin in (Union, types.UnionType):
        return _value(next(part for part in parts if part is not type(None)), value)
    return hint(value) if hint in (int, float, str) else value


def _each(parts: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    return parts[:1] * length if parts[-1] is Ellipsis else parts

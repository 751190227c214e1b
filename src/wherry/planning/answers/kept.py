"""Answers as JSON, and back: a page or a command shows just what a run wrote."""

from __future__ import annotations

import json
import types
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from wherry.errors import UserError
from wherry.planning.answers.model import Answers


def to_json(answers: Answers) -> str:
    """Answers as JSON text. A number that is none (NaN) is refused with `ValueError`: it would be no JSON."""
    return json.dumps(asdict(answers), ensure_ascii=False, allow_nan=False)


def from_dict(held: dict[str, Any]) -> Answers:
    """Answers from what JSON gives back. Raises UserError for what is not, such as answers of an older version."""
    try:
        made: Answers = _build(Answers, held)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"These are not the answers of a plan as they are kept now ({error}). Run it again.") from None
    return made


def read(path: Path) -> Answers:
    """Answers from a file, or from the folder that a run wrote."""
    file = path / "answers.json" if path.is_dir() else path
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file} is not there. Run the scenario with --out first.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read as JSON: {error}. Run the scenario again.") from None
    if not isinstance(held, dict):
        raise UserError(f"{file} does not hold the answers of a plan. Run the scenario again.")
    return from_dict(held)


@cache
def _hints(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a data class with their types: looked up once, since answers have tens of thousands of parts."""
    known = get_type_hints(kind)
    return tuple((one.name, known[one.name]) for one in fields(kind))


def _build(kind: Any, held: Any) -> Any:
    """A value of a type: data classes from tables, tuples from lists, everything else as it is."""
    if is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _build(hint, held[name]) for name, hint in _hints(kind) if name in held})
    if get_origin(kind) in (Union, types.UnionType):
        inner = [part for part in get_args(kind) if part is not type(None)]
        return None if held is None else _build(inner[0], held)
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_build(parts[0], one) for one in held)
        return tuple(_build(part, one) for part, one in zip(parts, held, strict=True))
    return held

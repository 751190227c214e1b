"""Reading a TOML document strictly: what is not known is refused with a suggestion."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from wherry.errors import UserError


def document(path: Path) -> dict[str, Any]:
    """A TOML file as it is. `UserError` where there is none or it is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing. Planning needs it for beds and rooms; see docs/plan-capacity.md."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML: {error}. Nothing was read.") from None


def refuse_unknown(given: Iterable[str], known: Sequence[str], where: str, what: str = "key") -> None:
    """Refuse the first of `given` that is not in `known`, with the nearest that is."""
    for one in given:
        if one not in known:
            close = difflib.get_close_matches(one, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise UserError(f"{where}: {one!r} is not a {what} that is known. {hint} Nothing was read.")

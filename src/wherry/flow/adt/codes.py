"""What senders' codes are in our words: `systems/<name>/feed.toml`, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from wherry.errors import UserError

_TABLES = ("methods", "sexes", "yes_no", "bed_statuses", "observations", "classes")
_METHODS = ("emergency", "elective", "transfer", "maternity")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "methods": ("", *_METHODS),
    "sexes": ("", "female", "male", "other", "unknown"),
    "yes_no": ("", "yes", "no"),
    "bed_statuses": (
        *("", "open", "clean_start", "clean_done", "escalate", "stand_down"),
        *(f"close:{why}" for why in ("infection", "staffing", "estates", "other")),
    ),
    "classes": ("", *"EIPOBN"),
}


@dataclass(frozen=True)
class Codes:
    """The map of one sender (`of`), or of every sender. `sites` has the site of each organisation that is taken."""

    sites: Mapping[str, str]
    methods: Mapping[str, str]
    sexes: Mapping[str, str]
    yes_no: Mapping[str, str]
    bed_statuses: Mapping[str, str]
    observations: Mapping[str, str]
    classes: Mapping[str, str]
    senders: Mapping[str, Codes]

    def of(self, sender: str) -> Codes:
        """The map of one sender (`ORGANISATION|APPLICATION`): its own where it has one."""
        return self.senders.get(sender, self)


@cache
def load(system: str) -> Codes:
    """The map of a system, read once. UserError says what is wrong with the file, and where."""
    from wherry.paths import system_dir

    return read(system_dir(system) / "feed.toml")


def read(path: Path) -> Codes:
    """The map in one file."""
    if not path.is_file():
        raise UserError(
            f"{path} is missing: without it no message can be read. See docs/live-feed.md for how to write it."
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    if strange := sorted(set(content) - {*_TABLES, "organisations", "sender"}):
        raise UserError(
            f"{path.name}: {strange[0]!r} is not known here. Known: organisations, sender, {', '.join(_TABLES)}."
        )
    sites = content.get("organisations", {}).get("sites", {})
    if not sites:
        raise UserError(f"{path.name}: [organisations] needs sites: the organisations whose messages are taken.")
    tables = {name: _table(content.get(name, {}).get("words", {}), name, f"{path.name}, [{name}]") for name in _TABLES}
    plain = Codes(sites=dict(sites), **tables, senders={})
    own: dict[str, Codes] = {}
    for sender, rows in content.get("sender", {}).items():
        where = f'{path.name}, [sender."{sender}"]'
        if strange := sorted(set(rows) - {*_TABLES, "source", "certainty"}):
            raise UserError(f"{where}: {strange[0]!r} is not known here. Known: {', '.join(_TABLES)}.")
        changed = {name: {**tables[name], **_table(rows[name], name, where)} for name in _TABLES if name in rows}
        own[sender] = Codes(sites=dict(sites), **{**tables, **changed}, senders={})
    return replace(plain, senders=own)


def _table(rows: Mapping[str, Any], name: str, where: str) -> dict[str, str]:
    allowed = _WORDS.get(name)
    for code, words in rows.items():
        if not isinstance(words, str) or (allowed is not None and words not in allowed):
            known = ", ".join(word for word in allowed or () if word)
            raise UserError(
                f"{where}: {code} = {words!r} must be one of {known}."
                if known
                else f"{where}: {code} = {words!r} must be a text."
            )
    return {code.upper(): words for code, words in rows.items()}

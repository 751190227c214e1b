"""The short form of a new intervention: what it does, to which activity, how much, when, and who says so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from wherry.planning.scenario.limits import LIMITS
from wherry.reference.activity import KINDS, MARKER_WORDS
from wherry.web.planning.edit_fields import Field
from wherry.web.planning.edit_text import literal
from wherry.web.planning.edit_values import NotAsAsked, taken

EFFECTS = {
    "avoid": "Avoid it: a share does not happen",
    "shorten": "Shorten stays: a share of each night is saved",
    "convert": "Convert it: a share becomes another kind",
    "theatre_time": "Save theatre time: a share of a case's minutes",
}
_SINGLE = ("title", "effect", "to", "ages", "marker", "low", "high", "start", "full", "source", "owner")
_MANY = ("kinds", "sites")
#: Which field shows a problem of a key.
_FIELD = {
    "share": "low",
    "phase": "start",
    "phase-start": "start",
    "phase-full": "full",
    "markers": "marker",
    "name": "title",
}


@dataclass
class New:
    """What was written into it. `errors` by the name of the field (`new-title`)."""

    values: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_SINGLE, ""))
    chosen: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(_MANY, ()))
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        """Whether anything was written that one would not want to lose."""
        return any(self.values[name] for name in ("title", "low", "high", "source", "owner"))

    def field_of(self, key: str) -> str:
        """The field that a problem of a key belongs beside."""
        known = (*_SINGLE, *_MANY)
        return f"new-{_FIELD.get(key, key if key in known else 'title')}"

    def block(self, text: str) -> str | None:
        """The table to add to a scenario's text; None, with `errors`, if something is missing."""
        for name, words in (("title", "Say what it is"), ("effect", "Choose what it does"), ("source", _SAY_WHO)):
            if not self.values[name]:
                self.errors[f"new-{name}"] = f"New intervention: {words[0].lower()}{words[1:]}"
        share = self._share()
        years = {name: self._year(name) for name in ("start", "full")}
        if self.errors:
            return None
        values: dict[str, Any] = {
            "name": name_for(self.values["title"], text),
            "title": self.values["title"],
            "effect": self.values["effect"],
            "to": self.values["to"] if self.values["effect"] == "convert" else "",
            "kinds": list(self.chosen["kinds"]),
            "sites": list(self.chosen["sites"]),
            "ages": self.values["ages"],
            "markers": [self.values["marker"]] if self.values["marker"] else [],
            "share": share,
            "phase": years,
            "source": self.values["source"],
            "owner": self.values["owner"],
        }
        rows = [f"{key} = {literal(value)}" for key, value in values.items() if value not in ("", [])]
        return "\n".join(["[[interventions]]", *rows])

    def _share(self) -> object:
        ends = []
        for end in ("low", "high"):
            try:
                ends.append(taken(Field((), "per_cent", "", "", limit=LIMITS["share"]), self.values[end]))
            except NotAsAsked as wrong:
                self.errors[f"new-{end}"] = (
                    f"New intervention, share, {end} end: {str(wrong)[0].lower()}{str(wrong)[1:]}"
                )
        if len(ends) == 2 and float(str(ends[0])) > float(str(ends[1])):
            self.errors["new-low"] = (
                f"New intervention: the range is upside down, {self.values['low']}% is more than "
                f"{self.values['high']}%. Write the lower end first"
            )
        return ends[0] if len(set(ends)) == 1 else ends

    def _year(self, name: str) -> str:
        try:
            return str(taken(Field((), "year", "", ""), self.values[name]))
        except NotAsAsked as wrong:
            words = "first year in force" if name == "start" else "first year fully in force"
            self.errors[f"new-{name}"] = f"New intervention, {words}: {str(wrong)[0].lower()}{str(wrong)[1:]}"
            return ""


_SAY_WHO = 'Say who says so: a document and its page, or "own default"'


def read_new(post: QueryDict) -> New:
    """The short form as it was sent."""
    values = {name: post.get(f"new-{name}", "").replace("\x00", "").strip()[:500] for name in _SINGLE}
    return New(values, {name: tuple(dict.fromkeys(post.getlist(f"new-{name}")))[:100] for name in _MANY})


def name_for(title: str, text: str) -> str:
    """A short name from a title that no other assumption of the text has.

    >>> name_for("Virtual wards, 2025", 'name = "x"'), name_for("A", '[[growth]]\\nname = "a"')
    ('virtual-wards-2025', 'a-2')
    """
    wanted = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "intervention"
    used = {one.get("name") for part in tomllib.loads(text).values() if isinstance(part, list) for one in _tables(part)}
    name, number = wanted, 1
    while name in used or name in ("population", "health-status", "capacity"):
        number += 1
        name = f"{wanted}-{number}"
    return name


def _tables(part: list[Any]) -> list[Mapping[str, Any]]:
    return [one for one in part if isinstance(one, dict)]


def kinds() -> dict[str, str]:
    """Kinds of activity that one may choose, in words."""
    return {code: kind.plural[0].upper() + kind.plural[1:] for code, kind in KINDS.items()}


def converted() -> dict[str, str]:
    """Kinds that activity may become: those without nights."""
    return {code: words for code, words in kinds().items() if not KINDS[code].nights}


def markers() -> dict[str, str]:
    """Markers of a spell that one may choose, in words."""
    return {code: words[0].upper() + words[1:] for code, words in MARKER_WORDS.items()}

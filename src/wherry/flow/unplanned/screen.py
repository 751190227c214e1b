"""Whether a call may be offered to the community, and why not. It says what to look at; it offers nothing.

Flow rules 3.8: clinical review of categories 3 to 5 and selected category 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from wherry.flow.unplanned.settings import Hub, Settings

_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Screened:
    """What the screen says: reasons that keep a call with the ambulance service, and things nobody has asked yet."""

    against: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def suitable(self) -> bool:
        """Nothing against it and nothing unknown: not known is not a no."""
        return not self.against and not self.unknown


def screen(
    settings: Settings, *, category: str, condition: str, age: int | None, signs: Mapping[str, bool | None]
) -> Screened:
    """The reasons, in the order of the settings. `signs` says of each sign whether it is there; None is not known."""
    against, unknown = [], []
    known = settings.conditions.get(condition)
    if known is None:
        unknown.append("What is wrong is not one of the conditions that the community takes, or has not been said")
    if category not in settings.categories and not (category == "2" and known is not None and known.category_2):
        against.append(f"Category {category or 'not given'} stays with the ambulance service for this condition")
    if age is None:
        unknown.append("Age is not known")
    elif age < settings.age_from:
        against.append(f"Younger than {settings.age_from}")
    for code, words in settings.signs.items():
        there = signs.get(code)
        if there:
            against.append(words)
        elif there is None:
            unknown.append(f"Not asked: {words[0].lower()}{words[1:]}")
    return Screened(tuple(against), tuple(unknown))


def is_open(hub: Hub, at: datetime) -> bool:
    """Whether a hub answers at a moment, by its hours in London. Hours past midnight are possible."""
    now = at.astimezone(_LONDON).time()
    if hub.opens <= hub.closes:
        return hub.opens <= now < hub.closes
    return now >= hub.opens or now < hub.closes

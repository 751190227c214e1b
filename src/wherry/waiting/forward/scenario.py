"""What might be done or happen: aid between sites, extra sessions, a change in referrals, working more in order."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.errors import UserError


@dataclass(frozen=True)
class Extra:
    """More people treated or seen: so many a week of a function at a site and stage, between two weeks (included)."""

    function: str
    site: str
    stage: int
    people: int
    from_week: int = 1
    to_week: int | None = None


@dataclass(frozen=True)
class Referrals:
    """A change in referrals of a function (all if empty), in per cent from a week on: 10 is a tenth more."""

    percent: float
    function: str = ""
    from_week: int = 1


@dataclass(frozen=True)
class Scenario:
    """One thing to try. `willing` (0 to 1) counts only with `aid`; `growth` is referrals' growth a year in per cent.

    `in_order` (0 to 1) is the share of treatments out of order that would be given in order instead.
    """

    name: str = "As it is"
    aid: bool = False
    willing: float = 0.5
    extra: tuple[Extra, ...] = ()
    referrals: tuple[Referrals, ...] = ()
    growth: float = 0.0
    in_order: float = 0.0

    def __post_init__(self) -> None:
        for what, value in (("willing", self.willing), ("in_order", self.in_order)):
            if not 0 <= value <= 1:
                raise UserError(f"Scenario {self.name}: {what} is a share between 0 and 1, not {value}.")
        for change in self.referrals:
            if change.percent < -100:
                raise UserError(
                    f"Scenario {self.name}: referrals cannot fall by more than 100%, not {change.percent:g}%."
                )
        for more in self.extra:
            if more.people < 0 or more.from_week < 1:
                raise UserError(f"Scenario {self.name}: extra sessions treat 0 people or more, from week 1 or later.")


#: What happens if nothing changes.
NO_CHANGE = Scenario()

"""The form of a new proposal, read into a policy, with an error in words for each field that will not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from wherry.errors import UserError
from wherry.waiting.aid import Policy


@dataclass(frozen=True)
class Number:
    """A field that takes a whole number between two limits."""

    name: str
    label: str
    hint: str
    low: int
    high: int
    optional: bool = False


NUMBERS = (
    Number("miles", "Miles that people will travel", "For those who never said how far they would go.", 0, 200),
    Number("minimum_gain", "Weeks sooner at least", "Nobody is moved for less.", 1, 52),
    Number("notice", "Weeks of notice", "Moves begin this many weeks from now: a reasonable offer gives 3.", 0, 26),
    Number("ceiling", "Moves between trusts at most", "Leave empty for no ceiling.", 0, 100_000, optional=True),
)


@dataclass
class Asked:
    """What a form said. `values` is shown again when there are `errors`."""

    values: dict[str, Any]
    functions: tuple[str, ...]
    errors: dict[str, str] = field(default_factory=dict)
    policy: Policy | None = None


def blank() -> Asked:
    """The form as it is first shown: the policy's own defaults."""
    policy = Policy()
    values: dict[str, Any] = {number.name: getattr(policy, number.name) for number in NUMBERS}
    values |= {"ceiling": "", "label": "", "theatre": policy.theatre, "fairness": False, "move_booked": False}
    return Asked(values, ())


def read(post: QueryDict, functions: Mapping[str, str]) -> Asked:
    """The policy of a form, or what is wrong with it, field by field. `functions` are those that may be chosen."""
    values: dict[str, Any] = {number.name: post.get(number.name, "").strip() for number in NUMBERS}
    values |= {"label": post.get("label", "").strip()[:120], "theatre": post.get("theatre", "cases")}
    values |= {name: post.get(name) == "yes" for name in ("fairness", "move_booked")}
    chosen = tuple(sorted(set(post.getlist("function"))))
    asked = Asked(values, tuple(code for code in chosen if code in functions))
    numbers: dict[str, int | None] = {}
    for number in NUMBERS:
        text = values[number.name]
        if not text and number.optional:
            numbers[number.name] = None
        elif not (text.isascii() and text.isdigit() and len(text) < 8 and number.low <= int(text) <= number.high):
            asked.errors[number.name] = f"{number.label}: write a whole number from {number.low} to {number.high:,}"
        else:
            numbers[number.name] = int(text)
    if values["theatre"] not in ("cases", "minutes"):
        asked.errors["theatre"] = "Choose how theatre time is counted"
    if len(asked.functions) != len(chosen):
        asked.errors["function"] = "One of the treatment functions is not on the list"
    if not asked.errors:
        try:
            asked.policy = Policy(
                **{name: value for name, value in numbers.items() if name != "ceiling"},  # type: ignore[arg-type]
                ceiling=numbers["ceiling"],
                functions=asked.functions,
                fairness=values["fairness"],
                theatre=values["theatre"],
                move_booked=values["move_booked"],
            )
        except UserError as error:
            asked.errors["miles"] = str(error)
    return asked

"""The verdict, fully tabled: every way in which a benefit may not be called realised, and the one in which it may."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest

from wherry.performance.evaluation.verdict import Balance, Check, Facts, Kind, evidence, fixed_before, verdict

START = date(2026, 4, 1)
#: Everything as it should be: four points better, fixed before, compared, drawn, with nothing else worse.
SOUND = Facts(
    start=START,
    fixed_on=date(2026, 3, 31),
    baseline_from=date(2024, 4, 1),
    baseline_to=date(2026, 3, 31),
    comparators=30,
    charted=True,
    direction="increase",
    effect=4.0,
    lower=1.0,
    upper=7.0,
    p=0.03,
    checks=(Check("alike", True, "Alike before."), Check("early", True, "Nothing early.")),
    balance=(Balance("Readmissions", False),),
)
WORSE = replace(SOUND, effect=-4.0, lower=-7.0, upper=-1.0)
NOTHING = replace(SOUND, p=0.4, lower=-1.0)
LATE = replace(SOUND, fixed_on=START)


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        (SOUND, Kind.REALISED, "fixed before the start"),
        (replace(SOUND, expected=5.0), Kind.REALISED, "less than the 5"),
        (replace(SOUND, direction="decrease", effect=-4.0, lower=-7.0, upper=-1.0), Kind.REALISED, "right way"),
        (replace(SOUND, balance=()), Kind.REALISED, "right way"),
        # no difference, and the wrong way
        (NOTHING, Kind.NOT_SHOWN, "within what chance does"),
        (replace(SOUND, lower=-0.1), Kind.NOT_SHOWN, "within what chance does"),
        (replace(SOUND, lower=0.0), Kind.NOT_SHOWN, "within what chance does"),
        (replace(SOUND, p=0.0501), Kind.NOT_SHOWN, "within what chance does"),
        (replace(SOUND, p=0.05), Kind.REALISED, "right way"),
        (replace(SOUND, effect=0.0, lower=None, upper=None), Kind.NOT_SHOWN, "within what chance does"),
        (WORSE, Kind.NEGATIVE, "wrong way"),
        (replace(SOUND, direction="decrease"), Kind.NEGATIVE, "wrong way"),
        # what must be there
        (replace(SOUND, comparators=0), Kind.NOT_SHOWN, "no comparator"),
        (replace(WORSE, comparators=0), Kind.NOT_SHOWN, "no comparator"),
        (replace(SOUND, charted=False), Kind.NOT_SHOWN, "no chart"),
        (LATE, Kind.AFTERWARDS, "Chosen afterwards"),
        (replace(SOUND, fixed_on=date(2027, 1, 1)), Kind.AFTERWARDS, "1 January 2027"),
        (replace(SOUND, fixed_on=None), Kind.AFTERWARDS, "nothing says"),
        (replace(SOUND, baseline_to=START), Kind.AFTERWARDS, "does not end before"),
        (replace(SOUND, baseline_from=None), Kind.AFTERWARDS, "does not end before"),
        # chosen afterwards, what went wrong or nowhere is still said
        (replace(NOTHING, fixed_on=START), Kind.NOT_SHOWN, "within what chance does"),
        (replace(WORSE, fixed_on=START), Kind.NEGATIVE, "wrong way"),
        (replace(LATE, comparators=0), Kind.NOT_SHOWN, "no comparator"),
        # what cannot be judged
        (replace(SOUND, problem="Too few months."), Kind.CANNOT_BE_JUDGED, "Too few months."),
        (replace(LATE, problem="Too few months."), Kind.CANNOT_BE_JUDGED, "Too few months."),
        (replace(SOUND, can_be_shown=False, comparators=6), Kind.CANNOT_BE_JUDGED, "With 6 comparators"),
        (replace(SOUND, checks=(Check("alike", False, "Not alike."),)), Kind.CANNOT_BE_JUDGED, "Not alike."),
        (replace(WORSE, checks=(Check("alike", False, "Not alike."),)), Kind.CANNOT_BE_JUDGED, "Not alike."),
        (replace(SOUND, checks=(Check("early", None, "Not tried."),)), Kind.CANNOT_BE_JUDGED, "Not tried."),
        (replace(WORSE, checks=(Check("early", None, "Not tried."),)), Kind.NEGATIVE, "wrong way"),
        # what a file says of itself is no record
        (
            replace(SOUND, fixed_on=None, claimed_on=date(2026, 3, 1), claimed_by="A"),
            Kind.AFTERWARDS,
            "says that A fixed",
        ),
        # at whose cost
        (replace(SOUND, balance=(Balance("Falls", True),)), Kind.NOT_SHOWN, "Falls got worse"),
        (replace(SOUND, balance=(Balance("Falls", None),)), Kind.CANNOT_BE_JUDGED, "Falls got worse cannot"),
        (replace(SOUND, balance=(Balance("A", None), Balance("B", True))), Kind.NOT_SHOWN, "B got worse"),
        (replace(WORSE, balance=(Balance("Falls", True),)), Kind.NEGATIVE, "wrong way"),
    ],
)
def test_the_table(facts: Facts, kind: Kind, words: str) -> None:
    found = verdict(facts)
    assert found.kind is kind
    assert words in " ".join(found.reasons)


def test_chosen_afterwards_is_said_whatever_the_verdict() -> None:
    for facts in (NOTHING, WORSE, SOUND, replace(SOUND, problem="No."), replace(SOUND, comparators=0)):
        said = " ".join(verdict(replace(facts, fixed_on=date(2026, 4, 2))).reasons)
        assert "Chosen afterwards" in said


def test_realised_needs_all_of_them_in_every_combination() -> None:
    """A brute force over every condition: it is realised where all hold, and only there."""
    parts = {
        "fixed_on": (date(2026, 3, 31), START, None),
        "claimed_on": (None, date(2026, 3, 31)),
        "baseline_to": (date(2026, 3, 31), START),
        "comparators": (30, 0),
        "charted": (True, False),
        "p": (0.03, 0.2, None),
        "effect": (4.0, -4.0, None),
        "problem": ("", "No."),
        "can_be_shown": (True, False),
        "checks": ((), (Check("x", False, "No."),), (Check("x", None, "?"),)),
        "balance": ((), (Balance("x", True),), (Balance("x", None),)),
    }
    for values in itertools.product(*parts.values()):
        named = dict(zip(parts, values, strict=True))
        facts = replace(SOUND, lower=None, upper=None, **named)
        all_hold = all(named[name] == first for name, (first, *_) in parts.items() if name != "claimed_on")
        assert (verdict(facts).kind is Kind.REALISED) == all_hold


def test_evidence_and_what_was_fixed_before() -> None:
    assert evidence(replace(SOUND, p=None)) == "none"
    assert [evidence(one) for one in (SOUND, WORSE, NOTHING)] == ["better", "worse", "none"]
    assert fixed_before(SOUND)
    assert not fixed_before(replace(SOUND, baseline_from=date(2026, 3, 31), baseline_to=date(2026, 3, 1)))

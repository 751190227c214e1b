"""Verdicts of evaluations for the report, from the part that keeps them: good and bad alike."""

from __future__ import annotations

from wherry.performance.report import Verdict


def verdicts() -> tuple[Verdict, ...]:
    """What evaluations showed."""
    return ()

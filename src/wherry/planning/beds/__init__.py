"""Patients through wards, event by event: what a formula for beds cannot answer.

    from wherry.planning import beds

    spec = beds.spec_of(baseline, "norfolk-waveney")           # or with outcome=..., year=2033
    outcome = beds.simulate(spec, seed=1)                      # a year, as often as it takes to be sure
    beds.beds_for(spec, full_days=0.01, seed=1)                # beds for 1 day in 100 full
    beds.ask("pooling", spec, beds.load_settings("norfolk-waveney"))

`docs/beds.md` says what is modelled and what is not.
"""

from __future__ import annotations

from wherry.planning.beds.adding import more_beds
from wherry.planning.beds.answers import BedsAnswers, BedsOutcome, Question, as_json, read
from wherry.planning.beds.asking import QUESTIONS, ask
from wherry.planning.beds.building import spec_of
from wherry.planning.beds.questions import beds_for, pooling, winter
from wherry.planning.beds.runner import simulate, warm_up
from wherry.planning.beds.settings import Settings
from wherry.planning.beds.settings import load as load_settings
from wherry.planning.beds.spec import BedsSpec, Change, Flow, Pathway, Profile, Stay, Ward, flat

__all__ = [
    "QUESTIONS",
    "BedsAnswers",
    "BedsOutcome",
    "BedsSpec",
    "Change",
    "Flow",
    "Pathway",
    "Profile",
    "Question",
    "Settings",
    "Stay",
    "Ward",
    "as_json",
    "ask",
    "beds_for",
    "flat",
    "load_settings",
    "more_beds",
    "pooling",
    "read",
    "simulate",
    "spec_of",
    "warm_up",
    "winter",
]

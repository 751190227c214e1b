"""What a question to the bed simulation does, from the text of a scenario to answers. Knows no database.

The rooms below are imported where they are used: a page that only shows answers never compiles a kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wherry.paths import hub_dir
from wherry.web.planning.beds_questions import Asked
from wherry.web.planning.scenario_selectors import system_name

Say = Callable[[str, float], None]
#: Replications of a second answer of the same year, whose picture of the year is not kept.
_ONCE = {"least": 1, "most": 1}


def work_out(asked: Asked, text: str, say: Say) -> tuple[dict[str, Any], str]:
    """The answers as JSON has them, and in words which year they stand on. Raises `UserError` in words.

    `text` is the scenario's, blank for the year as it was.
    """
    from wherry.planning import baseline, capacity, projection, scenario
    from wherry.planning.beds.answers import as_json
    from wherry.planning.beds.settings import load as settings_of
    from wherry.reference.system import load

    say("Reading the year of activity", 0.02)
    system = load(system_name())
    plan = scenario.read(text, system, source=asked.slug) if text else None
    year = baseline.load(hub_dir(), system, capacity.wards(system), plan.base_year if plan else None)
    from wherry.planning import activity  # these bring compiled code with them
    from wherry.planning.beds.asking import ask
    from wherry.planning.beds.building import spec_of

    outcome = None
    if plan is not None:
        say(f"Drawing {plan.runs:,} runs of the scenario", 0.05)
        outcome = activity.simulate(plan, year, projection.load(system))
    settings = settings_of(system)
    settings = replace(settings, run={**settings.run, "risk": asked.risk})
    spec = spec_of(year, system, outcome=outcome, year=asked.year if plan else None, settings=settings)
    questions = ("occupancy", "risk") if asked.question == "enough" else (asked.question,)
    answers = []
    for place, question in enumerate(questions):
        use = settings if place == 0 else replace(settings, run={**settings.run, **_ONCE})

        def told(words: str, share: float, place: int = place) -> None:
            say(words, 0.15 + 0.85 * (place + share) / len(questions))

        found = ask(question, spec, use, occupancy=asked.occupancy, progress=told)  # type: ignore[arg-type]
        answers.append(as_json(found if place == 0 else replace(found, outcome=None)))
    return {"answers": answers}, " ".join(year.notes[:2])

"""What a run of a plan does, from the text of a scenario to answers and files. Knows no database.

The rooms below are imported where they are used: a page that only shows answers never compiles a kernel.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherry.paths import hub_dir
from wherry.web.planning.scenario_selectors import system_name

Say = Callable[[str, float], None]


@dataclass(frozen=True)
class Worked:
    """What a run keeps: answers as JSON has them, the answer in a sentence, and which year of activity it stood on."""

    result: dict[str, Any]
    headline: str
    baseline: str


def work_out(text: str, called: str, folder: Path, say: Say) -> Worked:
    """Run a scenario and write its files into a folder. `called`: what the text is called in an error about it.

    Raises `UserError`, in words, for a text that cannot be read, or where no year of activity has been loaded.
    """
    from wherry.planning import baseline, capacity, projection, scenario
    from wherry.reference.system import load

    say("Reading the scenario", 0.02)
    system = load(system_name())
    read = scenario.read(text, system, source=called)
    assumptions = capacity.load(system, read.capacity)
    say("Reading the year of activity and the projection of people", 0.05)
    year = baseline.load(hub_dir(), system.name, capacity.wards(system), read.base_year)
    people = projection.load(system)
    from wherry.planning import activity, answers  # these bring compiled code with them
    from wherry.planning.answers import files, kept

    say(f"Drawing {read.runs:,} runs of {len(read.years)} years", 0.15)
    outcome = activity.simulate(read, year, people)
    say("Working out beds, theatres, rooms and scanners", 0.5)
    needed = capacity.requirements(outcome, assumptions, year)
    done = iter((0.6, 0.65, 0.75, 0.85))

    def told(words: str) -> None:
        say(f"Working out {words}", next(done, 0.85))

    found = answers.answer(read, outcome, year, people, assumptions, system, needed=needed, say=told)
    say("Writing the workbook and the tables", 0.9)
    files.write(folder, found, outcome, needed)
    return Worked(json.loads(kept.to_json(found)), found.headline, " ".join(year.notes[:2]))

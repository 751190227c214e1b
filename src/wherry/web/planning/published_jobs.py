"""The background job that holds ours against what was published: every scenario that it names is run afresh.

Kept as runs of kind `published`, so that a page says from when its comparison is and whether anything changed since.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django_tasks import task

from wherry.errors import UserError
from wherry.paths import hub_dir, system_dir
from wherry.planning.answers.model import Spread
from wherry.planning.published import Line
from wherry.web.access.access import Access
from wherry.web.planning import work_once
from wherry.web.planning.models import PlanRun
from wherry.web.planning.scenario_selectors import activity, files, system_name
from wherry.web.planning.work_once import Done, Say

KIND = "published"
#: The file of a system that says what was published.
FILE = "published.toml"


def there() -> bool:
    """Whether the system says what was published."""
    return (system_dir(system_name()) / FILE).is_file()


def standing_on() -> str:
    """What a comparison stands on, as one fingerprint: the year of activity, the system's own scenarios, the file."""
    found = activity()
    folder = system_dir(system_name())
    held = [found.id if found else "", *(path.read_bytes().hex() for path in files().values())]
    held += [path.read_bytes().hex() for path in sorted(folder.glob("*.toml"))]
    return hashlib.sha256("\n".join(held).encode()).hexdigest()


def ask(*, access: Access) -> tuple[PlanRun, bool]:
    """Ask for the comparison; whether it is being worked out already. Raises `UserError` where it cannot be made."""
    if activity() is None:
        raise UserError(
            "No year of activity has been loaded, so there is nothing to hold against it. Nothing was started."
        )
    if not there():
        raise UserError(f"This system has no {FILE}, which says what was published. Nothing was started.")
    key = standing_on()
    return work_once.ask(
        access=access,
        kind=KIND,
        key=key,
        fields={"title": "Held against what was published", "text": "", "asked": {"standing_on": key}},
        enqueue=lambda run_id: run_published.enqueue(run_id=run_id),
    )


@task()
def run_published(run_id: int) -> None:
    """Work out one comparison."""
    work_once.work(run_id, _compare)


def _compare(run: PlanRun, say: Say) -> Done:
    lines, stood_on = work_out(say)
    compared = [line for line in lines if line.inside is not None]
    inside = sum(line.inside is True for line in compared)
    headline = f"{inside} of {len(compared)} published results lie in our 80% range."
    return Done(json.loads(json.dumps({"lines": [asdict(line) for line in lines]})), headline, stood_on)


def work_out(say: Say) -> tuple[tuple[Line, ...], str]:
    """Every line, and in words which year they stand on. The rooms below are imported here: pages need no kernel."""
    from wherry.planning import baseline, capacity, projection, published
    from wherry.reference.system import load

    say("Reading the year of activity", 0.02)
    system = load(system_name())
    year = baseline.load(hub_dir(), system, capacity.wards(system))
    scenarios = published.scenario_names(published.items(system))
    done = 0

    def told(title: str) -> None:
        nonlocal done
        say(f"Running {title}", 0.05 + 0.9 * done / max(1, len(scenarios)))
        done += 1

    lines = published.work_out(system, year, projection.load(system), say=told)
    return lines, " ".join(year.notes[:2])


def lines_of(result: dict[str, Any]) -> list[Line]:
    """The lines that a run kept."""
    return [Line(**{**row, "ours": Spread(**row["ours"]) if row["ours"] else None}) for row in result["lines"]]

"""The rules of leaving hospital as data: criteria, review times, pathways, tasks, delay causes, levels of escalation.

Each is a file with its source and how sure of it we are. A system may bring files of its own in `discharge/` beside its
`system.toml`, under the same names; a file of its own takes the place of ours whole.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from wherry.errors import UserError

BASES = ("expected", "ready", "made", "left")
OWNERS = ("trust", "council", "community", "voluntary")
#: What a patient without any recorded cause is counted under: outside the 37, and never left out.
UNKNOWN = "X00"


@dataclass(frozen=True)
class Word:
    """A code with its words, where it is from and how sure of it we are."""

    code: str
    words: str
    source: str
    certainty: str
    short: str = ""
    colour: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Window:
    """A review that is owed each day: it may be made from `start` and is overdue from `due` (London)."""

    code: str
    words: str
    start: time
    due: time
    source: str
    certainty: str


@dataclass(frozen=True)
class Pathway:
    """A discharge pathway, with its definition and its share of the planning mix of people of 65 and over."""

    code: str
    words: str
    definition: str
    complexity: str
    share: float
    side: str
    source: str
    certainty: str


@dataclass(frozen=True)
class LongStay:
    """A length of stay at which a review is due; again every so many days unless `every` is 0."""

    days: int
    every: int
    words: str
    source: str
    certainty: str


@dataclass(frozen=True)
class Due:
    """When a task is due: days after a basis, at a London time."""

    basis: str
    days: int
    at: time


@dataclass(frozen=True)
class TaskType:
    """A kind of task: who usually owns it, when it is due, what it waits for, which pathways bring it."""

    code: str
    words: str
    owner: str
    team: str
    due: Due
    waits_for: tuple[str, ...]
    pathways: tuple[str, ...]
    after_care: bool
    cause: str
    source: str
    certainty: str


@dataclass(frozen=True)
class Cause:
    """One of the delay causes. `precedence` says which stands for a patient who has several and no primary one."""

    code: str
    group: str
    words: str
    precedence: int
    national_code: str
    version: str
    source: str
    certainty: str


@dataclass(frozen=True)
class Level:
    """A level of escalation: when it is reached, who is asked, and how long they have to acknowledge."""

    number: int
    overdue_hours: float
    ready_days: int
    organisation: str
    role: str
    acknowledge_minutes: int
    source: str
    certainty: str


@dataclass(frozen=True)
class Safer:
    """The times of day of the SAFER bundle (London)."""

    senior_review_by: time
    ward_by: time
    board_round_by: time
    before_noon_share: float
    before_noon: time
    before_evening: time
    source: str
    certainty: str


@dataclass(frozen=True)
class Settings:
    """Everything in force, by code."""

    version: str
    criteria: Mapping[str, Word]
    windows: tuple[Window, ...]
    pathways: Mapping[str, Pathway]
    confidence: Mapping[str, Word]
    reasons: Mapping[str, Word]
    long_stays: tuple[LongStay, ...]
    band_edges: tuple[int, ...]
    safer: Safer
    died: frozenset[str]
    year_days: int
    done_shown_days: int
    tasks: Mapping[str, TaskType]
    owners: Mapping[str, str]
    causes: Mapping[str, Cause]
    levels: tuple[Level, ...]
    roles: Mapping[str, str]

    def owner_of(self, task: str, trust: str, council: str) -> str:
        """The organisation that usually owns a type of task for a patient; "" where the council is not known.

        >>> load().owner_of("needs", "RM1", "E10000020"), load().owner_of("equipment", "RM1", "")
        ('E10000020', 'RY3')
        """
        kind = self.tasks[task].owner
        return {"trust": trust, "council": council}.get(kind) or self.owners.get(kind, "")


@cache
def load(folder: Path | None = None) -> Settings:
    """The settings, with a system's own files from `folder`/discharge where there are any.

    >>> held = load()
    >>> len(held.criteria), len(held.causes), [path.code for path in held.pathways.values()]
    (11, 37, ['0', '1', '2', '3'])
    """
    own = folder / "discharge" if folder is not None else None
    main = _toml("discharge.toml", own)
    tasks = _toml("tasks.toml", own)
    levels = _toml("levels.toml", own)
    try:
        return _settings(main, tasks, levels, _causes(own))
    except (KeyError, TypeError, ValueError) as error:
        where = own or "flow/discharge"
        raise UserError(f"The rules of discharge in {where} cannot be read: {error}. Nothing was changed.") from error


def _settings(
    main: Mapping[str, Any], tasks: Mapping[str, Any], levels: Mapping[str, Any], causes: tuple[Cause, ...]
) -> Settings:
    safer = dict(main["safer"])
    for name in ("senior_review_by", "ward_by", "board_round_by", "before_noon", "before_evening"):
        safer[name] = time.fromisoformat(safer[name])
    found = Settings(
        version=main["version"],
        criteria=_words(main["criterion"]),
        windows=tuple(
            sorted(
                (
                    Window(
                        row["code"],
                        row["words"],
                        time.fromisoformat(row["from"]),
                        time.fromisoformat(row["due"]),
                        row["source"],
                        row["certainty"],
                    )
                    for row in main["window"]
                ),
                key=lambda window: window.start,
            )
        ),
        pathways={row["code"]: Pathway(**row) for row in main["pathway"]},
        confidence=_words(main["confidence"]),
        reasons=_words(main["reason"]),
        long_stays=tuple(sorted((LongStay(**row) for row in main["long_stay"]), key=lambda row: row.days)),
        band_edges=tuple(main["bands"]["edges"]),
        safer=Safer(**safer),
        died=frozenset(main["not_discharged"]["destinations"]),
        year_days=main["year"]["days"],
        done_shown_days=main["own_tasks"]["done_shown_days"],
        tasks={row["code"]: _task(row) for row in tasks["task"]},
        owners=dict(tasks["owners"]),
        causes={cause.code: cause for cause in causes},
        levels=tuple(sorted((Level(**row) for row in levels["level"]), key=lambda level: level.number)),
        roles={row["code"]: row["words"] for row in levels["role"]},
    )
    _check(found)
    return found


def _check(found: Settings) -> None:
    """What one file says must be known in the others. ValueError, with the code, where it is not."""
    for task in found.tasks.values():
        if task.owner not in OWNERS:
            raise ValueError(f"task {task.code}: owner {task.owner!r} is none of {', '.join(OWNERS)}")
        if task.due.basis not in BASES:
            raise ValueError(f"task {task.code}: due from {task.due.basis!r} is none of {', '.join(BASES)}")
        if strange := [code for code in task.waits_for if code not in found.tasks]:
            raise ValueError(f"task {task.code} waits for {strange[0]!r}, which is no task")
        if task.cause and task.cause not in found.causes:
            raise ValueError(f"task {task.code}: cause {task.cause!r} is not in the table of causes")
        if strange := [code for code in task.pathways if code not in found.pathways]:
            raise ValueError(f"task {task.code}: pathway {strange[0]!r} is not known")
    for level in found.levels:
        if level.role not in found.roles or level.organisation not in ("owner", "trust"):
            raise ValueError(f"level {level.number}: role {level.role!r} at {level.organisation!r} is not known")
    ranks = [cause.precedence for cause in found.causes.values()]
    if len(set(ranks)) != len(ranks):
        raise ValueError("two delay causes have the same precedence")
    if UNKNOWN in found.causes:
        raise ValueError(f"delay cause {UNKNOWN} is kept for patients without a recorded cause")
    if not found.windows:
        raise ValueError("there is no review window")


def _words(rows: list[dict[str, Any]]) -> dict[str, Word]:
    return {row["code"]: Word(**row) for row in rows}


def _task(row: Mapping[str, Any]) -> TaskType:
    due = row["due"]
    rest = {key: value for key, value in row.items() if key != "due"}
    rest |= {"waits_for": tuple(row["waits_for"]), "pathways": tuple(row["pathways"])}
    return TaskType(due=Due(due["from"], due["days"], time.fromisoformat(due["at"])), **rest)


def _toml(name: str, own: Path | None) -> dict[str, Any]:
    try:
        if own is not None and (own / name).is_file():
            return tomllib.loads((own / name).read_text(encoding="utf-8"))
        return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{own or 'flow/discharge'}/{name} cannot be read: {error}.") from None


def _causes(own: Path | None) -> tuple[Cause, ...]:
    name = "discharge_delay_codes.csv"
    if own is not None and (own / name).is_file():
        text = (own / name).read_text(encoding="utf-8")
    else:
        text = resources.files("wherry.reference").joinpath("data", name).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Cause(**{**row, "precedence": int(row["precedence"])}) for row in rows)  # type: ignore[arg-type]

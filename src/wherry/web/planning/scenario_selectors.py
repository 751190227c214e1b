"""Which scenarios there are: the system's own files (version 0 of their names) and the versions that people saved."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import Http404

from wherry.hub.activity import Activity, current_id
from wherry.hub.activity import open as open_activity
from wherry.paths import system_dir, systems_dir
from wherry.web import snapshot as snapshots
from wherry.web.planning.models import PlanRun, RunState, ScenarioVersion

#: A scenario may not be longer than this, in bytes.
LONGEST = 200_000
#: What every other scenario is compared with.
FIRST = "no-change"
OF_THE_SYSTEM = "the system’s own file"


@dataclass(frozen=True)
class Version:
    """One version of a scenario. Number 0 is the system's own file, which nobody can change from a page."""

    slug: str
    number: int
    title: str
    question: str
    text: str
    why: str = ""
    saved_by: str = ""
    saved_at: datetime | None = None
    made_from: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is the system's own."""
        return self.number == 0

    @property
    def key(self) -> str:
        """Slug and number, as other versions name what they began as.

        >>> Version("no-change", 2, "", "", "").key
        'no-change:2'
        """
        return f"{self.slug}:{self.number}"

    @property
    def words(self) -> str:
        """Which one it is, in words."""
        return OF_THE_SYSTEM if self.is_file else f"version {self.number}"


def system_name() -> str:
    """The system whose plans these are: that of the snapshot, or the first that has a folder."""
    system = snapshots.system()
    if system is not None:
        return system.name
    return min((path.parent.name for path in systems_dir().glob("*/system.toml")), default="")


def folder() -> Path:
    """Where the system's own scenarios are."""
    return system_dir(system_name()) / "scenarios"


def files() -> dict[str, Path]:
    """The system's own scenarios by name."""
    return {path.stem: path for path in sorted(folder().glob("*.toml"))}


def heading(text: str) -> tuple[str, str]:
    """Title and question as a text has them; blank where it has none or cannot be read.

    >>> heading('title = "Winter"'), heading("title = ")
    (('Winter', ''), ('', ''))
    """
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "", ""
    return str(found.get("title", "")), str(found.get("question", ""))


def _from_file(slug: str, path: Path) -> Version:
    text = path.read_text(encoding="utf-8", errors="replace")
    title, question = heading(text)
    return Version(slug, 0, title or slug, question, text)


def _saved(row: ScenarioVersion) -> Version:
    _, question = heading(row.text)
    return Version(
        row.slug, row.number, row.title, question, row.text, row.why, row.saved_by_name, row.saved_at, row.made_from
    )


def versions(slug: str) -> list[Version]:
    """Every version of one name, newest first. 404 if there is none."""
    found = [_saved(row) for row in ScenarioVersion.objects.filter(slug=slug)]
    path = files().get(slug)
    if path is not None:
        found.append(_from_file(slug, path))
    if not found:
        raise Http404(slug)
    return found


def version(slug: str, number: int | None = None) -> Version:
    """One version; the newest unless a number is given. 404 if it is not there."""
    for found in versions(slug):
        if number is None or found.number == number:
            return found
    raise Http404(f"{slug} version {number}")


def asked_version(slug: str, asked: str) -> Version:
    """The version that an address asks for (`?version=3`); the newest without one."""
    if not asked:
        return version(slug)
    if not (asked.isascii() and asked.isdigit() and len(asked) < 8):
        raise Http404(asked)
    return version(slug, int(asked))


def newest() -> list[Version]:
    """The newest version of every name: `no-change` first, then the rest of the system's own, in order of name."""
    own = files()
    found = {slug: _from_file(slug, path) for slug, path in own.items()}
    last = ScenarioVersion.objects.filter(slug=OuterRef("slug")).order_by("-number").values("number")[:1]
    found |= {row.slug: _saved(row) for row in ScenarioVersion.objects.filter(number=Subquery(last))}
    return sorted(found.values(), key=lambda one: (one.slug not in own, one.slug != FIRST, one.slug))


def activity() -> Activity | None:
    """The year of activity that plans stand on; None before one was loaded. Raises `UserError` if it is damaged."""
    return open_activity() if current_id() is not None else None


def last_runs() -> dict[str, PlanRun]:
    """The newest run of each scenario, whatever became of it."""
    return _last(PlanRun.objects.filter(kind="plan"))


def last_done() -> dict[str, PlanRun]:
    """The newest run of each scenario that was done."""
    return _last(PlanRun.objects.filter(kind="plan", state=RunState.DONE))


def _last(runs: QuerySet[PlanRun]) -> dict[str, PlanRun]:
    newest_of = runs.order_by().values("slug").annotate(last=Max("pk")).values("last")
    return {run.slug: run for run in PlanRun.objects.filter(pk__in=newest_of).defer("text", "result")}


def runs_of(slug: str) -> list[PlanRun]:
    """Runs of every version of one scenario, newest first."""
    return list(PlanRun.objects.filter(kind="plan", slug=slug).defer("text", "result")[:100])

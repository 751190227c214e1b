"""What the list of those ready to leave is asked for: kept in its address, so that it can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from wherry.flow.discharge.places import places
from wherry.web.discharge import where
from wherry.web.discharge.selectors import Row

SHOWS = {
    "ready": "Meet no criteria to reside",
    "unreviewed": "Review overdue",
    "all": "Everybody on these wards",
    "left": "Left, after-care open",
}
#: "No place is known" and "no pathway yet" as values of a filter.
NONE = "-"
PAGE = 50


@dataclass(frozen=True)
class Filters:
    """One value each; an empty one asks for everything."""

    show: str = "ready"
    site: str = ""
    ward: str = ""
    place: str = ""
    pathway: str = ""
    owner: str = ""
    cause: str = ""
    escalated: str = ""
    q: str = ""
    page: int = 1

    def query(self, *, paging: bool = False, **change: str) -> str:
        """The address after the question mark."""
        mine = replace(self, **change)  # type: ignore[arg-type]
        values = {field.name: getattr(mine, field.name) for field in fields(mine)}
        if not paging:
            values.pop("page")
        return urlencode(
            {name: value for name, value in values.items() if value and (name, value) != ("show", "ready")}
        )

    def fits(self, row: Row) -> bool:
        """Whether a patient is asked for."""
        code = row.tracker.code if row.tracker else ""
        return (
            (not self.site or row.visit.site == self.site)
            and (not self.ward or row.visit.ward == self.ward)
            and (not self.place or (row.home.place or NONE) == self.place)
            and (not self.pathway or (row.position.pathway or NONE) == self.pathway)
            and (not self.owner or any(task.owner == self.owner for task in row.open_tasks))
            and (not self.cause or code == self.cause)
            and (not self.escalated or bool(row.escalations))
        )


def read(got: Mapping[str, str]) -> tuple[Filters, list[str]]:
    """The filters of an address, and the names of those whose value means nothing: they are left out and said."""
    settings = where.settings()
    known: dict[str, set[str]] = {
        "show": set(SHOWS),
        "site": {ward.site for ward in where.wards().values()},
        "ward": {ward.code for ward in where.wards().values()},
        "place": {*places(), NONE},
        "pathway": {*settings.pathways, NONE},
        "owner": set(where.owners()),
        "cause": {*settings.causes, "X00"},
        "escalated": {"1"},
    }
    values: dict[str, str] = {}
    ignored = []
    for name, allowed in known.items():
        value = got.get(name, "")
        if value in allowed:
            values[name] = value
        elif value:
            ignored.append(name)
    page = got.get("page", "1")
    q = got.get("q", "").replace("\x00", "").strip()[:100]
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 1
    return Filters(**values, q=q, page=max(1, number)), ignored

"""One month of a cancer waiting times workbook: for some providers, every group of every table with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.hub.published.positions import Provider, Source

#: Standards by the name they are asked for with.
NAMES = {"fds": "28-day faster diagnosis", "31": "31-day treatment", "62": "62-day treatment", "2ww": "two week wait"}


def standard_name(words: str) -> str:
    """A standard as the published table names it.

    >>> [standard_name(words) for words in ("FDS", "28", "31-day", "62", "faster_diagnosis")]
    ['fds', 'fds', '31', '62', 'fds']
    """
    said = words.strip().lower().replace("_", "-").removesuffix("-day").removesuffix("-days")
    return {"28": "fds", "faster-diagnosis": "fds", "28-day-fds": "fds", "14": "2ww"}.get(said, said)


@dataclass(frozen=True)
class CancerGroup:
    """One group of one table: a standard, its part, route, stage, treatment and cancer; figures None where not
    published."""

    standard: str
    sheet: str
    part: str | None
    route: str | None
    stage: str | None
    modality: str | None
    cancer_type: str | None
    measures: Mapping[str, float | None]
    withheld: int

    @property
    def total(self) -> float | None:
        """People (halves where two providers share one)."""
        return self.measures.get("total")

    @property
    def within(self) -> float | None:
        """People within the standard."""
        return self.measures.get("within_standard")

    @property
    def percent_within(self) -> float | None:
        """Within over total, in per cent, from the counts and not from published percentages."""
        return 100.0 * self.within / self.total if self.total and self.within is not None else None

    def as_json(self) -> dict[str, object]:
        """The stable form that `wherry published show cancer` prints for a group."""
        return {
            "standard": self.standard,
            "table": self.sheet,
            "part": self.part,
            "route": self.route,
            "stage": self.stage,
            "modality": self.modality,
            "cancer_type": self.cancer_type,
            "total": self.total,
            "within": self.within,
            "after": self.measures.get("after_standard"),
            "percent_within": self.percent_within,
            "bands": {
                name: value for name, value in self.measures.items() if name.startswith("days_") and value is not None
            },
            "suppressed_cells": self.withheld,
        }


@dataclass(frozen=True)
class CancerPosition:
    """Cancer waits of some providers together."""

    source: Source
    providers: tuple[Provider, ...]
    missing: tuple[str, ...]
    everyone: bool
    groups: tuple[CancerGroup, ...]

    def headline(self, standard: str) -> CancerGroup | None:
        """The group that covers a whole standard: all routes or stages, all cancers."""
        wanted = standard_name(standard)
        whole = [g for g in self.groups if g.standard == wanted and _whole(g)]
        return max(whole, key=lambda g: g.total or 0.0, default=None)

    def as_json(self) -> dict[str, object]:
        """The stable form that `wherry published show cancer` prints."""
        alone = self.providers[0] if len(self.providers) == 1 else None
        heads = {name: self.headline(name) for name in dict.fromkeys(g.standard for g in self.groups)}
        return {
            "dataset": "cancer",
            "period": self.source.period,
            "provider": "ENGLAND" if self.everyone else "+".join(p.code for p in self.providers),
            "provider_name": "All providers" if self.everyone else alone.name if alone else "Group",
            "providers": len(self.providers)
            if self.everyone
            else [{"code": p.code, "name": p.name} for p in self.providers],
            "standards": {name: head.as_json() for name, head in heads.items() if head is not None},
            "groups": [group.as_json() for group in self.groups],
            "vintage": self.source.as_json(),
            "source": {"file": self.source.file_name, "sha256": self.source.sha256},
        }


def _whole(group: CancerGroup) -> bool:
    named = [group.route, group.stage, group.cancer_type, group.modality]
    return all(words is None or words.strip().lower().startswith("all ") for words in named)

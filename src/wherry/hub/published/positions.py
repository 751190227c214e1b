"""One RTT position: who, when, which part, how many, in which week bands, and what follows from the bands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wherry.hub.published.bands import Band, Percentile, beyond, percentile, within

#: Waits whose numbers are counted beyond, in weeks.
LIMITS = (18, 52, 65, 78, 104)


@dataclass(frozen=True)
class Provider:
    """A provider as the publication of a period names it, with its parent of that period."""

    code: str
    name: str
    parent: str | None
    parent_name: str | None


@dataclass(frozen=True)
class Source:
    """Which publication a figure comes from."""

    dataset: str
    period: str
    vintage: str
    number: int
    of: int
    published_on: str | None
    revised: bool
    partial: bool
    loaded_at: str
    file_name: str
    sha256: str

    def as_json(self) -> dict[str, object]:
        """The stable form that `wherry published show` prints."""
        return {
            "id": self.vintage,
            "number": self.number,
            "of": self.of,
            "published_on": self.published_on,
            "revised": self.revised,
            "partial": self.partial,
            "loaded_at": self.loaded_at,
        }


@dataclass(frozen=True)
class PartCounts:
    """One part of the return, added up over the providers asked for.

    `total` counts pathways whose start is known (the sum of the bands where there are bands); `unknown_start` is blank
    where the part does not collect it; `total_all` is both together. `counts` is empty where the part has no bands.
    `withheld` cells were suppressed, so that with any of them every sum is a lower bound.
    """

    part: str
    bands: tuple[Band, ...]
    counts: tuple[int, ...]
    total: int | None
    unknown_start: int | None
    total_all: int | None
    withheld: int
    not_english: int

    def within(self, weeks: int) -> int | None:
        """How many waited up to and with `weeks`; None where the bands do not say."""
        return _whole(within(self.counts, self.bands, weeks)) if self.counts else None

    def beyond(self, weeks: int) -> int | None:
        """How many waited longer than `weeks`; None where the bands do not say."""
        return _whole(beyond(self.counts, self.bands, weeks)) if self.counts else None

    def percentile(self, share: float) -> Percentile:
        """The wait at a share of the pathways, in weeks, by interpolation inside the week band."""
        return percentile(self.counts, self.bands, share) if self.counts else Percentile(share, None, None)

    @cached_property
    def percent_within_18(self) -> float | None:
        """Those within 18 weeks over all those in bands, in per cent: a sum over a sum."""
        inside, everyone = self.within(18), sum(self.counts)
        return None if inside is None or not everyone else 100.0 * inside / everyone

    def as_json(self) -> dict[str, object]:
        """The stable form that `wherry published show` prints."""
        half, most = self.percentile(0.5), self.percentile(0.92)
        return {
            "part": self.part,
            "total": self.total,
            "unknown_start": self.unknown_start,
            "total_all": self.total_all,
            "within_18_weeks": self.within(18),
            "percent_within_18_weeks": self.percent_within_18,
            **{f"over_{weeks}_weeks": self.beyond(weeks) for weeks in LIMITS},
            "median_weeks": half.weeks,
            "median_beyond_weeks": half.beyond,
            "percentile_92_weeks": most.weeks,
            "percentile_92_beyond_weeks": most.beyond,
            "suppressed_cells": self.withheld,
            "not_english_commissioners": self.not_english,
            "bands": [
                {"from_weeks": band.lower, "to_weeks": band.upper, "count": count}
                for band, count in zip(self.bands, self.counts, strict=True)
            ]
            if self.counts
            else [],
        }


@dataclass(frozen=True)
class RttPosition:
    """The RTT position of some providers together, in one period and treatment function."""

    source: Source
    providers: tuple[Provider, ...]
    missing: tuple[str, ...]
    everyone: bool
    treatment_function: str
    treatment_function_name: str | None
    parts: dict[str, PartCounts]

    @property
    def incomplete(self) -> PartCounts:
        """Part 2: pathways still open at the end of the period."""
        return self.parts["Part_2"]

    @property
    def total(self) -> int | None:
        """Incomplete pathways."""
        return self.incomplete.total

    @property
    def bands(self) -> list[int]:
        """Incomplete pathways in each week band, shortest wait first (105 of them since April 2021)."""
        return list(self.incomplete.counts)

    @property
    def within_18(self) -> int | None:
        """Incomplete pathways within 18 weeks."""
        return self.incomplete.within(18)

    @property
    def percent_within_18(self) -> float | None:
        """Their share, in per cent."""
        return self.incomplete.percent_within_18

    def over(self, weeks: int) -> int | None:
        """Incomplete pathways beyond `weeks`; None where the publication's bands do not say."""
        return self.incomplete.beyond(weeks)

    @property
    def median(self) -> Percentile:
        """Median wait of incomplete pathways."""
        return self.incomplete.percentile(0.5)

    @property
    def percentile_92(self) -> Percentile:
        """Wait below which 92% of incomplete pathways lie."""
        return self.incomplete.percentile(0.92)

    @property
    def with_decision_to_admit(self) -> int | None:
        """Incomplete pathways with a decision to admit (Part 2A)."""
        return self.parts["Part_2A"].total

    @property
    def new_periods(self) -> int | None:
        """Clocks started in the period (Part 3)."""
        return self.parts["Part_3"].total

    @property
    def unknown_starts(self) -> int | None:
        """Completed pathways whose clock start is not known (Parts 1A and 1B)."""
        known = [c for c in (self.parts["Part_1A"].unknown_start, self.parts["Part_1B"].unknown_start) if c is not None]
        return sum(known) if known else None

    def as_json(self, part: str = "Part_2") -> dict[str, object]:
        """The stable form that `wherry published show rtt` prints: one part, with its derived measures."""
        alone = self.providers[0] if len(self.providers) == 1 else None
        return {
            "dataset": "rtt",
            "period": self.source.period,
            "provider": "ENGLAND" if self.everyone else "+".join(p.code for p in self.providers),
            "provider_name": "All providers" if self.everyone else alone.name if alone else "Group",
            "provider_parent": alone.parent if alone else None,
            "provider_parent_name": alone.parent_name if alone else None,
            "providers": len(self.providers)
            if self.everyone
            else [
                {"code": p.code, "name": p.name, "parent": p.parent, "parent_name": p.parent_name}
                for p in self.providers
            ],
            "treatment_function": self.treatment_function,
            "treatment_function_name": self.treatment_function_name,
            **self.parts[part].as_json(),
            "decision_to_admit": self.with_decision_to_admit,
            "vintage": self.source.as_json(),
            "source": {"file": self.source.file_name, "sha256": self.source.sha256},
        }


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

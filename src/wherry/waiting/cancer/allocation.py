"""Who is credited with a shared 62-day treatment: the referring trust, the treating trust, or half each.

A case is shared if another trust passed the patient on before treatment. Every trust is counted by its ODS code, also
within one group; the group's own figure needs no sharing out. Source: `data/allocation.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wherry.waiting.cancer.rules import Allocation, allocation


@dataclass(frozen=True)
class Treated:
    """One first treatment under the 62-day standard. `wait` is in days after adjustments (contract B)."""

    treating: str
    start_on: date
    treated_on: date
    wait: int
    met: bool
    referred_from: str = ""
    transferred_on: date | None = None
    first_seen_adjustment: int = 0
    treatment_adjustment: int = 0


@dataclass(frozen=True)
class Credit:
    """A trust's part of one case: `share` of it counts in the denominator, and in the numerator if it was `met`."""

    trust: str
    share: float
    met: bool
    words: str


def is_shared(case: Treated) -> bool:
    """Whether two trusts had a part: another trust is named, with a transfer no later than the treatment."""
    if case.transferred_on is None or not case.referred_from or case.referred_from == case.treating:
        return False
    return case.transferred_on <= case.treated_on


def allocate(case: Treated, policy: Allocation | None = None) -> tuple[Credit, ...]:
    """The credits of one case; their shares add up to 1.

    Passed on on day 40, treated 20 days later, on day 60: the success is the treating trust's.

    >>> case = Treated("RM1", date(2026, 1, 1), date(2026, 3, 2), 60, True, "RGP", date(2026, 2, 10))
    >>> [(credit.trust, credit.share, credit.met) for credit in allocate(case)]
    [('RM1', 1.0, True)]

    Passed on on day 40, treated 24 days later, on day 64: the breach is the referring trust's.

    >>> case = Treated("RM1", date(2026, 1, 1), date(2026, 3, 6), 64, False, "RGP", date(2026, 2, 10))
    >>> [(credit.trust, credit.share, credit.met) for credit in allocate(case)]
    [('RGP', 1.0, False)]
    """
    policy = policy or allocation(case.treated_on)
    if not is_shared(case) or case.transferred_on is None:
        return (Credit(case.treating, 1.0, case.met, "not shared"),)
    to_transfer = (case.transferred_on - case.start_on).days - case.first_seen_adjustment
    to_treatment = (case.treated_on - case.transferred_on).days - case.treatment_adjustment
    kind = (
        "in_time" if to_transfer <= policy.transfer_by else "late",
        "in_time" if to_treatment <= policy.treat_within else "late",
        "met" if case.met else "breached",
    )
    share = next(
        (s for s in policy.shares if (s.transfer, s.wait) == (kind[0], kind[2]) and s.treatment in ("any", kind[1])),
        None,
    )
    if share is None:  # late and late adds up to more than 62 days, so it cannot be met
        return (Credit(case.treating, 1.0, case.met, "no rule: not shared"),)
    parts = ((case.referred_from, share.referring), (case.treating, share.treating))
    return tuple(Credit(trust, part, case.met, share.words) for trust, part in parts if part)

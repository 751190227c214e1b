"""Joins identities into people, strongest link first, and refuses each link that would join what must stay apart.

Taking links from the strongest to the weakest means that, where a chain would join two identities that must not be one
person, it is the weakest link of the chain that is left out. The result does not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: Strength of a link by its kind; within a kind the weight decides.
CLERICAL, NHS_NUMBER, PROBABILISTIC = "clerical", "nhs_number", "probabilistic"
STRENGTH = {CLERICAL: 3, NHS_NUMBER: 2, PROBABILISTIC: 1}


@dataclass(frozen=True)
class Link:
    """A reason to hold two identities for one person. `rung` orders links of one kind, the higher the stronger."""

    left: int
    right: int
    kind: str
    rung: int = 0
    weight: float = 0.0

    #: A link between two groups is sent to a human under these two identities.
    def order(self) -> tuple[float, float, float, int, int]:
        """Sorts the strongest link first, ties by identity."""
        return (-STRENGTH[self.kind], -self.rung, -self.weight, self.left, self.right)


@dataclass(frozen=True)
class Refusal:
    """A link that was not followed, and the two identities that it would have brought together against the rules."""

    link: Link
    why: str
    apart: tuple[int, int]


@dataclass
class People:
    """Groups of identities. `group` has, for each identity, the smallest index of its group."""

    group: list[int]
    taken: list[Link]
    refused: list[Refusal]


@dataclass
class _Group:
    members: list[int]
    numbers: dict[str, int] = field(default_factory=dict)


def gather(
    count: int,
    links: Iterable[Link],
    verified: dict[int, str],
    apart: Iterable[tuple[int, int]],
    declared_apart: Iterable[tuple[int, int]] = (),
) -> People:
    """People among `count` identities.

    - `verified`: verified NHS number by identity. A group never gets two of them by an automatic link.
    - `apart`: pairs that automatic links may not bring together.
    - `declared_apart`: pairs that a human declared different: nothing brings them together.

    >>> links = [Link(0, 1, "probabilistic", weight=9.0), Link(1, 2, "probabilistic", weight=8.0)]
    >>> people = gather(3, links, {0: "9990000018", 2: "9990000026"}, apart=())
    >>> people.group, people.refused[0].why
    ([0, 0, 2], 'verified')
    """
    leader = list(range(count))
    groups: dict[int, _Group] = {}
    soft = _neighbours(apart)
    hard = _neighbours(declared_apart)
    taken: list[Link] = []
    refused: list[Refusal] = []

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    def group_of(root: int) -> _Group:
        if root not in groups:
            number = verified.get(root)
            groups[root] = _Group([root], {number: root} if number is not None else {})
        return groups[root]

    for link in sorted(links, key=Link.order):
        left, right = sorted((find(link.left), find(link.right)))
        if left == right:
            taken.append(link)
            continue
        one, two = group_of(left), group_of(right)
        refusal = _refusal(link, one, two, soft, hard)
        if refusal is not None:
            refused.append(refusal)
            continue
        if len(one.members) < len(two.members):
            one.members, two.members = two.members, one.members
        one.members.extend(two.members)
        for number, holder in two.numbers.items():
            one.numbers.setdefault(number, holder)
        leader[right] = left
        del groups[right]
        taken.append(link)
    return People([find(node) for node in range(count)], taken, refused)


def _neighbours(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for one, two in pairs:
        found.setdefault(one, set()).add(two)
        found.setdefault(two, set()).add(one)
    return found


def _refusal(
    link: Link, one: _Group, two: _Group, soft: dict[int, set[int]], hard: dict[int, set[int]]
) -> Refusal | None:
    met = _meeting(one, two, hard)
    if met is not None:
        return Refusal(link, "declared", met)
    if link.kind == CLERICAL:
        return None
    if (
        one.numbers
        and two.numbers
        and not (one.numbers.keys() <= two.numbers.keys() or two.numbers.keys() <= one.numbers.keys())
    ):
        first = min(holder for number, holder in one.numbers.items() if number not in two.numbers)
        second = min(holder for number, holder in two.numbers.items() if number not in one.numbers)
        return Refusal(link, "verified", (min(first, second), max(first, second)))
    met = _meeting(one, two, soft)
    return Refusal(link, "unlike", met) if met is not None else None


def _meeting(one: _Group, two: _Group, pairs: dict[int, set[int]]) -> tuple[int, int] | None:
    """The first pair that must stay apart with a side in each group."""
    if not pairs:
        return None
    small, large = sorted((one.members, two.members), key=len)
    held = [node for node in small if node in pairs]
    if not held:
        return None
    others = set(large)
    met = [(min(node, other), max(node, other)) for node in held for other in pairs[node] & others]
    return min(met) if met else None

"""Who each person is to each trust: local number, NHS number, name, birth date and address, with a register's dirt.

An identity is one person in one trust. Most carry the truth; some carry a wrong or missing NHS number, an earlier name
or address, a slip of the keyboard, or stand twice in one trust. Each of these is written down as a dirty row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.reference import nhs_number
from wherry.synthetic.arrow import Text, joined, numbered, words
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import Journeys
from wherry.synthetic.misspell import misspelt, mistyped_number
from wherry.synthetic.names import Names
from wherry.synthetic.people import ETHNIC_CODES, People
from wherry.synthetic.settings import assumptions, rate
from wherry.synthetic.streams import Ints, Mask, Streams
from wherry.synthetic.timeline import Timeline

STATUSES = ("01", "02", "03", "07")
SEXES = ("1", "2", "9", "X")
ETHNIC = (*ETHNIC_CODES, "Z", "99")


@dataclass
class Identities:
    """One row an identity, by trust and local number; names are places in this register's own lists of words."""

    person: Ints
    trust: Ints
    local: Ints
    nhs: npt.NDArray[np.object_]
    nhs_status: Ints
    surname: Ints
    forename: Ints
    surnames: list[str]
    forenames: list[str]
    birth_day: Ints
    sex: Ints
    ethnic: Ints
    household: Ints
    postcode_known: Mask
    practice: Ints
    commissioner: npt.NDArray[np.object_]
    of_journey: Ints
    of_sender: Ints
    dirt: list[tuple[str, npt.NDArray[np.int64]]]

    def __len__(self) -> int:
        return len(self.person)


def hard_pairs(
    people: People, patient: Ints, streams: Streams
) -> list[tuple[str, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Make twins, and fathers and sons with one name, out of patients who live near each other. Changes `people`.

    Gives (kind, one person, the other) for each kind.
    """
    made = []
    used = np.zeros(len(people), dtype=bool)
    for kind in ("twins", "namesakes"):
        rng = streams("pairs", kind)
        order = np.lexsort(
            (
                rng.random(len(patient)),
                people.age[patient] // 4 if kind == "twins" else 0 * patient,
                people.place[patient],
            )
        )
        rows = patient[order]
        one, two = rows[:-1], rows[1:]
        swap = people.birth_day[one] > people.birth_day[two]
        one, two = np.where(swap, two, one), np.where(swap, one, two)
        years = people.age[one] - people.age[two]
        if kind == "twins":
            fits = (people.age[one] < 45) & (years <= 3) & (people.forename[one] != people.forename[two])
        else:
            fits = ~people.women[one] & ~people.women[two] & (years >= 18) & (years <= 45) & (people.age[two] >= 16)
        fits &= (np.arange(len(one)) % 2 == 0) & ~used[one] & ~used[two] & (people.place[one] == people.place[two])
        found = np.flatnonzero(fits)
        wanted = min(len(found), round(rate(kind) * len(patient)))
        chosen = np.sort(rng.choice(found, wanted, replace=False))
        one, two = one[chosen], two[chosen]
        used[one] = used[two] = True
        people.surname[two], people.household[two], people.ethnic[two] = (
            people.surname[one],
            people.household[one],
            people.ethnic[one],
        )
        people.practice[two] = people.practice[one]
        if kind == "twins":
            people.birth_day[two], people.age[two] = people.birth_day[one], people.age[one]
        else:
            people.forename[two] = people.forename[one]
        made.append((kind, one, two))
    return made


def make_identities(
    inputs: Inputs, people: People, journeys: Journeys, line: Timeline, streams: Streams
) -> tuple[Identities, npt.NDArray[np.int64]]:
    """The registers of the trusts, and the index of each person's true NHS number (-1 for people no trust knows).

    Raises UserError if there are more patients than synthetic NHS numbers.
    """
    trusts = len(inputs.trusts)
    sent = line.sender >= 0
    keys = np.concatenate([line.person * trusts + journeys.trust, line.person[sent] * trusts + line.sender[sent]])
    pairs, back = np.unique(keys, return_inverse=True)
    of_journey, of_sender = back[: len(journeys)].copy(), np.full(len(journeys), -1, dtype=np.int64)
    of_sender[sent] = back[len(journeys) :]
    second = _second_identities(of_journey, len(pairs), streams("second"))
    person = np.concatenate([pairs // trusts, pairs[second] // trusts])
    trust = np.concatenate([pairs % trusts, pairs[second] % trusts])
    local = np.zeros(len(person), dtype=np.int64)
    for index in range(trusts):
        rows = np.flatnonzero(trust == index)
        local[rows] = (
            streams("local", index).permutation(len(rows)) * 3 + 1 + streams("gap", index).integers(0, 3, len(rows))
        )
    order = np.lexsort((local, trust))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    is_second = np.zeros(len(person), dtype=bool)
    is_second[len(pairs) :] = True
    person, trust, local, is_second = person[order], trust[order], local[order], is_second[order]

    patients = np.unique(person)
    if len(patients) > nhs_number.kept_from():
        raise UserError(
            f"{len(patients):,} patients need a synthetic NHS number and only {nhs_number.kept_from():,} are theirs. "
            "Nothing was written. Choose a smaller scale."
        )
    number = np.full(len(people), -1, dtype=np.int64)
    drawn = streams("nhs").permutation(nhs_number.synthetic_count())
    number[patients] = drawn[drawn < nhs_number.kept_from()][: len(patients)]
    names = Names.load()
    found = Identities(
        person=person,
        trust=trust,
        local=local,
        nhs=nhs_number.synthetic(number[person]).astype(object),
        nhs_status=np.zeros(len(person), dtype=np.int64),
        surname=people.surname[person].copy(),
        forename=people.forename[person].copy(),
        surnames=list(names.surnames),
        forenames=list(names.forenames),
        birth_day=people.birth_day[person].copy(),
        sex=people.women[person].astype(np.int64),
        ethnic=people.ethnic[person].copy(),
        household=people.household[person].copy(),
        postcode_known=np.ones(len(person), dtype=bool),
        practice=people.practice[person].copy(),
        commissioner=_commissioners(inputs, trust, streams("commissioners")),
        of_journey=place[of_journey],
        of_sender=np.where(of_sender >= 0, place[of_sender], -1),
        dirt=[("two_identities", np.flatnonzero(is_second))],
    )
    _soil_numbers(found, is_second, streams("numbers"))
    _soil_names(found, people, names, is_second, streams("spelling"))
    _soil_facts(found, is_second, streams("facts"))
    return found, number


def _second_identities(of_journey: Ints, pairs: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Pairs that get a second identity; every other of their journeys moves to it. `of_journey` is changed."""
    many = np.bincount(of_journey, minlength=pairs)
    eligible = np.flatnonzero(many >= 2)
    chosen = np.sort(rng.choice(eligible, min(len(eligible), round(rate("two_identities") * pairs)), replace=False))
    second = np.full(pairs, -1, dtype=np.int64)
    second[chosen] = pairs + np.arange(len(chosen))
    rows = np.flatnonzero(second[of_journey] >= 0)
    rows = rows[np.argsort(of_journey[rows], kind="stable")]
    begins = np.flatnonzero(np.diff(of_journey[rows], prepend=-1) != 0)
    turn = np.arange(len(rows)) - np.repeat(begins, np.diff(np.append(begins, len(rows))))
    moved = rows[turn % 2 == 1]
    of_journey[moved] = second[of_journey[moved]]
    return chosen


def _commissioners(inputs: Inputs, trust: Ints, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Who pays, by the trust's published shares."""
    payer = np.empty(len(trust), dtype=object)
    for index, rows in enumerate(inputs.commissioners):
        mine = np.flatnonzero(trust == index)
        codes, shares = np.array([code for code, _ in rows], dtype=object), np.array([n for _, n in rows], dtype=float)
        payer[mine] = codes[
            np.minimum(np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(len(mine))), len(codes) - 1)
        ]
    return payer


def _rows(eligible: Mask, share: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Each eligible row with the same chance."""
    return np.flatnonzero(eligible & (rng.random(len(eligible)) < share))


def _soil_numbers(found: Identities, is_second: Mask, rng: np.random.Generator) -> None:
    everyone = np.ones(len(found), dtype=bool)
    status = found.nhs_status
    unverified = _rows(everyone, rate("unverified_number"), rng)
    status[unverified] = rng.integers(1, 3, len(unverified))
    mistyped = _rows(everyone, rate("mistyped_nhs_number"), rng)
    found.nhs[mistyped] = mistyped_number(found.nhs[mistyped], rng)
    status[mistyped] = 2
    others = _rows(everyone, rate("another_persons_number"), rng)
    true = found.nhs.copy()
    other = rng.integers(0, len(found), len(others))
    others, other = (
        others[found.person[other] != found.person[others]],
        other[found.person[other] != found.person[others]],
    )
    found.nhs[others] = true[other]
    status[others] = np.where(rng.random(len(others)) < 0.2, 0, 2)
    missing = np.flatnonzero(
        (rng.random(len(found)) < rate("missing_nhs_number")) | (is_second & (rng.random(len(found)) < 0.5))
    )
    found.nhs[missing] = None
    status[missing] = 3
    gone = np.zeros(len(found), dtype=bool)
    gone[missing] = True
    taken = np.zeros(len(found), dtype=bool)
    for kind, rows in (
        ("another_persons_number", others),
        ("mistyped_nhs_number", mistyped),
        ("unverified_number", unverified),
    ):
        found.dirt.append((kind, rows[~gone[rows] & ~taken[rows]]))
        taken[rows] = True
    found.dirt.append(("missing_nhs_number", missing))


def _soil_names(found: Identities, people: People, names: Names, is_second: Mask, rng: np.random.Generator) -> None:
    everyone = np.ones(len(found), dtype=bool)
    several = np.bincount(found.person, minlength=len(people))[found.person] > 1
    age = people.age[found.person]
    married = _rows(several & people.women[found.person] & (age >= 22) & (age <= 65), rate("changed_surname"), rng)
    found.surname[married] = names.draw_surnames(people.ethnic[found.person[married]], rng)
    found.dirt.append(("changed_surname", married[found.surname[married] != people.surname[found.person[married]]]))

    short = np.full(len(found.forenames), -1, dtype=np.int64)
    for place, word in enumerate(list(found.forenames)):
        if word in names.nicknames:
            short[place] = len(found.forenames)
            found.forenames.append(names.nicknames[word])
    called = _rows(short[found.forename] >= 0, rate("nickname"), rng)
    called = np.union1d(called, _rows(is_second & (short[found.forename] >= 0), 0.3, rng))
    found.forename[called] = short[found.forename[called]]
    found.dirt.append(("nickname", called))

    slips = _rows(everyone, rate("misspelt_name"), rng)
    in_surname = rng.random(len(slips)) < 0.6
    for rows, column, known in (
        (slips[in_surname], found.surname, found.surnames),
        (slips[~in_surname], found.forename, found.forenames),
    ):
        spelt = misspelt([known[place] for place in column[rows]], rng)
        column[rows] = len(known) + np.arange(len(rows))
        known.extend(spelt)
    found.dirt.append(("misspelt_name", slips))

    swapped = _rows(everyone, rate("swapped_names"), rng)
    given = [found.forenames[place] for place in found.forename[swapped]]
    family = [found.surnames[place] for place in found.surname[swapped]]
    found.surname[swapped] = len(found.surnames) + np.arange(len(swapped))
    found.forename[swapped] = len(found.forenames) + np.arange(len(swapped))
    found.surnames.extend(given)
    found.forenames.extend(family)
    found.dirt.append(("swapped_names", swapped))


def _soil_facts(found: Identities, is_second: Mask, rng: np.random.Generator) -> None:
    everyone = np.ones(len(found), dtype=bool)
    born = found.birth_day.astype("datetime64[D]")
    year, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    in_month, in_year = (
        (born - month.astype("datetime64[D]")).astype(int),
        (month - year.astype("datetime64[M]")).astype(int),
    )
    swappable = _rows((in_month < 12) & (in_month != in_year), rate("swapped_birth_date"), rng)
    swapped = (year.astype("datetime64[M]") + in_month).astype("datetime64[D]") + in_year
    found.birth_day[swappable] = swapped[swappable].astype(np.int64)
    mistyped = np.setdiff1d(_rows(everyone, rate("mistyped_birth_date"), rng), swappable)
    by = np.where(
        rng.random(len(mistyped)) < 0.5,
        rng.choice([-10, -2, -1, 1, 2, 7], len(mistyped)),
        -365 * rng.choice([1, 2, 10], len(mistyped)),
    )
    found.birth_day[mistyped] -= np.abs(by)
    first = _rows((in_year > 0) | (in_month > 0), rate("default_birth_date"), rng)
    first = np.setdiff1d(first, np.union1d(swappable, mistyped))
    found.birth_day[first] = year[first].astype("datetime64[D]").astype(np.int64)
    several = (np.bincount(found.person)[found.person] > 1) | is_second
    moved = _rows(several, rate("moved"), rng)
    households = int(found.household.max()) + 1
    away = (found.household[moved] + rng.integers(-4000, 4001, len(moved))) % households
    moved, away = moved[away != found.household[moved]], away[away != found.household[moved]]
    found.household[moved] = away
    blank = _rows(everyone, rate("missing_postcode"), rng)
    found.postcode_known[blank] = False
    sex = _rows(everyone, rate("wrong_sex"), rng)
    found.sex[sex] = np.where(rng.random(len(sex)) < 0.7, 1 - found.sex[sex], 3)
    unknown = _rows(everyone, rate("ethnicity_not_recorded"), rng)
    found.ethnic[unknown] = len(ETHNIC_CODES) + (rng.random(len(unknown)) < 0.35)
    found.dirt += [
        ("swapped_birth_date", swappable),
        ("mistyped_birth_date", mistyped),
        ("default_birth_date", first),
        ("moved", moved),
        ("missing_postcode", blank),
        ("wrong_sex", sex),
        ("ethnicity_not_recorded", unknown),
    ]


def local_words(inputs: Inputs, trust: Ints, local: Ints) -> Text:
    """Local numbers as each trust writes them: a prefix of its own and seven digits."""
    prefixes: dict[str, str] = assumptions()["local_prefix"]
    return joined(
        "", words([prefixes.get(code, "") for code in inputs.trusts], trust), numbered("", local + 1_000_000, 7)
    )

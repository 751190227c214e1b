"""When two names, two dates of birth or two numbers are nearly the same, as SQL that every engine reads alike.

Only `levenshtein`, `length` and `substr` are used: they give the same answer in DuckDB and in Spark, so a rule has one
meaning and the two engines find the same people. A swap of two letters costs 2 in `levenshtein`; it is told from two
other changes by the sorted letters that `standardise` keeps beside each name and number.

Each function takes the two sides as a pattern for a column, such as `("l.{}", "r.{}")` or `("{}_l", "{}_r")`.
"""

from __future__ import annotations

Sides = tuple[str, str]

#: The two sides of a pair in a join, and in Splink.
JOINED: Sides = ("l.{}", "r.{}")
PAIRED: Sides = ("{}_l", "{}_r")


def same(column: str, sides: Sides) -> str:
    """The two sides are equal; unknown where one is missing.

    >>> same("surname", JOINED)
    'l.surname = r.surname'
    """
    left, right = (side.format(column) for side in sides)
    return f"{left} = {right}"


def one_slip(column: str, sides: Sides, shortest: int = 3) -> str:
    """One character changed, lost or added, or two neighbours swapped, in values of at least `shortest` characters."""
    left, right = (side.format(column) for side in sides)
    letters = same(f"{column}_letters", sides)
    distance = f"levenshtein({left}, {right})"
    long_enough = f"length({left}) >= {shortest} and length({right}) >= {shortest}"
    return f"({long_enough} and ({distance} <= 1 or ({letters} and {distance} <= 2)))"


def two_slips(column: str, sides: Sides, shortest: int = 6) -> str:
    """At most two characters changed, in values of at least `shortest` characters."""
    left, right = (side.format(column) for side in sides)
    return f"(length({left}) >= {shortest} and length({right}) >= {shortest} and levenshtein({left}, {right}) <= 2)"


def near_name(column: str, sides: Sides) -> str:
    """A name with a slip, or two slips in a longer one."""
    return f"({same(column, sides)} or {one_slip(column, sides)} or {two_slips(column, sides)})"


def part_of(column: str, sides: Sides, shortest: int) -> str:
    """One value begins or ends the other, the shorter having at least `shortest` characters: J, half of Hill-Wood."""
    left, right = (side.format(column) for side in sides)
    cases = []
    for short, long in ((left, right), (right, left)):
        begins = f"substr({long}, 1, length({short})) = {short}"
        ends = f"substr({long}, length({long}) - length({short}) + 1, length({short})) = {short}"
        cases.append(
            f"(length({short}) >= {shortest} and length({short}) < length({long}) and ({begins} or {ends}))"
            if shortest > 1
            else f"(length({short}) < length({long}) and {begins})"
        )
    return f"({' or '.join(cases)})"


def short_form(sides: Sides) -> str:
    """The forenames are forms of one name, such as William and Bill: a family of `short_forms.csv` has both.

    `forename_forms` has the families of a forename, each as three digits between semicolons, at most four of them.
    """
    left, right = (side.format("forename_forms") for side in sides)
    cases = [
        f"(length({left}) >= {5 + 4 * place} and instr({right}, substr({left}, {1 + 4 * place}, 5)) > 0)"
        for place in range(4)
    ]
    return f"({' or '.join(cases)})"


def near_date(sides: Sides) -> str:
    """A date of birth (YYYYMMDD) with one slip, or its day and month exchanged."""
    left, right = sides
    swapped = f"{left.format('dob')} = {right.format('dob_swapped')}"
    return f"({one_slip('dob', sides)} or {swapped})"


def exchanged_names(sides: Sides) -> str:
    """The forename of each is the surname of the other."""
    forenames, surnames = ([side.format(column) for side in sides] for column in ("forename", "surname"))
    return f"({forenames[0]} = {surnames[1]} and {surnames[0]} = {forenames[1]})"

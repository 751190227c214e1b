"""`wherry indicators`: indicator methods of public health, applied to a table in a CSV file.

METHOD may be written with hyphens, underscores or neither, in any case. Methods, their other names and the columns
they need are listed below. A column goes by other names too (numerator, denominator, stdpop, eventfreq, x_ref, se,
lower_cl and the like); columns that a method does not need are carried through where it gives a figure a row.
"""

from __future__ import annotations

import argparse
import math
import sys
from textwrap import fill


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `indicators`."""
    parser = subparsers.add_parser(
        "indicators",
        help="rates, standardised rates, life expectancy, inequality and funnels of a table",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("method", metavar="METHOD", help="how the figures are made (listed below)")
    parser.add_argument("table", metavar="TABLE.csv", help="CSV with a header; - is standard input")
    parser.add_argument("--confidence", metavar="LEVELS", help="0.95 or 95; several by commas: 0.95,0.998 "
                        "(default 0.95; funnels 0.95,0.998)")  # fmt: skip
    parser.add_argument("--multiplier", type=_factor, metavar="N", help="what figures are multiplied by (default "
                        "100,000 for rates, dsr and isr; 1 for the others; 100 makes percentages; negative turns an "
                        "sii, and an rii over)")  # fmt: skip
    parser.add_argument("--group-by", action="append", default=[], metavar="COL",
                        help="a figure for each value of a column; again, or by commas, for several")  # fmt: skip
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default table")
    parser.add_argument("--blank-is-zero", action="store_true", help="dsr, isr, smr: a blank count is no events; "
                        "without this it withholds the figure")  # fmt: skip
    life = parser.add_argument_group("life expectancy")
    life.add_argument("--start-age", action="append", default=[], metavar="AGE",
                      help="only at these ages (0, 1, 5, ... 90); default all")  # fmt: skip
    life.add_argument("--compare", metavar="COL[=ONE,REFERENCE]", help="arriaga: population and reference are two "
                      "values of a column, in this order, rather than in columns of their own")  # fmt: skip
    life.add_argument("--symmetric", action="store_true", help="arriaga: the mean of both directions")
    unequal = parser.add_argument_group("inequality")
    unequal.add_argument("--type", dest="kind", metavar="TYPE", help="sii, rii: mean (0), rate (1) or proportion (2); "
                         "default mean; told from the counts where they alone say how sure values are")  # fmt: skip
    unequal.add_argument("--transform", action="store_true", help="sii, rii: fit logarithms of rates, logits of "
                         "proportions")  # fmt: skip
    unequal.add_argument("--seed", type=int, default=1, metavar="N", help="of the simulated limits (default 1)")
    unequal.add_argument("--draws", "--repetitions", type=_whole, default=100_000, metavar="N",
                         help="simulated lines (default 100,000)")  # fmt: skip
    unequal.add_argument("--limits-confidence", metavar="LEVEL", default="0.95",
                         help="sii, rii: of the table's lower and upper (default 0.95)")  # fmt: skip
    unequal.add_argument("--quantiles", "--nquantiles", type=_whole, default=10, metavar="N", dest="number",
                         help="quantiles: how many groups (default 10)")  # fmt: skip
    unequal.add_argument("--invert", action=argparse.BooleanOptionalAction, default=True,
                         help="quantiles: group 1 has the highest values (default), or the lowest")  # fmt: skip
    funnel = parser.add_argument_group("funnels")
    funnel.add_argument("--statistic", metavar="WHAT", help="proportion (default), rate, ratio or dsr")
    funnel.add_argument("--limits", choices=("exact", "byar"), default="exact", help="of rates and ratios")
    funnel.add_argument("--baseline", type=_number, metavar="X", help="a target, in the unit of the figures; default "
                        "what all rows together have (ratios: 1)")  # fmt: skip
    parser.set_defaults(run=_run)
    plain = parser.format_help
    parser.format_help = lambda: f"{plain()}\n{_methods()}"  # type: ignore[method-assign]


def _methods() -> str:
    """The list of methods, made when the help is shown: the methods are not loaded for other commands."""
    from wherry.performance.indicators.tables.methods import METHODS

    lines = ["methods:"]
    for one in METHODS:
        lines.append(fill(f"{one.name}: {one.what}. Needs {one.needs}.", 100, initial_indent="  ",
                          subsequent_indent="      "))  # fmt: skip
        if one.also:
            lines.append(fill(f"also {', '.join(one.also)}", 100, initial_indent="      ",
                              subsequent_indent="      "))  # fmt: skip
    return "\n".join(lines) + "\n"


def _number(text: str) -> float:
    """A number that may have thousands commas."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


def _factor(text: str) -> float:
    number = _number(text)
    if not number or not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"'{text}' cannot multiply a figure")
    return number


def _whole(text: str) -> int:
    number = _number(text)
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(number)


def _several(given: list[str]) -> tuple[str, ...]:
    return tuple(one.strip() for text in given for one in text.split(",") if one.strip())


def _confidence(text: str | None) -> tuple[float, ...] | None:
    from wherry.errors import UserError
    from wherry.performance.indicators import levels

    if text is None:
        return None
    try:
        return levels([float(one.strip().rstrip("%")) for one in text.split(",") if one.strip()])
    except ValueError:
        raise UserError(f"--confidence {text} is not a level or levels by commas: 0.95,0.998.") from None


def _ages(given: list[str]) -> tuple[int, ...] | None:
    from wherry.errors import UserError

    found = _several(given)
    if not found or found == ("all",):
        return None
    if not all(one.isdecimal() for one in found):
        raise UserError(f"--start-age {', '.join(found)}: ages are whole numbers by commas, such as 0,65.")
    return tuple(int(one) for one in found)


def _run(args: argparse.Namespace) -> int:
    from wherry.errors import UserError
    from wherry.performance.indicators.tables.methods import find
    from wherry.performance.indicators.tables.reading import read
    from wherry.performance.indicators.tables.shapes import Options
    from wherry.performance.indicators.tables.writing import written

    method = find(args.method)
    if args.multiplier is not None and args.multiplier < 0 and method.name not in ("sii", "rii"):
        raise UserError(f"--multiplier {args.multiplier:g}: only an sii or rii is turned round by a negative one.")
    found = _confidence(args.limits_confidence)
    options = Options(
        confidence=_confidence(args.confidence),
        multiplier=args.multiplier,
        group_by=_several(args.group_by),
        seed=args.seed,
        draws=args.draws,
        kind=args.kind,
        transform=args.transform,
        limits_confidence=found[0] if found else 0.95,
        number=args.number,
        invert=args.invert,
        ages=_ages(args.start_age),
        compare=args.compare,
        symmetric=args.symmetric,
        statistic=args.statistic,
        limits=args.limits,
        baseline=args.baseline,
        blank_is_zero=args.blank_is_zero,
    )
    rows = method.apply(read(args.table), options)
    print(written(rows, args.format))
    withheld = sum(1 for row in rows if row.get("value") is None)
    if withheld and args.format == "table":
        print(f"{withheld:,} of {len(rows):,} without a value; see note.", file=sys.stderr)
    return 0

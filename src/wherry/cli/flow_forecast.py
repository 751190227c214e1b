"""`wherry flow forecast`: the next days now, how good such forecasts were on held-back weeks, and the months."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.flow.forecast.backtest import Backtest, Line
    from wherry.flow.forecast.months_data import Series
    from wherry.flow.forecast.months_test import MonthsTest


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `forecast now`, `forecast backtest` and `forecast months`."""
    forecast = commands.add_parser("forecast", help="the next days: expected beds, and how good such forecasts are")
    acts = forecast.add_subparsers(dest="act", required=True, metavar="ACT")
    now = acts.add_parser("now", help="work the forecast of this hour out and keep it")
    now.set_defaults(run=_now)
    back = acts.add_parser("backtest", help="hold weeks of the history back, forecast them, score against naive ones")
    back.add_argument("--weeks", type=_whole, default=4, metavar="N", help="weeks held back (default 4)")
    back.add_argument("--every", type=_whole, default=6, metavar="HOURS", help="hours between forecasts (default 6)")
    back.add_argument(
        "--lists",
        type=_days,
        default=0,
        metavar="DAYS",
        help="take elective lists as known for so many days ahead (default 0: nothing of the future is used)",
    )
    back.add_argument("--keep", action="store_true", help="keep the result for the page of the next days")
    back.add_argument("--quiet", action="store_true", help="no progress")
    back.set_defaults(run=_backtest)
    months = acts.add_parser("months", help="A&E by trust and month: forecast, and tested against seasonal-naive")
    months.add_argument("--measure", choices=("attendances", "admissions"), default="attendances")
    months.add_argument("--trust", metavar="CODE", help="forecast one trust's next months")
    months.add_argument("--nhsr", type=Path, metavar="FILE", help="test on a file of NHSRdatasets (ae_attendances.csv)")
    months.add_argument("--keep", action="store_true", help="keep the result for the page of the months")
    months.set_defaults(run=_months)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _days(text: str) -> int:
    return 0 if text == "0" else _whole(text)


def _now(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.components.formats import moment
    from wherry.web.outlook import jobs, presenters, selectors

    row = jobs.make_now()
    units = selectors.units(row)
    rows = presenters.free_rows(row, units)
    print(f"From {moment(row.as_at)}, worked out in {row.seconds or 0:.1f} s.")
    for when, said in presenters.headlines(row, rows):
        print(f"{when}: {said}")
    night, morning = (presenters.hour_words(at, row.as_at) for at in presenters.moments(row.as_at))
    print(f"\n{'':44}{'open':>6}{'filled':>8}  {night:>26}  {morning:>26}")
    for one in rows:
        expected = [
            "not known" if look is None else f"{presenters.signed(look.free)}, too few {presenters.chance(look.short)}"
            for look in one.looks
        ]
        words = one.words if one.whole else f"  {one.words}"
        beds = "?" if one.beds_open is None else str(one.beds_open)
        print(f"{words[:43]:44}{beds:>6}{one.now:>8}" + "".join(f"{text:>28}" for text in expected))
    for words in row.notes:
        print(f"- {words}")
    return 0


def _backtest(args: argparse.Namespace) -> int:
    from wherry.flow import forecast
    from wherry.flow.forecast.backtest import as_kept, backtest
    from wherry.hub import flow

    def tell(words: str, share: float) -> None:
        if not args.quiet and sys.stderr.isatty():
            print(f"\r{share:4.0%}  {words:40.40}", end="", file=sys.stderr, flush=True)

    past = forecast.read(flow.history())
    found = backtest(past, weeks=args.weeks, every=args.every, lists_days=args.lists, say=tell)
    if not args.quiet and sys.stderr.isatty():
        print("\r" + " " * 50 + "\r", end="", file=sys.stderr)
    _print(found)
    if args.keep:
        from wherry.cli.flow import django_ready

        django_ready()
        from wherry.web.outlook import services

        services.keep_quality("backtest", flow.current_id() or "", as_kept(found))
        print("\nKept for the page of the next days.")
    return 0


def _print(found: Backtest) -> None:
    from wherry.flow.forecast.naive import NAMES

    print(
        f"Fitted on visits from {found.trained_from:%-d %B %Y} to {found.trained_to:%-d %B %Y}; {found.issues} "
        f"forecasts until {found.tested_to:%-d %B %Y}."
    )
    if found.lists_days:
        print(
            f"Elective lists of the next {found.lists_days} days were taken as known, as the history does not say when "
            "patients were booked: this looks at who was booked, and who came."
        )
    print(found.words)
    for name, gain in found.gain.items():
        low, high = gain.low, gain.high
        print(f"  against {NAMES[name]}: {gain.mean:+.2f} beds of CRPS ({low:+.2f} to {high:+.2f})")
    _lines("Ward groups of sites", found.lines)
    _lines("Adult general and acute beds of sites, and of all", found.general)


def _lines(title: str, lines: tuple[Line, ...]) -> None:
    print(f"\n{title}: beds; intervals as share that held (and what whole beds promise)")
    heads = ("width", "bias", "CRPS", "now", "week", "drift")
    print(
        f"{'ahead':>6}" + "".join(f"{head:>12}" for head in ("50%", "80%", "95%")) + "".join(f"{h:>7}" for h in heads)
    )
    for one in lines:
        pairs = zip(one.inside, one.promised, strict=True)
        held = "".join(f"{f'{inside:.0%} ({promised:.0%})':>12}" for inside, promised in pairs)
        naive = "".join(f"{one.naive_crps[name]:>7.2f}" for name in ("now", "week", "drift"))
        print(f"{one.ahead:>5}h{held}{one.width:>7.1f}{one.bias:>+7.2f}{one.crps:>7.2f}{naive}")


def _months(args: argparse.Namespace) -> int:
    from wherry.flow.forecast import months_data
    from wherry.flow.forecast.months_test import as_kept, rolling

    series = months_data.nhsr(args.nhsr, args.measure) if args.nhsr else months_data.published(args.measure)
    if args.trust:
        return _one(series, args.trust.upper())
    found = rolling(series)
    _tested(found)
    if args.keep:
        if args.nhsr:
            raise UserError("Only the published months are kept for the page. Nothing was kept: leave --nhsr out.")
        from wherry.cli.flow import django_ready

        django_ready()
        from wherry.web.outlook import services

        kept = as_kept(found, series, services.trusts())
        services.keep_quality(f"months_{args.measure}", f"{found.trusts} trusts", kept)
        print("Kept for the page of the months.")
    return 0


def _one(series: Series, code: str) -> int:
    from wherry.flow.forecast.months import ahead
    from wherry.flow.forecast.months_data import WORDS

    found = ahead(series, code)
    print(f"{series.names[series.codes.index(code)]} ({code}), {WORDS[series.measure]}")
    print(f"{'month':>8}{'middle':>10}{'80% interval':>20}{'95% interval':>20}")
    rows = zip(found.months, found.middle, found.low80, found.high80, found.low95, found.high95, strict=True)
    for (year, month), middle, low, high, lowest, highest in rows:
        likely, nearly = f"{low:,.0f} to {high:,.0f}", f"{lowest:,.0f} to {highest:,.0f}"
        print(f"{year}-{month:02d}{middle:>11,.0f}{likely:>20}{nearly:>20}")
    return 0


def _tested(found: MonthsTest) -> None:
    (year, month), (last_year, last_month) = found.first, found.last
    print(found.words)
    print(
        f"Months {year}-{month:02d} to {last_year}-{last_month:02d}; {found.left_out} organisations left out, which "
        "had a month without a number or were too small."
    )
    print(f"{'ahead':>6}{'MASE':>8}{'naive':>8}{'CRPS':>8}{'naive':>8}{'80% held':>10}{'95% held':>10}")
    rows = zip(
        *(found.mase, found.naive_mase, found.crps, found.naive_crps, found.held80, found.held95),
        strict=True,
    )
    for number, (mase, naive, crps, other, held80, held95) in enumerate(rows, start=1):
        print(f"{number:>6}{mase:>8.2f}{naive:>8.2f}{crps:>8.2f}{other:>8.2f}{held80:>10.0%}{held95:>10.0%}")

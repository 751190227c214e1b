"""`wherry flow readings load`, `wherry flow virtual load` and `sweep`: readings and referrals of virtual wards."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `readings load FILE` and `virtual load FILE`."""
    readings = commands.add_parser("readings", help="readings of patients on virtual wards")
    acts = readings.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser("load", help="take a file of readings: HL7 v2 ORU^R01, FHIR Observations or JSON lines")
    load.add_argument("file", type=Path)
    load.add_argument("--provider", default="", help="who works what waits, where nobody says whose it is")
    load.set_defaults(run=_readings)
    virtual = commands.add_parser(
        "virtual", help="virtual wards: artificial referrals, and alerts that the clock brings"
    )
    acts = virtual.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser("load", help="take a file of artificial referrals (JSON lines)")
    load.add_argument("file", type=Path)
    load.set_defaults(run=_referrals)


def _readings(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.virtual import loading

    done = loading.readings(args.file, args.provider)
    print(done.words)
    return 1 if done.apart or done.waiting else 0


def _referrals(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.virtual import loading

    done = loading.referrals(args.file)
    print(done.words)
    for reason in done.left_out[:20]:
        print(f"  {reason}")
    return 1 if done.left_out else 0

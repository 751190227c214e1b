"""The command line: one module a family of commands, each adding its own parsers.

Every command returns an exit code: 0 done, 1 something is wrong with the data, 2 the call itself was wrong.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

#: Modules of this package that add commands, in the order that the help shows them.
COMMANDS = (
    "run",
    "synthesise",
    "hub",
    "published",
    "read",
    "rtt",
    "cancer",
    "people",
    "plan",
    "flow",
    "measures",
    "spc",
    "peers",
    "evaluate",
    "indicators",
    "report",
    "inequality",
)


class _Command(Protocol):
    def register(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...


def parser() -> argparse.ArgumentParser:
    """The whole command line as one parser."""
    top = argparse.ArgumentParser(prog="wherry", description=__doc__.splitlines()[0] if __doc__ else None)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        cast(_Command, importlib.import_module(f"wherry.cli.{name}")).register(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. A `UserError` is printed as a sentence, without a traceback."""
    from wherry.errors import UserError

    args = parser().parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except UserError as error:
        print(f"wherry: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0

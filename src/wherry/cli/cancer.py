"""`wherry cancer derive`: cancer waits from a file of pathways to a file of waits."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cancer` and what is under it."""
    subparsers.add_parser("cancer", help="derive cancer waits")

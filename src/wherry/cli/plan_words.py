"""Words that commands of `wherry plan` share."""

from __future__ import annotations

import argparse
import re


def financial_year(text: str) -> int:
    """A financial year as an argument, "2033/34" or its first calendar year.

    >>> financial_year("2033/34"), financial_year("2033")
    (2033, 2033)
    """
    found = re.fullmatch(r"([0-9]{4})(?:/([0-9]{2}))?", text)
    if not found or (found[2] is not None and int(found[2]) != (int(found[1]) + 1) % 100):
        raise argparse.ArgumentTypeError(f"{text!r} is not a financial year such as 2033/34")
    return int(found[1])

"""Finding a person or a pathway on the list: by name, NHS number, hospital number or pathway number, in any spacing."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from wherry.web.waiting.frame import Arrow, Bools, Frame, fold, pc


def mask(frame: Frame, words: str) -> Bools:
    """Rows that fit: every word begins a part of the name, or the whole is one of the numbers.

    Without identities only a pathway number can be found, and pathway numbers there are pseudonyms: nothing is found.
    """
    found: Bools = np.zeros(frame.size, dtype=bool)
    words = words.strip().lower()
    if not words or frame.names is None or frame.numbers is None:
        return found
    parts = fold(pa.array([words]))[0].as_py().split()
    if parts:
        by_name = pc.match_substring(frame.names, f" {parts[0]}")
        for part in parts[1:]:
            by_name = pc.and_(by_name, pc.match_substring(frame.names, f" {part}"))
        found |= _bools(by_name)
    digits = re.sub(r"[\s\-]", "", words)
    if digits.isascii() and digits.isdigit() and len(digits) >= 6:
        found |= _bools(pc.starts_with(frame.numbers, digits))
    if len(digits) >= 3:
        found |= _bools(pc.or_(pc.equal(frame.pathways, words), pc.ends_with(frame.pathways, f":{digits}")))
        found |= _by_hospital_number(frame, digits)
    return found


def _by_hospital_number(frame: Frame, number: str) -> Bools:
    if frame.hospital_numbers is None or frame.hospital_number_people is None:
        return np.zeros(frame.size, dtype=bool)
    people = frame.hospital_number_people[_bools(pc.equal(frame.hospital_numbers, number))]
    out: Bools = np.isin(frame.people, people) if len(people) else np.zeros(frame.size, dtype=bool)
    return out


def _bools(array: Arrow) -> Bools:
    out: Bools = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return out

"""The fifteen tests of the six-week wait: DM01, Diagnostics waiting times and activity return, NHS England.

`code` is what feeds and tables use. A test is imaging, physiological measurement or endoscopy, as in the return.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.reference._data import csv_rows


@dataclass(frozen=True)
class DiagnosticTest:
    """One kind of test of the return."""

    code: str
    words: str
    group: str
    endoscopy: bool


#: Every kind of test by its code, in the order of the return.
TESTS: dict[str, DiagnosticTest] = {
    row["code"]: DiagnosticTest(row["code"], row["words"], row["group"], row["endoscopy"] == "yes")
    for row in csv_rows("diagnostic_tests.csv")
}


def words(code: str) -> str:
    """A test in words; a code that the return does not have stands for itself.

    >>> words("ct"), words("flexi_sigmoidoscopy")
    ('computed tomography', 'flexible sigmoidoscopy')
    """
    test = TESTS.get(code)
    return test.words if test else code

"""What a site can do: the level of its function, overridden by a group, between two days; wrong files are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.reference import procedure_groups, treatment_functions
from wherry.reference.services import COMPLEXITIES, read_services
from wherry.reference.system import load

HEADER = "site,treatment_function,procedure_group,complexity,from_date,to_date,source,certainty\n"
ROWS = """A,110,,intermediate,2024-04-01,,us,check
A,110,carpal_tunnel,complex,2025-01-01,2025-06-30,us,check
A,110,hip_knee_replacement,routine,2024-04-01,,us,check
B,110,,complex,2026-02-01,,us,check
"""


def services(folder: Path, rows: str = ROWS, header: str = HEADER) -> Path:
    path = folder / "services.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("site", "group", "on", "expected"),
    [
        ("A", "", date(2026, 1, 31), "intermediate"),
        ("A", "arthroscopy", date(2026, 1, 31), "intermediate"),
        ("A", "carpal_tunnel", date(2025, 6, 30), "complex"),
        ("A", "carpal_tunnel", date(2025, 7, 1), "intermediate"),
        ("A", "hip_knee_replacement", date(2026, 1, 31), "routine"),
        ("A", "", date(2024, 3, 31), None),
        ("B", "", date(2026, 1, 31), None),
        ("B", "", date(2026, 2, 1), "complex"),
        ("C", "", date(2026, 2, 1), None),
    ],
)
def test_the_level_of_a_site(tmp_path: Path, site: str, group: str, on: date, expected: str | None) -> None:
    found = read_services(services(tmp_path))
    level = COMPLEXITIES.index(expected) if expected else -1
    assert found.level(site, "110", group, on) == level
    for place, complexity in enumerate(COMPLEXITIES):
        assert found.can(site, "110", group, complexity, on) == (place <= level)


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ("A,110,,hard,2024-04-01,,us,check\n", HEADER, "line 2: complexity 'hard'"),
        ("A,110,,routine,01/04/2024,,us,check\n", HEADER, "line 2: a date is not YYYY-MM-DD"),
        ("", "site,function\n", "the header must be"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, rows: str, header: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_services(services(tmp_path, rows, header))


def test_the_systems_own_services_are_real_sites_and_functions() -> None:
    system = load("norfolk-waveney")
    sites = {site.code for site in system.sites}
    assert system.services.rows
    for row in system.services.rows:
        assert row.site in sites
        assert treatment_functions.name(row.treatment_function)
        assert not row.procedure_group or row.procedure_group in procedure_groups.GROUPS


def test_every_procedure_is_in_one_group() -> None:
    codes = [code for group in procedure_groups.GROUPS.values() for code in group.procedures]
    assert len(codes) == len(set(codes))
    assert all(group.complexity in COMPLEXITIES and group.minutes > 0 for group in procedure_groups.GROUPS.values())

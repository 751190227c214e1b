"""What is doubtful: the data-quality rules as data, and every finding of every rule in one table.

The rules (code, words, action, severity, source) are in `data/quality_rules.toml`; their checks in
`wherry.waiting.checks`. All checks are Ibis expressions over the same facts, so that DuckDB and Spark find the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.hub.schema import TABLES
from wherry.waiting import checks
from wherry.waiting.checks import Setting
from wherry.waiting.words import in_words, say, where

SEVERITIES = ("high", "medium", "low")
COLUMNS = tuple(column.name for column in TABLES["quality_finding"].columns)


@dataclass(frozen=True)
class QualityRule:
    """One data-quality rule."""

    code: str
    words: str
    action: str
    severity: str
    about: str
    source: str


@cache
def rules() -> dict[str, QualityRule]:
    """Every rule by its code, worst first and then by code.

    >>> rules()["p2_overdue"].severity, rules()["validation_due"].words[:13]
    ('high', 'Not validated')
    """
    text = resources.files("wherry.waiting").joinpath("data/quality_rules.toml").read_text(encoding="utf-8")
    found = [QualityRule(code, **table) for code, table in tomllib.loads(text).items()]
    ordered = sorted(found, key=lambda rule: (SEVERITIES.index(rule.severity), rule.code))
    return {rule.code: rule for rule in ordered}


def rule_table() -> pa.Table:
    """The rules as the `quality_rule` table."""
    return pa.Table.from_pylist([asdict(rule) for rule in rules().values()], schema=TABLES["quality_rule"].schema)


def document() -> str:
    """`docs/data-quality-rules.md`, from the rules."""
    lines = [
        "# Data-quality rules of the waiting list",
        "",
        "Written from `src/wherry/waiting/data/quality_rules.toml` by `python -m wherry.waiting.quality`; a test holds",
        "the two together. Each rule is checked on every build. A finding says the dates and values that made it",
        "doubtful. No rule changes a clock and none takes anybody off the list: a person decides.",
    ]
    for severity in SEVERITIES:
        chosen = [rule for rule in rules().values() if rule.severity == severity]
        lines += ["", f"## {severity.capitalize()}", "", "| code | what is doubtful | what to do | about | source |"]
        lines.append("|---|---|---|---|---|")
        lines += [f"| `{r.code}` | {r.words} | {r.action} | {r.about} | {r.source} |" for r in chosen]
    return "\n".join(lines) + "\n"


# --- findings -------------------------------------------------------------------------------------------------------


def _finding(rows: Any, code: str, evidence: Any, *, person: bool = False) -> Any:
    rule = rules()[code]
    return rows.select(
        rule=ibis.literal(code),
        severity=ibis.literal(rule.severity),
        subject_key=rows["identity_key"] if person else rows["pathway_key"],
        pathway_key=ibis.null("string") if person else rows["pathway_key"],
        identity_key=rows["identity_key"],
        organisation=rows["organisation"],
        treatment_function=ibis.null("string") if person else rows["treatment_function"],
        on_open_clock=rows["is_open"],
        evidence=evidence,
    )


def _of_pathways(facts: Any, setting: Setting) -> Iterable[Any]:
    for code, check in checks.PATHWAY_CHECKS.items():
        condition, evidence = check(facts, setting)
        rows = facts.mutate(doubtful_=condition.fill_null(False), evidence_=evidence)
        rows = rows.filter(rows["doubtful_"])
        yield _finding(rows, code, rows["evidence_"])


def _of_clocks(facts: Any, rtt_period: Any) -> Iterable[Any]:
    """The issues that the clock raised itself, one finding a pathway: about the last clock that has the issue."""
    noted = rtt_period.filter(rtt_period["issues"].notnull() & (rtt_period["issues"] != ""))
    place = facts.select("pathway_key", "identity_key", "organisation", "treatment_function", "is_open")
    for code, words in checks.ISSUE_CHECKS.items():
        rows = noted.filter(noted["issues"].contains(code))
        rows = rows.group_by("pathway_key").aggregate(period=rows["period"].max())
        detail = noted.select("pathway_key", "period", "clock_start", "clock_stop")
        rows = rows.inner_join(detail, ["pathway_key", "period"]).inner_join(place, "pathway_key")
        evidence = say(
            "Clock ",
            rows["period"],
            ibis.ifelse(
                rows["clock_start"].isnull(),
                ", with an unknown start",
                say(", started ", in_words(rows["clock_start"])),
            ),
            where(rows["clock_stop"].notnull(), ", stopped ", in_words(rows["clock_stop"])),
            f": {words}.",
        )
        yield _finding(rows, code, evidence)


def _of_people(tables: Mapping[str, Any], facts: Any) -> Iterable[Any]:
    identity = tables["person_identity"]
    opened = facts.filter(facts["is_open"]).select("identity_key", open_=ibis.literal(True)).distinct()
    rows = identity.select("identity_key", "nhs_number", "nhs_number_valid", organisation=identity["source"])
    rows = rows.left_join(opened, "identity_key")
    rows = rows.mutate(is_open=rows["open_"].fill_null(False), number_=rows["nhs_number"].fill_null("").strip())
    missing = rows.filter(rows["number_"] == "")
    yield _finding(missing, "nhs_number_missing", ibis.literal("No NHS number was sent."), person=True)
    invalid = rows.filter((rows["number_"] != "") & ~rows["nhs_number_valid"])
    digits = invalid["number_"].length().cast("string")
    evidence = say("A number of ", digits, " characters that fails the check was sent.")
    yield _finding(invalid, "nhs_number_invalid", evidence, person=True)


def _of_two_people(tables: Mapping[str, Any], facts: Any) -> Iterable[Any]:
    """Pathways with events of an organisation that does not know the pathway's person."""
    place = facts.select(
        "pathway_key", "identity_key", "person_key", "sender", "organisation", "treatment_function", "is_open"
    )
    event, identity = tables["pathway_event"], tables["person_identity"]
    sent = event.select("pathway_key", other=event["source"]).distinct().inner_join(place, "pathway_key")
    sent = sent.filter(sent["other"] != sent["sender"])
    known = identity.select("person_key", other=identity["source"]).distinct()
    strange = sent.anti_join(known, ["person_key", "other"])
    rows = strange.group_by("pathway_key").aggregate(other=strange["other"].min())
    rows = rows.inner_join(place, "pathway_key")
    said = say(rows["other"], " sent events on this pathway, but no identity of this person is known there; sent by ")
    yield _finding(rows, "two_people", say(said, rows["sender"], "."))


def findings(tables: Mapping[str, Any], facts: Any, rtt_period: Any, setting: Setting) -> Any:
    """Every finding, as one Ibis table with the columns of `quality_finding`."""
    parts = [
        *_of_pathways(facts, setting),
        *_of_clocks(facts, rtt_period),
        *_of_people(tables, facts),
        *_of_two_people(tables, facts),
    ]
    return ibis.union(*(part.select(*COLUMNS) for part in parts))


def joined(keys: pa.Table, found: pa.Table) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """For each row of `keys` (pathway_key, identity_key): its rule codes joined by semicolons, worst first, and the
    worst severity. Both are blank where nothing was found; a finding about a person is on every row of that identity.
    """
    codes = list(rules())
    if len(codes) > 63:
        raise ValueError(f"{len(codes)} data-quality rules: a set of findings holds 63")
    bits = np.zeros(keys.num_rows, dtype=np.int64)
    column: Any = found.column("rule").to_pylist()
    bit = np.array([1 << codes.index(code) for code in column], dtype=np.int64)
    for key, about in (("pathway_key", "pathway"), ("identity_key", "person")):
        mine = np.array([rules()[code].about == about for code in column], dtype=np.bool_)
        bits |= _bits(keys.column(key), found.column("subject_key").filter(pa.array(mine)), bit[mine])
    sets, place = np.unique(bits, return_inverse=True)
    lists = [[code for at, code in enumerate(codes) if int(value) >> at & 1] for value in sets]
    joined_codes: Any = pa.array([";".join(names) for names in lists], pa.string())
    worst: Any = pa.array([rules()[names[0]].severity if names else None for names in lists], pa.string())
    return joined_codes.take(pa.array(place)), worst.take(pa.array(place))


def _bits(keys: Any, subjects: Any, bit: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The bits of all findings about each key."""
    import pyarrow.compute

    compute: Any = pyarrow.compute
    coded = compute.dictionary_encode(keys.combine_chunks())
    place = compute.index_in(subjects, value_set=coded.dictionary)
    known = place.is_valid().to_numpy(zero_copy_only=False)
    total = np.zeros(len(coded.dictionary) + 1, dtype=np.int64)
    np.bitwise_or.at(total, place.fill_null(0).to_numpy()[known], bit[known])
    return np.asarray(total[coded.indices.to_numpy()])


if __name__ == "__main__":
    print(document(), end="")

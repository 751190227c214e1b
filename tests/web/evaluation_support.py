"""Evaluations for tests of screens: a system of made-up trusts with figures, and a question about one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from wherry.performance.measures import values as stored
from wherry.web.access.models import User
from wherry.web.evaluation.models import Evaluation
from wherry.web.evaluation.question import Question

#: A measure that organisations send themselves, as a share, so that comparators are the other organisations here.
MEASURE = "four-hour-published"
QUESTION = Question(
    title="Front door team",
    what="A senior doctor sees everybody within an hour.",
    tried_by="Chief operating officer",
    measure=MEASURE,
    scope="RM1",
    starts_on=date(2030, 4, 1),
    baseline_from=date(2028, 4, 1),
    baseline_to=date(2030, 3, 31),
    method="did",
    direction="increase",
    expected=2.0,
    pool="pick",
    picked=tuple(f"X{n:02}" for n in range(30)),
)


def months(first: date, count: int) -> list[date]:
    """So many first days of months."""
    at = first.year * 12 + first.month - 1
    return [date((at + n) // 12, (at + n) % 12 + 1, 1) for n in range(count)]


def figures(
    *, effect: float = 6.0, first: date = date(2028, 4, 1), count: int = 36, measure: str = MEASURE, seed: int = 4
) -> pa.Table:
    """Rows of values: RM1 and thirty others about 70%, `effect` points at RM1 from April 2030."""
    source = np.random.default_rng(seed)
    rows = []
    for unit in ("RM1", *(f"X{n:02}" for n in range(30))):
        level = 65 + 10 * source.random()
        for period in months(first, count):
            share = level + source.normal(0, 1) + (effect if unit == "RM1" and period >= date(2030, 4, 1) else 0)
            rows.append(
                {
                    "measure": measure,
                    "period": period,
                    "organisation": unit,
                    "split": "all",
                    "category": "",
                    "numerator": float(round(50 * share)),
                    "denominator": 5000.0,
                    "value": None,
                    "source": "made for tests",
                    "as_at": period,
                }
            )
    return pa.Table.from_pylist(rows, schema=stored.VALUES)


def publish(*tables: pa.Table) -> str:
    """Make tables the values in force; their id."""
    return stored.publish(stored.together(tables), {"artificial": True}).id


def kept(question: Question = QUESTION, **changed: object) -> Evaluation:
    """A registered evaluation as the database has it, without going through the pages."""
    user, _ = User.objects.get_or_create(username="asker-of-benefits", defaults={"first_name": "Test"})
    asked = replace(question)
    now = datetime.now(UTC)
    fields = {
        **{name: getattr(asked, name) for name in ("title", "what", "tried_by", "measure", "scope", "starts_on")},
        **{name: getattr(asked, name) for name in ("baseline_from", "baseline_to", "method", "direction", "expected")},
        "pool": asked.pool,
        "picked": list(asked.picked),
        "comparators": list(asked.picked),
        "comparator_words": "chosen by name",
        "fixed_on": date(2030, 3, 1),
        "fixed_at": now,
        "fixed_by_name": "Test Planner",
        "made_by": user,
        "made_by_name": "Test Planner",
        "made_at": now,
        "changed_by_name": "Test Planner",
        "changed_at": now,
        **changed,
    }
    return Evaluation.objects.create(**fields)


def matrix_needs() -> dict[str, tuple[dict[str, object], str]]:
    """What the table of addresses is tried with: one that is not fixed yet, so that its form opens."""
    row = kept(fixed_on=None, fixed_at=None, fixed_by_name="")
    return {"evaluation": ({"pk": row.pk}, ""), "evaluation_file": ({"pk": row.pk, "kind": "csv"}, "")}

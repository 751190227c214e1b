"""What a fact table is, and the columns that many of them share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wherry.performance.measures.model import Split


class Type(StrEnum):
    """What a column holds. A flag is true, false or not known; anything may be null, which is: not known."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"


class Origin(StrEnum):
    """What a table is made from, which decides when it is made again."""

    SNAPSHOT = "snapshot"
    FLOW = "flow"
    ACTIONS = "actions"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    type: Type
    words: str


@dataclass(frozen=True)
class Fact:
    """One fact table. `row` says what a row is, `moment` when it counts. `needs` are the hub's tables it reads."""

    name: str
    origin: Origin
    row: str
    moment: str
    columns: tuple[Column, ...]
    needs: tuple[str, ...] = ()
    stock: bool = False

    @property
    def types(self) -> dict[str, Type]:
        """Type of every column, `organisation` with them."""
        return {"organisation": Type.TEXT, **{column.name: column.type for column in self.columns}}

    @property
    def splits(self) -> tuple[Split, ...]:
        """What the table can be split by."""
        return tuple(split for split in Split if split is not Split.ALL and split.value in self.types)


def _columns(kind: Type, /, **words: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind, said) for name, said in words.items())


def text(**words: str) -> tuple[Column, ...]:
    return _columns(Type.TEXT, **words)


def number(**words: str) -> tuple[Column, ...]:
    return _columns(Type.NUMBER, **words)


def flag(**words: str) -> tuple[Column, ...]:
    return _columns(Type.FLAG, **words)


AGE_BAND = text(age_band="0-17, 18-39, 40-64, 65-74, 75-84 or 85+; empty where not known")
PERSON = (
    *number(age="whole years on that day"),
    *AGE_BAND,
    *text(
        sex="1 male, 2 female, 9 indeterminate, X not known",
        ethnicity="White, Mixed, Asian, Black, Other, Not known",
        imd_quintile="1 most deprived to 5; empty where not known",
        place="district code of residence; empty outside the system or not known",
    ),
)
FUNCTION = text(treatment_function="treatment function code, such as 110", site="site code; empty where not known")

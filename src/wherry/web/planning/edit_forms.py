"""What somebody wrote into the form of a scenario: taken into its text line by line, and checked, with nothing lost.

What cannot be taken stays in its field with words beside it, and the text keeps its old value there. What can be taken
is in the text at once; then the whole text is checked, and each problem goes to the field that it is about.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from wherry.planning.scenario.problems import Path, Problem
from wherry.planning.scenario.table import NAME
from wherry.web.planning.edit_fields import Field, Form, form_of
from wherry.web.planning.edit_new import New, read_new
from wherry.web.planning.edit_services import too_long
from wherry.web.planning.edit_text import added, put, without_table
from wherry.web.planning.edit_values import NotAsAsked, taken
from wherry.web.planning.scenario_reading import about, name_of, read, variants
from wherry.web.planning.scenario_selectors import Version

_REMOVE = re.compile(r"remove:([a-z_]+)-(\d{1,4})")


@dataclass
class Edit:
    """A scenario as it stands in a form. `errors` by field; `general` are problems that belong to no field."""

    text: str
    name: str
    why: str = ""
    seen: int = 0
    as_text: bool = False
    form: Form | None = None
    new: New = field(default_factory=New)
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def sound(self) -> bool:
        """Whether it could be saved, but for the reason."""
        return not self.errors and not self.general

    def value(self, one: Field) -> str:
        """What a field shows: what was typed into it, or what the text has."""
        return self.typed.get(one.id, one.shown)


def begin(version: Version, newest: int, *, as_text: bool) -> Edit:
    """The form as it is first shown."""
    edit = Edit(version.text, version.slug, seen=newest, as_text=as_text)
    _lay_out(edit, about(version.text))
    return edit


def read_post(post: QueryDict, version: Version, newest: int) -> tuple[Edit, str]:
    """What was sent, and what is to be done: check, save, add, remove, text, or form."""
    act = post.get("act", "check")
    as_text = post.get("as") == "text"
    given = post.get("text" if as_text else "document", "").replace("\r\n", "\n").replace("\x00", "")
    edit = Edit(
        given if given.strip() else version.text,
        post.get("name", "").replace("\x00", "").strip()[:80] or version.slug,
        why=post.get("why", "").replace("\x00", "").strip(),
        seen=_whole(post.get("seen", ""), newest),
        as_text=as_text,
    )
    if long := too_long(edit.text):
        edit.general.append(f"{long}.")
        edit.as_text = True
        return edit, "check"
    known = {**about(version.text), **about(edit.text)}
    if as_text:
        edit.name = name_of(edit.text) or version.slug
    else:
        _take_in(edit, post, known)
    if removing := _REMOVE.fullmatch(act):
        _remove(edit, removing[1], int(removing[2]))
        act = "remove"
    elif not as_text:
        _add(edit, post, act)
    _check(edit)
    if act == "text":
        edit.as_text = True
    elif act == "form":
        edit.as_text = False
    _lay_out(edit, {**known, **about(edit.text)})
    return edit, act


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def _take_in(edit: Edit, post: QueryDict, known: Mapping[str, str]) -> None:
    """Every field that was changed, into the text."""
    try:
        form = form_of(edit.text, known, variants())
    except (tomllib.TOMLDecodeError, RecursionError):
        edit.as_text = True
        return
    if edit.name != name_of(edit.text):
        if NAME.fullmatch(edit.name):
            edit.text = put(edit.text, ("name",), edit.name)
        else:
            edit.errors["name"] = "A name has small letters, digits and hyphens, such as winter-plan"
    for one in form.by_id.values():
        if one.id in post:
            edit.typed[one.id] = str(post[one.id]).replace("\x00", "")
    for path in dict.fromkeys(one.path for one in form.by_id.values()):
        fields = [one for one in form.by_id.values() if one.path == path]
        if any(edit.value(one).strip() != one.shown.strip() for one in fields):
            _change(edit, path, fields, form.title_of(path))


def _change(edit: Edit, path: Path, fields: list[Field], of: str) -> None:
    """One value of the text, from the one field that it has or from its two ends."""
    values: list[object] = []
    for one in fields:
        try:
            values.append(taken(one, edit.value(one)))
        except NotAsAsked as wrong:
            edit.errors[one.id] = f"{of}{one.label}: {str(wrong)[0].lower()}{str(wrong)[1:]}"
    if len(values) < len(fields):
        return
    if len(values) == 2:
        low, high = values
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            ends = [edit.value(one).strip() for one in fields]
            unit = "%" if fields[0].kind == "per_cent" else ""
            edit.errors[fields[0].id] = (
                f"{of}{fields[0].label}: the range is upside down, {ends[0]}{unit} is more than {ends[1]}{unit}. "
                "Write the lower end first"
            )
            return
        edit.text = put(edit.text, path, values if low != high else low)
    else:
        edit.text = put(edit.text, path, values[0])


def _remove(edit: Edit, key: str, place: int) -> None:
    """Take an assumption out; what was typed into those after it moves with them."""
    before = edit.text
    edit.text = without_table(edit.text, (key, place))
    if edit.text == before:
        return
    edit.said = "It is taken out here. Nothing is saved until you save."
    for held in (edit.typed, edit.errors):
        moved = {_moved(name, key, place): value for name, value in held.items()}
        held.clear()
        held.update({name: value for name, value in moved.items() if name})


def _moved(name: str, key: str, place: int) -> str:
    """The name of a field once an assumption is out: the next one has its number.

    >>> [_moved(f"growth-{n}-source", "growth", 1) for n in range(3)]
    ['growth-0-source', '', 'growth-1-source']
    """
    found = re.fullmatch(rf"{key}-(\d+)(-.*)", name)
    if found is None or int(found[1]) < place:
        return name
    return "" if int(found[1]) == place else f"{key}-{int(found[1]) - 1}{found[2]}"


def _add(edit: Edit, post: QueryDict, act: str) -> None:
    """A new intervention, if one was written; it is kept in its own fields until it can be taken."""
    edit.new = read_new(post)
    if act != "add" and not edit.new.begun:
        return
    block = edit.new.block(edit.text)
    if edit.new.errors or block is None:
        edit.errors |= edit.new.errors
        return
    tried = added(edit.text, block)
    number = len(tomllib.loads(tried).get("interventions", [])) - 1
    for problem in read(tried).problems:
        if problem.path[:2] == ("interventions", number):
            key = "-".join(str(part) for part in problem.path[2:]) or "title"
            edit.errors[edit.new.field_of(key)] = _words(problem)
    if not any(name.startswith("new-") for name in edit.errors):
        edit.text, edit.said = tried, f"{edit.new.values['title']} is added here. Nothing is saved until you save."
        edit.new = New()


def _check(edit: Edit) -> None:
    """Everything that is wrong with the text, beside its field where it has one."""
    if too := too_long(edit.text):
        edit.general.append(f"{too}.")
        return
    try:
        form = None if edit.as_text else form_of(edit.text, {}, variants())
    except (tomllib.TOMLDecodeError, RecursionError):
        form = None
    for problem in read(edit.text).problems:
        one = _field_of(form, problem.path) if form else None
        if one is None:
            edit.general.append(str(problem))
        else:
            edit.errors.setdefault(one, _words(problem))


def _field_of(form: Form, path: Path) -> str | None:
    """The field that a problem is about; None if it is about something that the form does not have."""
    if path == ("name",):
        return "name"
    exact = next((one.id for one in form.by_id.values() if one.path == path), None)
    inside = (one.id for one in form.by_id.values() if path and one.path[: len(path)] == path and len(path) > 1)
    return exact or next(inside, None)


def _words(problem: Problem) -> str:
    return " ".join(part for part in (problem.where, problem.message, problem.suggestion) if part)


def _lay_out(edit: Edit, known: Mapping[str, str]) -> None:
    """The fields of the text; the text itself where it is no TOML, or has more fields than a browser may send."""
    try:
        form = form_of(edit.text, known, variants())
    except (tomllib.TOMLDecodeError, RecursionError):
        edit.as_text = True
        return
    if form.too_long:
        edit.as_text = True
        return
    edit.form = form

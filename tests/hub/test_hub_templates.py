"""Source templates: what is refused, and what a file's header and name tell."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from extract_factory import TEMPLATES, file_name

from wherry.errors import UserError
from wherry.hub.schema import FEEDS
from wherry.hub.templates import match, read_template, read_templates

TEXT = TEMPLATES["RM1", "event"].path.read_text(encoding="utf-8")
ALL = tuple(TEMPLATES.values())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "', 'titel = "', "did you mean 'title'"),
        ('delimiter = ","', 'delimeter = ","', "did you mean 'delimiter'"),
        ("event_type         =", "event_typ          =", "did you mean 'event_type'"),
        ("[codes.event_type]", "[codes.event_tipe]", "did you mean 'event_type'"),
        ('feed = "event"', 'feed = "events"', "Did you mean 'event'"),
        ('delimiter = ","', 'delimiter = "::"', "must be one of"),
        ('encoding = "utf-8"', 'encoding = "utf-16"', "must be one of"),
        ('date = "YYYY-MM-DD"', 'date = "MM/DD/YYYY"', "must be one of"),
        ('event_id           = "EVENT_ID"\n', "", "lacks 'event_id'"),
        ('"RTT_STATUS"', '"EVENT_ID"', "twice"),
        ("(?P<date>", "(", "needs a group"),
        ("version = 1", "version = true", "whole number"),
        ("version = 1", "version = [", "cannot be read"),
        ('"ATTEND" = "attendance"', '"ATTEND" = 2', "text to text"),
    ],
)
def test_a_wrong_template_is_refused_in_words(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    path = tmp_path / "RM1-event.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=words) as error:
        read_template(path)
    assert str(path) in str(error.value)


def test_two_templates_of_one_feed_are_refused(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    with pytest.raises(UserError, match="both describe the event feed of RM1"):
        read_templates(tmp_path)


def test_no_templates_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No source templates"):
        read_templates(tmp_path)


def test_every_template_knows_every_required_column_and_sends_every_feed() -> None:
    for template in ALL:
        assert set(template.columns) == {column.name for column in FEEDS[template.feed].columns}
    assert {feed for _, feed in TEMPLATES} == set(FEEDS)


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_a_file_is_known_by_its_header_and_dated_by_its_name(key: tuple[str, str]) -> None:
    template = TEMPLATES[key]
    header = template.delimiter.join(reversed(template.columns.values())).encode()
    on = date(2025, 12, 5)
    found = match(file_name(template, on), b"\xef\xbb\xbf" + header, ALL)
    assert (found.template, found.extract_on) == (template, on)
    assert found.header == tuple(reversed(template.columns.values()))


def test_a_file_that_fits_none_is_told_the_nearest_and_what_is_wrong() -> None:
    template = TEMPLATES["RGP", "referral"]
    names = [name for name in template.columns.values() if name != "Urgency"] + ["Ward"]
    found = match(file_name(template), ",".join(names).encode(), ALL)
    assert found.template is None
    assert "Nearest is RGP-referral v1" in found.reason
    assert "missing: Urgency" in found.reason
    assert "not expected: Ward" in found.reason
    assert "Found: Pathway Number,Pathway Issuer" in found.reason


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("x.csv", b"alpha,beta", "no column that any template knows"),
        ("x.csv", "EVENT_ID,PPID".encode("utf-16"), "UTF-16"),
        ("x.csv", b"   ", "first line is blank"),
        ("x.csv", b"PK\x03\x04\0\0", "zero bytes"),
        ("events.csv", ",".join(TEMPLATES["RM1", "event"].columns.values()).encode(), "gives no date of extract"),
        ("RM1_EVENT_20261399.csv", ",".join(TEMPLATES["RM1", "event"].columns.values()).encode(), "no date of extract"),
        ("x.csv", ";".join(TEMPLATES["RM1", "event"].columns.values()).encode(), "no column that any template knows"),
        ("x.csv", ",".join([*TEMPLATES["RM1", "event"].columns.values(), "SITE"]).encode(), "there twice: SITE"),
    ],
)
def test_why_a_file_is_refused(name: str, line: bytes, words: str) -> None:
    found = match(name, line, ALL)
    assert found.template is None
    assert words in found.reason

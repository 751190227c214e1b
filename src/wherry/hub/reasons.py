"""Codes of quarantine and of blanked values, in words, for pages and documents that count them."""

from __future__ import annotations

#: Why a row or a line is in quarantine, or why a value was left blank.
REASONS: dict[str, str] = {
    "field_count": "The line does not have as many fields as the header.",
    "cut_short": "The file ends in the middle of the line.",
    "unclosed_quote": "A quoted field is never closed.",
    "bad_quoting": "A quoted field is followed by something that is not the delimiter.",
    "bad_encoding": "The line holds bytes that are not in the agreed encoding.",
    "control_character": "The line holds zero bytes or a stray carriage return.",
    "line_too_long": "The line is longer than any row can be.",
    "required_missing": "A value that the row cannot do without is missing.",
    "unreadable_date": "A date is not written as agreed, or does not exist.",
    "date_too_early": "A date is before 1900.",
    "date_after_extract": "A date is later than the extract that reports it.",
    "date_far_ahead": "A planned date is more than ten years ahead.",
    "unknown_code": "A code is not one that its template knows.",
    "unreadable_number": "A number is not written in digits.",
    "out_of_range": "A number is less or more than it can be.",
    "wrong_form": "A value does not have the form that it must have.",
    "duplicate_key": "The same key is on an earlier line of the same file.",
    "unknown_pathway": "The pathway is in no organisation's referral feed.",
    "unknown_patient": "The patient is in no patient feed of the organisation, and on no list.",
    "unknown_session": "The session is not in the organisation's session feed.",
    "unknown_cancer": "The cancer pathway is not in the organisation's cancer feed.",
}

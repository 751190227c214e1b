"""Words for a patient's page: what a treatment function looks after, and a hospital with its town.

The words are our own, for a reader of about ten; a function without one is called by its name.
"""

from __future__ import annotations

from wherry.web import snapshot as snapshots
from wherry.web.waiting.naming import Names

#: What each common treatment function looks after.
FUNCTIONS = {
    "100": "general surgery",
    "101": "bladder, kidneys and prostate",
    "103": "breasts",
    "104": "bowel",
    "105": "liver and pancreas",
    "106": "stomach and gullet",
    "107": "blood vessels",
    "108": "spine",
    "110": "bones and joints",
    "111": "bones and joints",
    "120": "ear, nose and throat",
    "130": "eyes",
    "140": "mouth and jaw",
    "143": "teeth and jaw",
    "144": "face and jaw",
    "145": "mouth, face and jaw",
    "150": "brain and nerves",
    "160": "plastic surgery",
    "170": "heart and lungs",
    "172": "heart",
    "173": "chest and lungs",
    "191": "pain",
    "300": "general medicine",
    "301": "stomach and bowel",
    "302": "hormones and glands",
    "303": "blood",
    "306": "liver",
    "307": "diabetes",
    "320": "heart",
    "330": "skin",
    "340": "lungs and breathing",
    "361": "kidneys",
    "400": "brain and nerves",
    "410": "joints and muscles",
    "430": "care of older people",
    "502": "womb and ovaries",
}


def function(code: str | None, names: Names) -> str:
    """What the care is for."""
    return FUNCTIONS.get(code or "") or names.function(code)


def place(code: str, names: Names) -> str:
    """A hospital, with its town where the name does not say it."""
    system, name = snapshots.system(), names.site(code)
    site = system.site(code) if system is not None else None
    town = site.short_name.split(" (")[0] if site is not None else ""
    return name if not town or town.casefold() in name.casefold() else f"{name}, {town}"

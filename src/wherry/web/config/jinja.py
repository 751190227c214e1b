"""The Jinja environment: NHS.UK components, our formats, and nothing that a template could call by accident."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django_htmx.jinja import htmx_script
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from wherry.web.components import formats


def environment(**options: Any) -> Environment:
    """Make the environment. NHS.UK's templates chain through missing parameters, hence `ChainableUndefined`."""
    options["loader"] = ChoiceLoader([options["loader"], PackageLoader("nhsuk_frontend_jinja")])
    options["undefined"] = ChainableUndefined
    options["autoescape"] = True
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - autoescape is on
    made.globals.update(static=static, url=url, htmx_script=htmx_script)
    made.filters.update(formats.FILTERS)
    return made


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """`reverse` for templates: `url("home:control_room")`."""
    return reverse(name, args=args or None, kwargs=kwargs or None)

"""A page as one self-contained file: no network, readable without JavaScript, inert whatever the org holds."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from migrator.reports.page import Bar, Page
from scanners.reports import sealed

if TYPE_CHECKING:
    from jinja2 import Environment


def render(page: Page, data: dict[str, Any] | None = None) -> str:
    """The page as text; its style and script stand in it, allowed by their hashes and nothing else.

    `data` is the same for machines: JSON in an element with the id `freeseat-data`, which no browser runs.
    """
    style = sealed.asset("scanners.reports", "report.css") + sealed.asset("scanners.reports", "page.css")
    script = sealed.asset("scanners.reports", "theme.js") + sealed.asset("scanners.reports", "page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=sealed.policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own file
            data=None if data is None else Markup(_inert(data)),  # noqa: S704 - nothing in it can end its element
        )
    )


def _inert(data: dict[str, Any]) -> str:
    """JSON without a character that means something to HTML."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _shares(bar: Bar) -> list[tuple[str, float, float]]:
    """The parts of a bar as (class, start, width), in hundredths of its length."""
    most = max(bar.total, bar.used + bar.more, 1)
    widths = [("used", bar.used - bar.less), ("less", bar.less), ("more", bar.more)]
    found, start = [], 0.0
    for name, number in widths:
        width = round(100 * number / most, 2)
        if width > 0:
            found.append((name, round(start, 2), width))
        start += width
    return found


@cache
def _environment() -> Environment:
    return sealed.environment("migrator.reports", shares=_shares, kind=lambda block: type(block).__name__)

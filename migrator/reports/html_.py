"""A page as one self-contained file: no network, readable without JavaScript, inert whatever the org holds."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from migrator.reports.page import Bar, Page
from scanners.reports.text import visible


def render(page: Page) -> str:
    """The page as text; its style and script stand in it, allowed by their hashes and nothing else."""
    style = _asset("scanners.reports", "report.css") + _asset("migrator.reports", "page.css")
    script = _asset("migrator.reports", "page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own file
        )
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


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
    environment = Environment(
        loader=PackageLoader("migrator.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.globals |= {"shares": _shares, "kind": lambda block: type(block).__name__}
    return environment


def _shown(value: Any) -> Any:
    """What a template expression shows: text without anything hidden in it."""
    return visible(value) if type(value) is str else value

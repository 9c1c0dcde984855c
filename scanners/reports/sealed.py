"""What every HTML page is made with: templates that escape, and a policy that lets nothing but our own files run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from scanners.reports.text import visible


def policy(style: str, script: str) -> str:
    """A Content-Security-Policy: nothing is loaded, nothing runs but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def asset(package: str, name: str) -> str:
    """A file beside the templates of a package."""
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


def environment(package: str, **known: Any) -> Environment:
    """The templates of a package, with what they know."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.globals |= known
    return made


def _shown(value: Any) -> Any:
    """What a template expression shows: text without anything hidden in it."""
    return visible(value) if type(value) is str else value

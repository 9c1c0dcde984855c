"""The registry of formats: lazy, complete, and clear about what it does not know."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanners import reports
from scanners.errors import UsageError
from scanners.model import Report


def loaded_after(statement: str) -> set[str]:
    """The names of the modules that a fresh interpreter has loaded after the statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_registry_loads_no_renderer() -> None:
    """Neither rich nor jinja2 costs anything before a report needs it."""
    loaded = loaded_after("import scanners.reports")
    assert not loaded & {"rich", "jinja2", *reports.FORMATS.values()}


def test_json_needs_neither_rich_nor_jinja2() -> None:
    """The machine-readable report is on a hot path."""
    loaded = loaded_after("import scanners.reports.json_")
    assert "json" in loaded
    assert not loaded & {"rich", "jinja2"}


@pytest.mark.parametrize("name", reports.FORMATS)
def test_each_format_renders_every_sample(name: str, acme: Report, empty: Report, hostile: Report) -> None:
    """No format fails on the rich, the empty or the hostile report, and each is text that UTF-8 can hold."""
    for report in (acme, empty, hostile):
        text = reports.render(report, name)
        assert text.endswith("\n")
        text.encode()


@pytest.mark.parametrize("name", reports.FORMATS)
def test_the_same_report_gives_the_same_text(name: str, acme: Report) -> None:
    """No clock, no random ids: hyperlinks of the terminal included."""
    first, second = (reports.render(acme, name, color=True, root="/r") for _ in range(2))
    assert first == second


def test_an_unknown_format_names_the_known_ones(acme: Report) -> None:
    """The person at the prompt learns what to write instead."""
    with pytest.raises(UsageError, match=r"'yaml'.*terminal, json, sarif, markdown, csv, html"):
        reports.render(acme, "yaml")


@pytest.mark.parametrize(
    ("path", "name"),
    [("out/acme.HTML", "html"), ("x.sarif", "sarif"), ("x.json", "json"), ("x.md", "markdown"), ("x.tar.gz", None)],
)
def test_a_file_name_asks_for_a_format(path: str, name: str | None) -> None:
    """By its last suffix, in any case."""
    assert reports.format_of(path) == name

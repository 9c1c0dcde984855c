"""Who else reads a list of names: what is more than a comparison with a profile would meet another name there."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from scanners.facts import MetadataValue
from scanners.metadata import component_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from scanners.fixes.apex_code import Code
    from scanners.model import Finding

_APEX = ("cls", "trigger")
_NOTE = re.compile(rb"(?<![:'\"\w/])//")
_SPLIT = rb"\b(?!\s*\.\s*split\b)"


def of_constant(name: str, place: tuple[str, int, int], code: Code) -> str:
    """A file that uses a constant in a query, a loop, a message, by its size; empty if none does.

    `place` is the constant's own: path, first byte, byte behind the last.
    """
    path, start, end = place
    owner = component_of(path).name.lower().encode()
    used = re.compile(rb"\b" + re.escape(name.lower().encode()) + rb"\b")
    files = [one for one in _apex(code) if one == path or owner in code.program.source(one).lower()]
    return _beside(used, files, code, place=(path, start, end))


def of_text(finding: Finding, text: str, known: Collection[str], code: Code) -> str:
    """A file that shows a label or column, sends it, or compares it with something else; empty if none does.

    Apex that splits the text is taken to compare with the parts, and files in `known` are looked at by who asks. Of a
    column only Apex is looked through: elsewhere its name alone does not tell whose column it is.
    """
    if finding.component.type == "CustomLabel":
        others = [path for path, suffix in code.world.files.items() if suffix not in _APEX and path not in known]
        return _beside(_use_of_label(finding.component.name), [*_apex(code), *others], code)
    return _beside(_use_of_columns(finding, text, code), _apex(code), code)


def _apex(code: Code) -> list[str]:
    return [path for path, suffix in code.world.files.items() if suffix in _APEX]


def _use_of_label(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\blabel(?:/|\s*\.\s*)(?:\w+\s*\.\s*)?" + re.escape(name.lower().encode()) + _SPLIT)


def _use_of_columns(finding: Finding, text: str, code: Code) -> re.Pattern[bytes]:
    """Reads of the columns of a record that hold this text."""
    columns = {
        re.escape(value.field.lower().encode())
        for value in code.world.of(MetadataValue)
        if value.path == finding.location.path and value.text.strip() == unescape(text).strip()
    }
    return re.compile(rb"\.\s*(?:" + b"|".join(sorted(columns)) + rb")" + _SPLIT if columns else rb"(?!)")


def _beside(used: re.Pattern[bytes], files: Iterable[str], code: Code, place: tuple[str, int, int] = ("", 0, 0)) -> str:
    """The first file with a use that is neither at this place, nor in a comparison, nor in a note, nor in a test."""
    own, first, last = place
    for path in files:
        text = code.program.source(path).lower()
        if b"@istest" in text.partition(b"{")[0]:
            continue
        spans = {*code.machine.tests.get(path, ()), *([(first, last)] if path == own else ())}
        for one in used.finditer(text):
            line = text[text.rfind(b"\n", 0, one.start()) + 1 : one.start()]
            noted = path.endswith((".cls", ".trigger")) and _NOTE.search(line)
            if not noted and not any(start <= one.start() < end for start, end in spans):
                return path
    return ""

"""Small metadata trees for tests, written where the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import engine, project
from scanners.options import Options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scanners.model import Report

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def rule(formula: str, *, active: bool = True) -> str:
    """A validation rule in source format; the formula is put in as it is, entities and all."""
    return (
        f"{HEAD}<ValidationRule {NAMESPACE}>\n    <fullName>Rule</fullName>\n"
        f"    <active>{str(active).lower()}</active>\n"
        f"    <errorConditionFormula>{formula}</errorConditionFormula>\n    <errorMessage>No</errorMessage>\n"
        "</ValidationRule>\n"
    )


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; their folders are created."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def rule_path(name: str, of: str = "Account") -> str:
    """Where source format keeps a validation rule."""
    return f"force-app/main/default/objects/{of}/validationRules/{name}.validationRule-meta.xml"


def scan(root: Path, *before: str, everything: bool = True, processes: int = 1) -> Report:
    """The report of a folder without a cache."""
    tree = project.open_folder(str(root), engine.suffixes(everything=everything))
    return engine.scan(tree, Options(before=before, everything=everything, processes=processes))


TESTED = '$Profile.Name = "API Only"'

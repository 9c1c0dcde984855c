"""Children of objects retrieved by their names: a file of their object that holds nothing else, as in Salesforce."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from migrator.practice.metadata import archive, components
from migrator.practice.org import Org
from migrator.practice.store import Row
from scanners.xml import parse

_TAGS = {"ValidationRule": "validationRules", "CustomField": "fields"}
_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<CustomObject xmlns="{archive.NAMESPACE}">\n'
_END = "</CustomObject>\n"

Found = dict[str, list[str]]
"""Object → elements of its children."""


def content(org: Org, kind: str, names: Iterable[str]) -> tuple[Found, list[str]]:
    """The elements of children by their object, and the names that are not there."""
    found: Found = {}
    missing = []
    for name in names:
        of, _, child = name.partition(".")
        element = _rule(org, of, child) if kind == "ValidationRule" else _kept(org, kind, of, child)
        if element:
            found.setdefault(of, []).append(element)
        else:
            missing.append(name)
    return found, missing


def joined(files: Mapping[str, bytes], folder: str, found: Found) -> dict[str, bytes]:
    """Files of these objects; where a retrieve has a file of the object already, the children go into it."""
    made = {}
    for of, elements in found.items():
        path = f"objects/{of}.object"
        start = files.get(folder + path, (_HEAD + _END).encode()).decode()
        at = start.rindex("</CustomObject>")
        made[path] = (start[:at] + "".join(one for one in elements if one not in start) + start[at:]).encode()
    return made


def _rule(org: Org, of: str, name: str) -> str:
    row = org.store.first("ValidationRule", EntityDefinitionId=of, ValidationName=name)
    return _element(row) if row else ""


def _element(row: Row) -> str:
    facts = {
        "fullName": row["ValidationName"],
        "active": str(bool(row["Active"])).lower(),
        "description": row["Description"],
        "errorConditionFormula": row["ErrorConditionFormula"],
        "errorDisplayField": row["ErrorDisplayField"],
        "errorMessage": row["ErrorMessage"],
    }
    lines = [f"        <{tag}>{escape(str(value))}</{tag}>\n" for tag, value in facts.items() if value]
    return f"    <validationRules>\n{''.join(lines)}    </validationRules>\n"


def _kept(org: Org, kind: str, of: str, name: str) -> str:
    """A child as it stands in the file of its object that was deployed last."""
    for data in components.kept(org, "CustomObject", of).values():
        for one in parse(data).all(_TAGS.get(kind, kind)):
            if one.get("fullName") == name:
                return f"    {data[one.start : data.index(b'>', one.end) + 1].decode()}\n"
    return ""

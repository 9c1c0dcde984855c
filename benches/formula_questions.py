"""Questions about formulas of retrieved orgs: records with which two evaluators can be compared."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zlib import crc32

from scanners.formula.nodes import Literal, Name, walk
from scanners.formula.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.formula.nodes import Node
    from scanners.xml import Element

RECORDS = 4
"""Records a formula."""

# Types of standard fields, told from how their names end; all others count as texts.
_ENDINGS = (
    (re.compile(r"(^|\.)(Is|Has|Do)[A-Z]\w*$|^\$Permission\."), "Checkbox"),
    (re.compile(r"(Amount|Quantity|Price|Probability|Employees|Revenue|Discount|Number)(__c)?$"), "Number"),
    (re.compile(r"(CreatedDate|LastModifiedDate|DateTime|LastActivityDate|Timestamp)(__c)?$"), "DateTime"),
    (re.compile(r"(Date|Birthdate)(__c)?$"), "Date"),
    (re.compile(r"(^|\.)(Status|StageName|Type|LeadSource|Industry|Origin|Priority|Reason|Rating)$"), "Picklist"),
)
_KEPT = {
    "checkbox": "Checkbox",
    "currency": "Currency",
    "date": "Date",
    "datetime": "DateTime",
    "multiselectpicklist": "MultiselectPicklist",
    "number": "Number",
    "percent": "Percent",
    "picklist": "Picklist",
    "summary": "Number",
    "time": "Time",
}


@dataclass(slots=True)
class Schema:
    """Types of fields and targets of lookups, by object and name in lower case."""

    types: dict[tuple[str, str], str] = field(default_factory=dict)
    targets: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, host: str, root: Element) -> None:
        """Takes the fields of an object file or of a field's own file."""
        fields = [root] if root.tag == "CustomField" else list(root.all("fields")) if root.tag == "CustomObject" else []
        for element in fields:
            key = host.lower(), element.get("fullName").lower()
            if kind := element.get("type"):
                self.types[key] = kind
            if target := element.get("referenceTo"):
                self.targets[key] = target

    def type_of(self, host: str, name: str) -> str:
        """The type of a dotted path from an object."""
        *steps, last = name.split(".")
        if steps and steps[0].lower() == "$setup" and len(steps) > 1:
            host, steps = steps[1], []
        for step in steps:
            link = f"{step[:-3]}__c" if step.lower().endswith("__r") else f"{step.split(':')[0]}Id"
            host = self.targets.get((host.lower(), link.lower()), step.split(":")[-1])
        declared = self.types.get((host.lower(), last.lower()))
        if declared is not None:
            return _KEPT.get(declared.lower(), "Text")
        return next((kind for ending, kind in _ENDINGS if ending.search(name)), "Text")


def questions(text: str, host: str, schema: Schema) -> Iterator[dict[str, Any]]:
    """A formula with some records, the same ones each time."""
    nodes = list(walk(parse(text)))
    names = sorted({node.name for node in nodes if isinstance(node, Name)})
    types = {name: schema.type_of(host, name) for name in names}
    chance = random.Random(crc32(text.encode()))
    for _ in range(RECORDS if names else 1):
        fields = {name: _value(types[name], nodes, chance) for name in names}
        yield {"formula": text, "fields": fields, "types": types, "blanks": chance.choice(["zero", "blank"])}


def _value(kind: str, nodes: list[Node], chance: random.Random) -> object:
    """A value of a type, often one that the formula itself speaks of, sometimes none."""
    if kind == "Checkbox":
        return chance.random() < 0.5
    if chance.random() < 0.2:
        return None
    if kind == "Date":
        return chance.choice(["2020-01-31", "2024-02-29"])
    if kind == "DateTime":
        return chance.choice(["2020-01-31T10:00:00Z", "2024-02-29T23:30:00Z"])
    if kind == "Time":
        return "10:30:00.000"
    literals = [node.value for node in nodes if isinstance(node, Literal)]
    if kind in {"Number", "Currency", "Percent"}:
        numbers = [value for value in literals if isinstance(value, Decimal)]
        return float(chance.choice([*numbers, Decimal(0), Decimal(1), Decimal("12.5")]))
    texts = [value for value in literals if isinstance(value, str)]
    return chance.choice([*texts, "Other", "A 1"]) or None

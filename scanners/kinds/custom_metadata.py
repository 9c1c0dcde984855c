"""Custom metadata records whose fields hold profile names or ids: the switchboard of many trigger frameworks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.elements import texts
from scanners.facts import FormulaSite, MetadataValue
from scanners.model import Component, Confidence, Consequence, Finding, Impact, Role, Rule
from scanners.naming import split_list
from scanners.profiles import is_id
from scanners.scanner import USER_NEEDLES, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Fact
    from scanners.world import World

VALUE = Rule(
    "custom-metadata/profile-value",
    "Custom metadata record holds profile names or ids",
    Impact.HIGH,
    "Code and formulas that read the record decide by it. Add the new profile to the record, or a record for it, where "
    "the integration must stay on the list.",
    Consequence.AUTOMATION,
)
FORMULA = Rule(
    "custom-metadata/formula",
    "Custom metadata record holds a formula that tests a profile",
    Impact.HIGH,
    "A framework evaluates the formula at run time (an entry criterion, say). Rewrite it to test a custom permission.",
    Consequence.AUTOMATION,
)


_PROFILE = re.compile(r"profile|perfil|profil(?![a-z])|profils\b|profiel|profilo", re.IGNORECASE)
"""The word in the languages that names of records and columns are written in."""


def read(document: Document) -> Iterator[Fact]:
    """Every text value of the record; those that read as a formula on a profile also as a formula."""
    if not document.source.data.lstrip().startswith(b"<") or b"<CustomMetadata" not in document.source.data[:400]:
        return  # Markdown shares the suffix
    type_name, _, record = document.component.name.partition(".")
    asks = document.has(*USER_NEEDLES)
    for field, text in texts(document, "values", "field", "value"):
        if text.strip():
            yield MetadataValue(type_name, record, field, text, document.path)
    for values in document.root.all("values") if asks else ():
        value = values.find("value")
        if value and "$" in value.value and any(mark.decode() in value.value.lower() for mark in USER_NEEDLES):
            component = Component("CustomMetadata", f"{document.component.name}.{values.get('field')}")
            yield FormulaSite(FORMULA.id, "Custom metadata", component, document.path, document.text(value))


def judge(world: World) -> Iterator[Finding]:
    """Values that name profiles: by id, or by name where the field's own name or a comparison says so."""
    for value in world.of(MetadataValue):
        parts = split_list(value.text)
        ids = [part for part in parts if is_id(part)]
        known = [part for part in parts if world.book.by_label(part)]
        read_as = f"{value.type.removesuffix('__mdt')}.{value.field}".lower() in world.compared_columns
        named = f"{value.type}.{value.record}.{value.field}"
        says_so = _PROFILE.search(named) is not None and len(known) * 2 >= len(parts)
        if not ids and not (known and (says_so or read_as)):
            continue
        meant = tuple(dict.fromkeys(world.book.named(part).label for part in parts))
        yield Finding(
            rule=VALUE.id,
            component=Component("CustomMetadata", f"{value.type}.{value.record}"),
            locations=(world.place(value),),
            message=f'Custom metadata {value.type}.{value.record} holds "{meant[0]}" in {value.field}',
            impact=VALUE.impact,
            role=Role.LOOKUP,
            profiles=meant,
            confidence=Confidence.RESOLVED,
            advice=VALUE.help,
        )


SCANNER = Scanner(
    name="custom-metadata",
    rules=(VALUE, FORMULA),
    files=("md",),
    read=read,
    needles=(b"<custommetadata",),
    judge=judge,
    order=1,
)

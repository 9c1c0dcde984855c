"""Custom labels that hold profile names or ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.elements import texts
from scanners.facts import LabelTranslation, LabelValue
from scanners.model import Component, Confidence, Consequence, Finding, Impact, Role, Rule
from scanners.naming import split_list
from scanners.profiles import is_id
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.world import World

VALUE = Rule(
    "label/profile-value",
    "Custom label holds profile names or ids",
    Impact.HIGH,
    "Whatever compares a profile with this label decides by it. Add the new profile to the label where the integration "
    "must stay on the list, or replace the comparison by a custom permission.",
    Consequence.AUTOMATION,
)


def read(document: Document) -> Iterator[LabelValue | LabelTranslation]:
    """Every label with its text; a translation's text counts for users of its language."""
    if document.component.type == "Translations":
        language = document.component.name
        for name, text in texts(document, "customLabels", "name", "label"):
            yield LabelTranslation(name, language, text, document.path)
        return
    tag = "labels" if b"<labels>" in document.source.data else "CustomLabel"
    for name, text in texts(document, tag, "fullName", "value"):
        yield LabelValue(name or document.component.name, text, document.path)


def judge(world: World) -> Iterator[Finding]:
    """Labels that name profiles: by id, or by name where a profile is compared with them or their own name says so."""
    labels: list[LabelValue | LabelTranslation] = [*world.of(LabelValue), *world.of(LabelTranslation)]
    for label in labels:
        parts = split_list(label.text)
        ids = [part for part in parts if is_id(part)]
        known = [part for part in parts if world.book.by_label(part)]
        compared = label.name.lower() in world.compared_labels
        says_so = "profile" in label.name.lower()
        if parts and (ids or compared or (known and says_so)):
            yield _names(world, label, parts, ids, sure=compared or bool(ids))


def _names(
    world: World, label: LabelValue | LabelTranslation, parts: list[str], ids: list[str], *, sure: bool
) -> Finding:
    meant = tuple(dict.fromkeys(world.book.named(part).label for part in parts))
    whose = f"Translation ({label.language}) of custom label" if isinstance(label, LabelTranslation) else "Custom label"
    return Finding(
        rule=VALUE.id,
        component=Component("CustomLabel", label.name),
        locations=(world.place(label), *world.compared_labels.get(label.name.lower(), ())),
        message=f"{whose} {label.name} holds {_count(ids, meant)}",
        impact=VALUE.impact,
        role=Role.LOOKUP,
        profiles=meant,
        confidence=Confidence.RESOLVED if sure else Confidence.TEXTUAL,
        advice=VALUE.help,
    )


def _count(ids: list[str], meant: tuple[str, ...]) -> str:
    if ids:
        return f"the profile id {ids[0]}" if len(meant) == 1 else f"{len(ids)} profile ids"
    return f'the profile name "{meant[0]}"' if len(meant) == 1 else f"{len(meant)} profile names"


SCANNER = Scanner(
    name="label", rules=(VALUE,), files=("labels", "label", "translation"), read=read, judge=judge, order=1
)

"""Custom labels that hold profile names or ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import LabelTranslation, LabelValue
from scanners.model import Component, Confidence, Finding, Impact, Location, Role, Rule
from scanners.profiles import is_id
from scanners.scanner import Scanner
from scanners.sites import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.world import World
    from scanners.xml import Element

VALUE = Rule(
    "label/profile-value",
    "Custom label holds profile names or ids",
    Impact.HIGH,
    "Whatever compares a profile with this label decides by it. Add the new profile to the label where the integration "
    "must stay on the list, or replace the comparison by a custom permission.",
)


def read(document: Document) -> Iterator[LabelValue | LabelTranslation]:
    """Every label with its text; a translation's text counts for users of its language."""
    if document.component.type == "Translations" and b"<customLabels>" not in document.source.data:
        return
    root = document.root
    if document.component.type == "Translations":
        for translated in root.all("customLabels"):
            text = translated.find("label")
            if text:
                language = document.component.name
                yield LabelTranslation(translated.get("name"), language, document.text(text), document.path)
        return
    labels: list[Element] = [root] if root.tag == "CustomLabel" else list(root.all("labels"))
    for label in labels:
        value = label.find("value")
        if value:
            yield LabelValue(label.get("fullName"), document.text(value), document.path)


def judge(world: World) -> Iterator[Finding]:
    """Labels that name profiles: by id, or by name where a profile is compared with them or their own name says so."""
    labels: list[LabelValue | LabelTranslation] = [*world.of(LabelValue), *world.of(LabelTranslation)]
    for label in labels:
        parts = split_list(label.text.value)
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
        locations=(
            Location(label.path, *label.text.span(0, len(label.text.value.rstrip()))),
            *world.compared_labels.get(label.name.lower(), ()),
        ),
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

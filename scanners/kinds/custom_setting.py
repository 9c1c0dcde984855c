"""Hierarchy custom settings: as frequent as the named profile, and the value is data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scanners.facts import SettingDefinition
from scanners.model import Component, Confidence, Consequence, Effect, Finding, Impact, Role, Rule, Subject, Verdict
from scanners.scanner import Scanner
from scanners.views import Known, Open, View, setting_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document
    from scanners.facts import Use
    from scanners.model import Profile
    from scanners.world import World

READ = Rule(
    "custom-setting/hierarchy",
    "Hierarchy custom setting decides by profile",
    Impact.HIGH,
    "A row for the old profile stops to apply when the user leaves it, and a row for the new profile starts to. Look "
    "at the rows with the query; give the integration user a row of its own (it wins over the profile's) before the "
    "switch.",
    Consequence.AUTOMATION,
)
UNUSED = Rule(
    "custom-setting/unread",
    "Hierarchy custom setting that nothing in the repo reads",
    Impact.LOW,
    "A managed package, or code that is not in the repo, may read it by profile.",
    Consequence.OUTSIDE,
)


def read(document: Document) -> Iterator[SettingDefinition]:
    """The definition, if the object is a hierarchy custom setting."""
    kind = next((text for text in document.root.all("customSettingsType")), None)
    if kind is not None and kind.value.strip() == "Hierarchy":
        yield SettingDefinition(document.component.name, document.location(kind))


def judge(world: World) -> Iterator[Finding]:
    """One finding for each setting, with every place that reads it as its chain."""
    readers: dict[str, list[Use]] = {}
    for use in world.uses("setting"):
        if not use.in_test:
            readers.setdefault(use.name.lower(), []).append(use)
    for name in sorted({*readers, *world.settings}):
        yield _setting(world, name, readers.get(name, []))


def _setting(world: World, name: str, uses: list[Use]) -> Finding:
    definition = world.settings.get(name)
    label = definition.name if definition else uses[0].name
    links = [use.location.noted(f"{use.what} {use.component.name} reads it") for use in uses]
    places = [definition.location, *links] if definition else links
    rule = READ if any(use.active for use in uses) else UNUSED
    who = f"{len(uses)} places read" if len(uses) > 1 else "Nothing in the repo reads"
    if len(uses) == 1:
        who = f"{uses[0].what} {uses[0].component.name} reads"
    if uses and rule is UNUSED:
        who = f"Nothing active in the repo reads (inactive: {len(uses)})"
    return Finding(
        rule=rule.id,
        component=Component("CustomObject", label),
        locations=tuple(places),
        message=f"{who} hierarchy custom setting {label}; its value may come from a row of the profile",
        impact=Impact.NONE if uses and all(use.seen_only for use in uses) else rule.impact,
        role=Role.GATE if uses else Role.LOOKUP,
        effects=tuple(_effects(world, label, uses)),
        confidence=Confidence.RESOLVED,
        advice=rule.help,
        query=setting_query(label),
    )


def _effects(world: World, name: str, uses: list[Use]) -> Iterator[Effect]:
    """What the fields that are read hold for each old profile's users and after the switch, where rows were given."""
    if not world.data.holds(name) or not world.switch.explicit:
        return
    # A place that does not say which field it reads may read any.
    read = {use.field.lower() for use in uses} if all(use.field for use in uses) else set()
    fields = sorted(read or {field for row in world.data.of(name) for field in row if field.endswith("__c")})
    after = _values(world, world.switch.after, name, fields)
    for profile in world.switch.before:
        before = _values(world, profile, name, fields)
        unsure = [fact.query for fact in (*before.values(), *after.values()) if isinstance(fact, Open)]
        differ = [field for field in fields if before[field] != after[field]] if not unsure else []
        shown = differ or fields
        verdict = Verdict.DEPENDS if unsure else Verdict.CHANGES if differ else Verdict.SAME
        query = "; ".join(dict.fromkeys(unsure))
        yield Effect(profile.label, verdict, _shown(before, shown), _shown(after, shown), query)


def _values(world: World, profile: Profile, name: str, fields: list[str]) -> dict[str, Known | Open]:
    view = View(world, profile, Subject.RUNNING_USER)
    return {field: view.setting(name, field) for field in fields}


def _shown(values: dict[str, Known | Open], fields: list[str]) -> str:
    facts = [(field, values[field]) for field in fields]
    said = [f"{field} = {json.dumps(fact.value) if isinstance(fact, Known) else 'not known'}" for field, fact in facts]
    return ", ".join(said)


SCANNER = Scanner(
    name="custom-setting",
    rules=(READ, UNUSED),
    files=("object",),
    read=read,
    needles=(b"<customsettingstype>",),
    judge=judge,
    order=1,
)

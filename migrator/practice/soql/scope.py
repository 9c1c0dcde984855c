"""What a session sees of an object, and the paths of a query as joins."""

from __future__ import annotations

from dataclasses import dataclass, field

from migrator.practice.org import Org
from migrator.practice.platform import ceilings
from migrator.practice.schema import SCHEMA, Entity, Field
from migrator.practice.sessions import Session, grants
from migrator.practice.soql import nodes as n
from migrator.practice.soql.problems import Problems
from migrator.practice.soql.shapes import Asking

_DEEPEST = 5
"""Relationships up in one path (documented limit)."""


def visible(org: Org, session: Session, entity: Entity, *, tooling: bool = False) -> bool:
    """Whether an object exists for a session; one that is not to be seen is as one that is not there."""
    if not (entity.tooling if tooling else entity.rest):
        return False
    if entity.name in _PACKAGES and org.behavior("package-license-objects") == "hidden":
        return False
    held = grants(org, session.user_id)
    access = entity.access
    if access in (("open",), ("own-tokens",), ("own-sessions",)):
        return True
    if "data" in access:
        return held.may("PermissionsRead", entity.name)
    if "organization" in access:
        user = org.store.get("User", session.user_id) or {}
        integration = ceilings.license_of(org, user).get("Name") == ceilings.INTEGRATION
        return not integration or "ViewSetup" in held.permissions or org.behavior("organization-object") == "visible"
    return bool(held.permissions.intersection(access))


_PACKAGES = frozenset({"PackageLicense", "UserPackageLicense"})


def own_profile(org: Org, session: Session, alias: str) -> str:
    """The SQL condition that Profile Filtering adds to the rows behind an alias; "" if it adds none."""
    if org.behavior("profile-filtering") == "off" or "ViewAllProfiles" in grants(org, session.user_id).permissions:
        return ""
    return f"""{alias}."Id" = (SELECT own."ProfileId" FROM "User" own WHERE own."Id" = '{session.user_id}')"""


def readable(org: Org, session: Session, entity: Entity, one: Field) -> bool:
    """Whether a session's user may read a field."""
    held = grants(org, session.user_id)
    needed = _NEED.get((entity.name, one.name))
    if needed and not held.permissions.intersection(needed):
        return False
    return not one.permissionable or (entity.name, one.name) in held.readable


_NEED = {("PermissionSetLicense", "DeveloperName"): ("ViewSetup", "ViewDeveloperName")}
"""Fields that are there for some users only (documented, domain 4)."""


@dataclass(slots=True)
class Resolved:
    """A path's field: its SQL, where it lives, and the joins to it by their names."""

    sql: str
    field: Field
    entity: Entity
    names: tuple[str, ...]


@dataclass(slots=True)
class Hop:
    """One relationship on the way: SQL of the foreign key, and what it may lead to."""

    key: str
    targets: tuple[Entity, ...]
    aliases: tuple[str, ...]


@dataclass(slots=True)
class Scope:
    """The objects that a query speaks of: its own row and the rows it joins."""

    asking: Asking
    entity: Entity
    alias: str = "t"
    given: str = ""
    hops: dict[tuple[str, ...], Hop] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)

    @property
    def problems(self) -> Problems:
        """Makes the errors of the query's text."""
        return self.asking.problems

    def resolve(self, path: n.Path) -> Resolved:
        """The field of a path; joins what it needs."""
        names = path.names
        first = names[0].lower()
        own = first == self.given.lower() or (
            first == self.entity.name.lower() and first not in self.entity.by_relationship
        )
        if len(names) > 1 and own:
            names = names[1:]
        if len(names) - 1 > _DEEPEST:
            raise self.problems.malformed(f"No more than 5 relationships up are allowed: {path.text}", path.at)
        entities: tuple[Entity, ...] = (self.entity,)
        aliases: tuple[str, ...] = (self.alias,)
        canonical: tuple[str, ...] = ()
        for name in names[:-1]:
            hop = self._hop(entities, aliases, canonical, name, path)
            entities, aliases = hop.targets, hop.aliases
            canonical = next(key for key, one in self.hops.items() if one is hop)
        return self._field(entities, aliases, canonical, names[-1], path)

    def _hop(
        self, entities: tuple[Entity, ...], aliases: tuple[str, ...], so_far: tuple[str, ...], name: str, path: n.Path
    ) -> Hop:
        found = [
            (alias, one.by_relationship[name.lower()])
            for one, alias in zip(entities, aliases, strict=True)
            if name.lower() in one.by_relationship and not one.by_relationship[name.lower()].hidden
        ]
        if not found:
            raise self.problems.no_relationship(name, entities[0].name, path.at)
        alias, link = found[0]
        canonical = (*so_far, link.relationship)
        known = self.hops.get(canonical)
        if known is not None:
            return known
        key = column(link, alias)
        org, session = self.asking.org, self.asking.session
        apis = {False, self.asking.tooling}
        targets = tuple(
            SCHEMA[one] for one in link.targets if any(visible(org, session, SCHEMA[one], tooling=api) for api in apis)
        )
        if not targets:
            raise self.problems.no_relationship(name, entities[0].name, path.at)
        made = []
        for target in targets:
            joined = f"j{len(self.joins)}"
            own = own_profile(org, session, joined) if target.name == "Profile" else ""
            more = f" AND {own}" if own else ""
            self.joins.append(f'LEFT JOIN "{target.name}" {joined} ON {joined}."Id" = {key}{more}')
            made.append(joined)
        hop = Hop(key, targets, tuple(made))
        self.hops[canonical] = hop
        return hop

    def _field(
        self,
        entities: tuple[Entity, ...],
        aliases: tuple[str, ...],
        so_far: tuple[str, ...],
        name: str,
        path: n.Path,
    ) -> Resolved:
        several = len(entities) > 1
        if several and name.lower() == "type":
            return self._type(entities, aliases, so_far)
        found = []
        for entity, alias in zip(entities, aliases, strict=True):
            one = entity.find(name, tooling=self.asking.tooling)
            one = one or (_name_field(entity) if several and name.lower() == "name" else None)
            if one is not None and readable(self.asking.org, self.asking.session, entity, one):
                found.append((column(one, alias), one, entity))
        if not found:
            raise self.problems.no_column(name, entities[0].name, path.at)
        sql = found[0][0] if len(found) == 1 else f"COALESCE({', '.join(one[0] for one in found)})"
        return Resolved(sql, found[0][1], found[0][2], (*so_far, found[0][1].name))

    def _type(self, entities: tuple[Entity, ...], aliases: tuple[str, ...], so_far: tuple[str, ...]) -> Resolved:
        """`Owner.Type`: the object of what a polymorphic relationship leads to; a queue is a Group by object."""
        cases = " ".join(
            f'WHEN {alias}."Id" IS NOT NULL THEN ' + (f'{alias}."Type"' if one.name == "Group" else f"'{one.name}'")
            for one, alias in zip(entities, aliases, strict=True)
        )
        return Resolved(
            f"(CASE {cases} END)", Field("Type", "string", "Type", length=40), entities[0], (*so_far, "Type")
        )


def _name_field(entity: Entity) -> Field | None:
    """What stands for the name of an object that has no field Name."""
    return next((one for key in _NAMES if (one := entity.find(key))), None)


_NAMES = ("MasterLabel", "Label", "Subject", "CaseNumber", "Title", "DeveloperName")


def column(one: Field, alias: str) -> str:
    """A field of the row behind an alias, as SQL."""
    return f"({one.formula.format(t=alias)})" if one.formula else f'{alias}."{one.name}"'

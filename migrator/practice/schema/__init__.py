"""Every object of the practice org."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.practice.schema import apps, automation, business, identity, packages, protection, setup
from migrator.practice.schema.fields import Entity, Field

__all__ = ["SCHEMA", "Child", "Entity", "Field", "Schema"]


@dataclass(frozen=True, slots=True)
class Child:
    """A relationship down: `name` on the parent leads to the rows of `entity` whose `field` is the parent's id."""

    name: str
    entity: str
    field: str


class Schema:
    """The objects by name in any case, by key prefix, and how they hang together."""

    def __init__(self, entities: tuple[Entity, ...]) -> None:
        self.entities = {one.name: one for one in entities}
        self._by_lower = {one.name.lower(): one for one in entities}
        self._by_prefix = {one.prefix: one for one in entities}
        self.children: dict[str, dict[str, Child]] = {one.name: {} for one in entities}
        for one in entities:
            for field in one.fields.values():
                for target in field.targets if field.children else ():
                    child = Child(field.children, one.name, field.name)
                    self.children[target][child.name.lower()] = child

    def find(self, name: str) -> Entity | None:
        """An object by its name in any case."""
        return self._by_lower.get(name.lower())

    def of_id(self, record_id: str) -> Entity | None:
        """The object that an id's key prefix stands for."""
        return self._by_prefix.get(record_id[:3])

    def __getitem__(self, name: str) -> Entity:
        return self.entities[name]


SCHEMA = Schema(
    (
        *identity.ENTITIES,
        *setup.ENTITIES,
        *apps.ENTITIES,
        *packages.ENTITIES,
        *protection.ENTITIES,
        *automation.ENTITIES,
        *business.ENTITIES,
    )
)
"""The one description of everything that is stored."""

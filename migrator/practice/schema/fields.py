"""How an object and its fields are described: the one source of tables, describe, SOQL and checks of values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

_LINE = re.compile(r"(?P<name>\w+)\s+(?P<type>\w+)(?:\((?P<argument>[^)]*)\))?(?P<words>.*)")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LENGTHS = {"string": 255, "textarea": 32000, "email": 80, "phone": 40, "url": 255, "picklist": 255, "reference": 18}
_NOT_SORTABLE = frozenset({"textarea", "base64"})
_NOT_GROUPABLE = frozenset({"datetime", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `formula` is SQL over the row's alias `{t}`; such a field has no column.

    A `tooling` field is seen by the Tooling API only, a `single` one moreover only by queries that give one row.
    """

    name: str
    type: str
    label: str
    length: int = 0
    scale: int = 0
    targets: tuple[str, ...] = ()
    relationship: str = ""
    children: str = ""
    values: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    hidden: bool = False
    tooling: bool = False
    single: bool = False
    external: bool = False
    permissionable: bool = False
    default: str = ""
    formula: str = ""

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY takes it; some that no filter takes do, as in LoginHistory (documented)."""
        return self.type not in _NOT_SORTABLE

    @property
    def groupable(self) -> bool:
        """Whether GROUP BY takes it."""
        return self.sortable and self.type not in _NOT_GROUPABLE

    @property
    def custom(self) -> bool:
        """Whether the customer made it."""
        return self.name.endswith("__c")


@dataclass(frozen=True, slots=True)
class Entity:
    """One object. `access` says who sees it: `open`, `data` (object permissions) or the name of user permissions."""

    name: str
    prefix: str
    label: str
    plural: str
    fields: dict[str, Field]
    access: tuple[str, ...] = ("data",)
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    setup: bool = False
    tooling: bool = False
    rest: bool = True
    soft_delete: bool = False
    by_lower: dict[str, Field] = field(default_factory=dict)
    by_relationship: dict[str, Field] = field(default_factory=dict)

    def find(self, name: str, *, tooling: bool = False) -> Field | None:
        """A field by its name in any case; hidden ones do not exist for clients."""
        found = self.by_lower.get(name.lower())
        return None if found is None or (found.hidden and not (tooling and found.tooling)) else found

    @property
    def shown(self) -> tuple[Field, ...]:
        """The fields that clients of the REST API see."""
        return self.seen(tooling=False)

    def seen(self, *, tooling: bool) -> tuple[Field, ...]:
        """The fields that clients of an API see."""
        return tuple(one for one in self.fields.values() if not one.hidden or (tooling and one.tooling))

    @property
    def custom(self) -> bool:
        """Whether the customer made it."""
        return self.name.endswith("__c")


def describe(name: str, prefix: str, text: str, *extra: Field, **facts: object) -> Entity:
    """An object from one line a field, `Name type(argument) words`, and facts such as `access` and `formulas`.

    Words: required, unique, external, readonly, create (not updateable), nofilter, hidden, tooling, single,
    permissionable, `as=` the relationship up, `children=` the relationship down, `default=` with ~ for a blank.
    """
    formulas: dict[str, str] = facts.pop("formulas", {})  # type: ignore[assignment]  # facts are of many types
    label = str(facts.pop("label", "")) or _spaced(name.removesuffix("__c").replace("_", " "))
    plural = str(facts.pop("plural", "")) or (label[:-1] + "ies" if label.endswith("y") else label + "s")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = [_field(line, formulas) for line in lines] + list(extra)
    have = {one.name for one in own}
    system = [one for one in _system(soft=bool(facts.get("soft_delete"))) if one.name not in have]
    fields = {one.name: one for one in (system[0], *own, *system[1:])}
    return Entity(
        name,
        prefix,
        label,
        plural,
        fields,
        by_lower={one.name.lower(): one for one in fields.values()},
        by_relationship={one.relationship.lower(): one for one in fields.values() if one.relationship},
        **facts,  # type: ignore[arg-type]
    )


def with_fields(entity: Entity, *more: Field) -> Entity:
    """The same object with further fields."""
    fields = {**entity.fields, **{one.name: one for one in more}}
    return replace(
        entity,
        fields=fields,
        by_lower={one.name.lower(): one for one in fields.values()},
        by_relationship={one.relationship.lower(): one for one in fields.values() if one.relationship},
    )


def boolean(name: str, label: str, **facts: object) -> Field:
    """A checkbox."""
    return Field(name, "boolean", label, **facts)  # type: ignore[arg-type]


def _field(line: str, formulas: dict[str, str]) -> Field:
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"not a field: {line}")
    name, kind, argument = match["name"], match["type"], match["argument"] or ""
    words = match["words"].split()
    options = dict(word.split("=", 1) for word in words if "=" in word)
    flags = {word for word in words if "=" not in word}
    reference = kind == "reference"
    formula = formulas.get(name, "")
    return Field(
        name=name,
        type=kind,
        label=options.get("label", "").replace("_", " ") or _label(name),
        length=int(argument) if argument.isdigit() else _LENGTHS.get(kind, 0),
        scale=2 if kind in ("currency", "double", "percent") else 0,
        targets=tuple(argument.split(",")) if reference else (),
        relationship=options.get("as", _relationship(name)) if reference else "",
        children=options.get("children", ""),
        values=tuple(argument.split("|")) if kind == "picklist" and argument else (),
        required="required" in flags,
        unique="unique" in flags,
        createable=not formula and "readonly" not in flags,
        updateable=not formula and not flags & {"readonly", "create"},
        filterable=not flags & {"nofilter", "single"} and kind not in ("textarea", "base64"),
        hidden=bool(flags & {"hidden", "tooling", "single"}),
        tooling=bool(flags & {"tooling", "single"}),
        single="single" in flags,
        external="external" in flags,
        permissionable="permissionable" in flags,
        default=options.get("default", "").replace("~", " "),
        formula=formula,
    )


def _system(*, soft: bool) -> list[Field]:
    fixed = {"createable": False, "updateable": False}
    who = {"targets": ("User",), "length": 18, **fixed}
    deleted = [Field("IsDeleted", "boolean", "Deleted", default="false", **fixed)] if soft else []  # type: ignore[arg-type]
    return [
        Field("Id", "id", "Record ID", length=18, **fixed),  # type: ignore[arg-type]
        *deleted,
        Field("CreatedDate", "datetime", "Created Date", **fixed),  # type: ignore[arg-type]
        Field("CreatedById", "reference", "Created By ID", relationship="CreatedBy", **who),  # type: ignore[arg-type]
        Field("LastModifiedDate", "datetime", "Last Modified Date", **fixed),  # type: ignore[arg-type]
        Field("LastModifiedById", "reference", "Last Modified By ID", relationship="LastModifiedBy", **who),  # type: ignore[arg-type]
        Field("SystemModstamp", "datetime", "System Modstamp", **fixed),  # type: ignore[arg-type]
    ]


def _relationship(name: str) -> str:
    if name.endswith("__c"):
        return name[:-1] + "r"
    return name.removesuffix("Id") if name.endswith("Id") else ""


def _spaced(name: str) -> str:
    return _HUMPS.sub(" ", name)


def _label(name: str) -> str:
    if name.endswith("__c"):
        return name[:-3].replace("_", " ")
    spaced = _spaced(name)
    return spaced[:-3] + " ID" if spaced.endswith(" Id") else spaced

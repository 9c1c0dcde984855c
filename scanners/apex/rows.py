"""What a field of a queried row, or of a record, says about a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex import configuration
from scanners.apex.queries import asks_profile
from scanners.apex.values import UNKNOWABLE, Row, Sym, Traced, const, fact, make, one_of, opaque
from scanners.model import Subject
from scanners.subjects import Attribute

if TYPE_CHECKING:
    from scanners.apex.machine import Machine

_PROFILE_FIELDS = {"name": "name", "id": "id", "usertype": "user-type", "userlicenseid": "license"}
_PEOPLE = {
    "owner": Subject.OWNER,
    "createdby": Subject.CREATED_BY,
    "lastmodifiedby": Subject.LAST_MODIFIED_BY,
}


def row_field(machine: Machine, base: Traced, row: Row, name: str) -> Traced | None:
    """The value of `base.name` (lower case) where the row or its object tell; None where nothing is known of it."""
    subject = row.attribute.subject if row.attribute else None
    if row.object == "profile":
        return _profile_field(machine, base, row, name)
    if row.object == "userlicense" and name in ("name", "masterlabel", "licensedefinitionkey"):
        made = fact(Attribute("license", subject or Subject.LOOKED_UP_USER))
        return Traced(opaque("license's key", made) if name == "licensedefinitionkey" else made, base.links)
    person = subject or Subject.LOOKED_UP_USER
    userlike = row.object in ("", "user", "sobject", "object") or row.object.endswith("__r")
    if name == "profile" and (userlike or row.object == "permissionset"):
        return Traced(Sym("row", data=Row("profile", Attribute("row", person))), base.links)
    if name == "profileid" and (userlike or row.object == "permissionset"):
        return Traced(make("as-id", (fact(Attribute("id", person)),)), base.links)
    if row.object == "user" and name == "usertype":
        return Traced(fact(Attribute("user-type", person)), base.links)
    if row.object == "user" and name == "id" and subject == Subject.RUNNING_USER:
        return Traced(Sym("user-id"), base.links)
    if name in _PEOPLE and row.object != "user":
        return Traced(Sym("row", data=Row("user", Attribute("row", _PEOPLE[name]))), base.links)
    meaning = machine.world.meaning(f"{_prefix(row, person)}{name}", row.object) if name.endswith("__c") else None
    if meaning:
        data = (row.object, name, meaning.attribute)
        made = Sym("field", data=data, facts=frozenset({meaning.attribute}), asks=True)
        return Traced(made, base.links).via(*meaning.links)
    if name.endswith("__r"):
        return Traced(Sym("row", data=Row(name)), base.links)
    return None


def _prefix(row: Row, person: Subject) -> str:
    if row.object != "user":
        return ""
    heads = {Subject.RUNNING_USER: "$User.", Subject.OWNER: "Owner.", Subject.CREATED_BY: "CreatedBy."}
    return heads.get(person, "x__r.user.")


def kept_of(base: Traced, row: Row) -> Traced:
    """What was kept of a queried profile in a collection: its id or its name."""
    if row.attribute:
        return Traced(fact(Attribute(row.gives, row.attribute.subject)), base.links)
    if row.gives == "id" and (row.names or asks_profile(row.where)):
        return Traced(Sym("ids", data=row), base.links)
    if row.gives == "name":
        names = [Traced(const(name), base.links) for name in row.names]
        return one_of(names, row.text) if names else _any_profile(base, row.gives)
    return _any_profile(base, row.gives)


def _any_profile(base: Traced, field: str) -> Traced:
    """A field of a profile of the org, nobody knows which."""
    made = configuration.column(configuration.any_profile(), field.capitalize())
    return Traced(made or opaque(f"Profile.{field}"), base.links)


def _profile_field(machine: Machine, base: Traced, row: Row, name: str) -> Traced | None:
    if name == "userlicense":
        return Traced(Sym("row", data=Row("userlicense", row.attribute)), base.links)
    kind = "access" if name.startswith("permissions") else _PROFILE_FIELDS.get(name)
    if kind is None:
        return None
    if row.attribute:
        made = fact(Attribute(kind, row.attribute.subject))
        form = make("as-id", (made,)) if kind == "id" else made
        return Traced(opaque("license's id", made) if name == "userlicenseid" else form, base.links)
    if kind == "id" and (row.names or asks_profile(row.where)):
        return Traced(Sym("ids", data=row), base.links)
    if row.names and kind == "name":
        labels = dict.fromkeys(machine.world.book.named(label).label for label in row.names)
        return one_of([Traced(const(label), base.links) for label in labels], row.text)
    if not row.names and row.object == "profile" and kind in ("name", "id") and base.sym.op in UNKNOWABLE:
        return Traced(fact(Attribute(kind, Subject.LOOKED_UP_USER)), base.links)
    return _any_profile(base, name) if base.sym.op in ("row", "rows") else Traced(opaque(f"Profile.{name}"), base.links)

"""What is known of a user when the profile is: the facts that conditions are evaluated with, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scanners.model import Profile, Subject
from scanners.profiles import ID, TRANSLATED, is_id, key, long_id
from scanners.subjects import attribute_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.world import World

Scalar = str | bool | float | int | None

_USER_TYPES = {"salesforce": "Standard", "salesforce platform": "Standard", "guest user license": "Guest"}
"""User type by user license, where it is documented. Salesforce Integration is not among them: one source reports
Standard (domain.md 3.1), which is too little to call a condition unchanged."""
_USERS = "SELECT Id, Username, ProfileId, Profile.Name FROM User WHERE Profile.Name = {}"
_NOBODY = "00eFREESEATNOBO"
"""Stands for the id of a profile that is none of those a condition names; no real id holds these letters."""


NAMELESS = Profile("a user without a profile", "freeseat:nobody")
"""Whom a formula is evaluated for where there is no user with a profile: automation of the platform itself."""


class Known(NamedTuple):
    """A fact that is decided."""

    value: Scalar


class Open(NamedTuple):
    """A fact that only the org's data decides: `mark` tells it from others of its kind, `query` finds it out."""

    mark: str
    query: str


class View:
    """The facts about the users of one profile, asked by one condition.

    `texts` are the literals of the condition: they tell in which language it names profiles, and whether an id that
    nobody knows could be in question.
    """

    def __init__(self, world: World, profile: Profile, subject: Subject, texts: Iterable[str] = ()) -> None:
        self.world = world
        self.profile = profile
        self.subject = subject
        self._texts = tuple(texts)

    def lookup(self, name: str, host: str) -> Known | Open | None:
        """What a dotted name is for these users; None for anything that does not hang on their profile."""
        parts = name.split(".")
        head = parts[0].lower()
        if head in ("$permission", "$setup", "$user") and self.subject != Subject.RUNNING_USER:
            return None  # these are the running user's, who is somebody else
        if head == "$permission" and len(parts) >= 2:
            return self.permission(parts[-1])
        if head == "$setup" and len(parts) >= 3:
            return self.setting(parts[1], parts[2])
        if head in ("$label", "$custommetadata"):
            constant = self.world.constant(name)
            return Known(constant[0]) if constant else None
        attribute = attribute_of(name, host)
        if attribute is not None:
            return self.fact(attribute.kind) if attribute.subject == self.subject else None
        if head == "$user" and len(parts) == 2:
            return self._of_user(parts[1])
        return None

    def means(self, text: str) -> bool | None:
        """Whether a name or an id is the profile's, as data has them: by label, or any form of id.

        None for an id that nobody knows.
        """
        if not is_id(text):
            holder = self.world.book.by_label(text)
            return key(holder.label if holder else text) == key(self.profile.label)
        holder = self.world.book.resolve(text)
        if holder is not None:
            return holder.label == self.profile.label
        return long_id(text) == self._own_id() if self._own_id() else None

    def fact(self, kind: str) -> Known | Open:
        """A fact about the profile itself: `name`, `id`, `key`, `license`, `user-type` or `access`."""
        match kind:
            case "name" | "id" if self.profile == NAMELESS:
                return Known(None)
            case "name":
                return Known(self._name())
            case "key" if self.profile.full_name:
                return Known(self.profile.full_name)
            case "id":
                return self._id()
            case "license" if self.profile.license:
                return Known(self.profile.license)
            case "user-type" if self._user_type():
                return Known(self._user_type())
        return Open(self.profile.label, self._query())

    def permission(self, name: str) -> Known | Open:
        """Whether the users hold a custom permission: from their profile, or from permission sets (then it is open)."""
        granting = self.world.permissions.get(name.lower(), ())
        if any(file.profile.label == self.profile.label for file in granting):
            return Known(value=True)
        sets = [one for one in self.world.granting_sets.get(name.lower(), ()) if self._holds(one.license)]
        if any(self.profile.label in self.world.holders.get(one.name.lower(), ()) for one in sets):
            return Known(value=True)
        sets = [one for one in sets if one.name.lower() not in self.world.holders]
        if not sets:
            return Known(value=False)
        held = self._assigned({one.name.lower() for one in sets})
        if held is not None:
            return Known(held)
        # The sets go with the user, whatever the profile: what is open is the same before and after.
        return Open("sets:" + ",".join(sorted(one.name for one in sets)), permission_query(name))

    def setting(self, name: str, field: str) -> Known | Open:
        """The value of a field of a hierarchy custom setting: the user's row, the profile's, or the org's default."""
        query = setting_query(name)
        if not self.world.data.holds(name):
            return Open("everybody" if self.world.settings_stay else self.profile.label, query)
        rows = {str(row.get("setupownerid", ""))[:15]: row.get(field.lower()) for row in self.world.data.of(name)}
        users = self.world.data.users_of(self.profile.label)
        own = {rows.get(str(user.get("id", "-"))[:15]) for user in users}
        if len(own) > 1 or (not users and any(owner.startswith("005") for owner in rows)):
            return Open(self.profile.label, query if users else _USERS.format(soql_text(self.profile.label)))
        if any(owner.startswith("00e") for owner in rows) and not self.profile.id:
            return Open(self.profile.label, self._query())
        of_org = next((value for owner, value in rows.items() if owner.startswith("00D")), None)
        given = [*own, rows.get(self.profile.id[:15]) if self.profile.id else None, of_org]
        value = next((one for one in given if one is not None), None)
        is_checkbox = any(isinstance(one, bool) for one in rows.values())
        return Known(value=False) if value is None and is_checkbox else Known(value)

    def row(self, name: str, *, merged: bool) -> dict[str, Scalar] | None:
        """The fields of the setting's row of the profile itself, with those of the org's default under it if merged.

        None where the rows or the profile's id are not known; empty where there is no row.
        """
        own = self._own_id()
        if not self.world.data.holds(name) or not own:
            return None
        found: dict[str, Scalar] = {}
        for owner in ("00D", own[:15]) if merged else (own[:15],):
            for row in self.world.data.of(name):
                if str(row.get("setupownerid", "")).startswith(owner):
                    found |= {one: held for one, held in row.items() if one.endswith("__c") and held is not None}
        return found

    def _of_user(self, field: str) -> Known | None:
        """A field of the user, where all users of the profile in the data agree; the switch leaves it as it is."""
        values = {user.get(field.lower(), _NOBODY) for user in self.world.data.users_of(self.profile.label)}
        value = values.pop() if len(values) == 1 else _NOBODY
        return None if value == _NOBODY else Known(value)

    def _name(self) -> str:
        """The label, in the language in which the condition names it (metadata-catalogue.md 1)."""
        label = self.profile.label
        if label in self._texts or self.profile.custom:
            return label
        spelled = [text for text in self._texts if key(TRANSLATED.get(key(text), "")) == key(label)]
        return spelled[0] if spelled else label

    def _id(self) -> Known | Open:
        """The id; where it is not known, a stand-in if every id that the condition names is somebody else's."""
        if self._own_id():
            return Known(self._own_id())
        named = {long_id(match[0]) for text in self._texts for match in ID.finditer(text)}
        strangers = [one for one in named if self.world.book.resolve(one) is None]
        if strangers:
            quoted = ", ".join(f"'{one}'" for one in sorted(strangers))
            return Open(self.profile.label, f"SELECT Id, Name FROM Profile WHERE Id IN ({quoted})")
        return Known(long_id(_NOBODY)) if named else Open(self.profile.label, self._query())

    def _own_id(self) -> str:
        """The profile's id, given with it or learned since from some file of the repo."""
        known = self.profile.id or self.world.book.named(self.profile.label).id
        return long_id(known) if known else ""

    def _user_type(self) -> str:
        for row in self.world.data.of("profile"):
            if row.get("name") == self.profile.label and row.get("usertype"):
                return str(row["usertype"])
        return _USER_TYPES.get(self.profile.license.lower(), "")

    def _holds(self, license_name: str) -> bool:
        """Whether a permission set pinned to a license can be assigned to these users (metadata-catalogue.md 2.H).

        One pinned to a permission set license may be, whatever the user license is.
        """
        if not license_name or not self.profile.license:
            return True
        user_licenses = {key(one.license) for one in self.world.book if one.license}
        return key(license_name) not in user_licenses or key(license_name) == key(self.profile.license)

    def _assigned(self, sets: set[str]) -> bool | None:
        """Whether all, or none, of the users of the profile have one of these sets; None where that is not known."""
        if not self.world.data.holds("permissionsetassignment"):
            return None
        users = self.world.data.users_of(self.profile.label)
        rows = self.world.data.of("permissionsetassignment")
        holding = {
            str(row.get("assigneeid", row.get("assignee.id", "")))[:15]
            for row in rows
            if str(row.get("permissionset.name", "")).lower() in sets
        }
        answers = {str(user.get("id", "-"))[:15] in holding for user in users}
        return answers.pop() if len(answers) == 1 else None

    def _query(self) -> str:
        return f"SELECT Id, Name, UserType, UserLicense.Name FROM Profile WHERE Name = {soql_text(self.profile.label)}"


def soql_text(text: str) -> str:
    """A text as a SOQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def permission_query(name: str) -> str:
    """The query that tells who holds a custom permission through a permission set."""
    bare = name.rpartition("__")[2]
    return (
        "SELECT AssigneeId, Assignee.Username, PermissionSet.Name FROM PermissionSetAssignment "
        "WHERE PermissionSetId IN (SELECT ParentId FROM SetupEntityAccess WHERE SetupEntityId IN "
        f"(SELECT Id FROM CustomPermission WHERE DeveloperName = {soql_text(bare)}))"
    )


def setting_query(name: str) -> str:
    """The query that gives the rows of a hierarchy custom setting."""
    return f"SELECT SetupOwner.Name, SetupOwnerId, FIELDS(CUSTOM) FROM {name} LIMIT 200"

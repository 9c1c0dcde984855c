"""The probe user on its bench: read whole, moved, given things, put back into any state by reading what is there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from migrator.ports import Answer as Said
from migrator.ports import Org, OrgError, Part, Row
from migrator.probing.values import CannotRun, Options, User
from migrator.soql import quote
from scanners.errors import Failed, UsageError

_TRIES = 3
_MOMENT = 3.0
_FIELDS = ("ProfileId", "IsActive", "UserRoleId", "ManagerId", "DelegatedApproverId", "Title")
_LINKS = {
    "PermissionSetAssignment": ("AssigneeId", "PermissionSetId"),
    "PermissionSetLicenseAssign": ("AssigneeId", "PermissionSetLicenseId"),
    "UserPackageLicense": ("UserId", "PackageLicenseId"),
    "GroupMember": ("UserOrGroupId", "GroupId"),
}


@dataclass(slots=True)
class Bench:
    """An org, a probe user in it (id), the profiles it moves between (ids), and the ids that writes may concern."""

    org: Org
    options: Options
    me: str
    source: str
    target: str
    psl: str
    flags: tuple[str, ...]
    allow: Callable[[str, str], None]
    remember: Callable[[str, str], None] = lambda _what, _value: None
    user: str = ""
    username: str = ""
    cache: dict[str, str] = field(default_factory=dict)
    home: User | None = None

    # ---- single requests

    def ask(self, text: str) -> list[Row]:
        """The rows of a query; raises OrgError."""
        (answer,) = self.org.queries([text])
        if isinstance(answer, OrgError):
            raise answer
        return answer

    def attempt(self, method: str, path: str, body: Row | None = None) -> OrgError | Row:
        """One write: what the org answers, be it a refusal."""
        try:
            return self.org.rest(method, path, body) or {}
        except OrgError as error:
            if error.status >= 500:
                raise
            return error

    def create(self, name: str, body: Row) -> str | OrgError:
        """A new record's id, or why there is none."""
        answer = self.attempt("POST", f"sobjects/{name}", body)
        if isinstance(answer, OrgError):
            return answer
        key = str(answer.get("id") or "")
        self.allow("record", key)
        return key

    def made(self, name: str, body: Row) -> str:
        """A new record's id; raises CannotRun where the org makes none."""
        key = self.create(name, body)
        if isinstance(key, OrgError):
            raise CannotRun(f"the org makes no {name} for it: {key}")
        return key

    def delete(self, name: str, key: str) -> OrgError | None:
        """Delete a record; one that is gone is gone."""
        self.allow("record", key)
        answer = self.attempt("DELETE", f"sobjects/{name}/{key}")
        return answer if isinstance(answer, OrgError) and answer.status != 404 else None

    def patch(self, **fields: object) -> OrgError | None:
        """Change the probe user; why not, if not."""
        answer = self.attempt("PATCH", f"sobjects/User/{self.user}", dict(fields))
        return answer if isinstance(answer, OrgError) else None

    def at_once(self, parts: Iterable[Part]) -> list[Said]:
        """All or nothing."""
        return self.org.composite(list(parts), all_or_none=True)

    # ---- the user

    def look(self, user: str = "") -> User:
        """Everything about the user that the probe touches, in one request."""
        return self._look(user or self.user)[0]

    def settled(self) -> User:
        """The user a moment later: what the platform does by itself need not be done when it answers."""
        self.options.sleep(_MOMENT)
        return self.look()

    def _look(self, user: str) -> tuple[User, dict[tuple[str, str], str]]:
        """The user, and the id of each assignment by object and what is assigned."""
        mine = quote(user)
        texts = [f"SELECT {', '.join((*_FIELDS, *self.flags))} FROM User WHERE Id = {mine}"]  # noqa: S608 - quoted
        for name, (owner, what) in _LINKS.items():
            more = ", PermissionSetGroupId, ExpirationDate" if name == "PermissionSetAssignment" else ""
            own = " AND PermissionSet.IsOwnedByProfile = false" if more else ""
            texts.append(f"SELECT Id, {what}{more} FROM {name} WHERE {owner} = {mine}{own}")  # noqa: S608
        answers = self.org.queries(texts)
        rows: dict[str, list[Row]] = {}
        for name, answer in zip(("User", *_LINKS), answers, strict=True):
            if isinstance(answer, OrgError) and not (name == "UserPackageLicense" and answer.code == "INVALID_TYPE"):
                raise answer
            rows[name] = answer if isinstance(answer, list) else []
        if not rows["User"]:
            raise Failed(f"the org does not show the user {user}")
        ids: dict[tuple[str, str], str] = {}
        sets = set()
        for row in rows["PermissionSetAssignment"]:
            key = str(row.get("PermissionSetGroupId") or row["PermissionSetId"])
            sets.add((key, str(row.get("ExpirationDate") or "")))
            ids["PermissionSetAssignment", key] = str(row["Id"])
        for name, (_, what) in list(_LINKS.items())[1:]:
            ids |= {(name, str(row[what])): str(row["Id"]) for row in rows[name]}
        for key in ids.values():
            self.allow("record", key)
        psls, packages, groups = ({key for name, key in ids if name == link} for link in list(_LINKS)[1:])
        fields = {name: rows["User"][0].get(name) for name in (*_FIELDS, *self.flags)}
        return User(fields, frozenset(sets), frozenset(psls), frozenset(packages), frozenset(groups)), ids

    def become(self, wanted: User, user: str = "") -> None:
        """Bring the user into a state, from whatever it is in; raises Failed with what is still different."""
        key = user or self.user
        problem: Exception | None = None
        for _ in range(_TRIES):
            try:
                self._toward(wanted, key)
            except (OrgError, Failed) as error:  # an answer that was lost: look again
                problem = error
                continue
            now = self.look(key)
            if now == wanted:
                return
            problem = None
        now = self.look(key)
        if now != wanted:
            why = f": {problem}" if problem else ""
            raise Failed(f"the probe user is not as it should be ({'; '.join(differences(now, wanted))}){why}")

    def _toward(self, wanted: User, user: str) -> None:
        now, ids = self._look(user)
        if now == wanted:
            return
        moves = now.profile != wanted.profile
        keep = frozenset() if moves else wanted.sets
        for key, _ in now.sets - keep:
            self._drop("PermissionSetAssignment", ids["PermissionSetAssignment", key])
        for name, have, want in (
            ("PermissionSetLicenseAssign", now.psls, wanted.psls),
            ("UserPackageLicense", now.packages, wanted.packages),
            ("GroupMember", now.groups, wanted.groups),
        ):
            for key in have - (frozenset() if moves and name != "GroupMember" else want):
                self._drop(name, ids.get((name, key), ""))
        if moves:  # nothing of the user that could stand in the way
            empty = {name: False for name in self.flags if now.fields.get(name)}
            self._set(user, {**empty, "UserRoleId": None, "ProfileId": wanted.profile})
        now = self.look(user)
        changed = {name: value for name, value in wanted.fields.items() if now.fields.get(name) != value}
        if changed:
            self._set(user, changed)
        now = self.look(user)
        for key in wanted.psls - now.psls:
            self._give("PermissionSetLicenseAssign", {"AssigneeId": user, "PermissionSetLicenseId": key})
        for key in now.psls - wanted.psls:  # what came along by itself
            self._drop("PermissionSetLicenseAssign", self._look(user)[1].get(("PermissionSetLicenseAssign", key), ""))
        for key, until in wanted.sets - now.sets:
            column = "PermissionSetGroupId" if key.startswith("0PG") else "PermissionSetId"
            row: Row = {"AssigneeId": user, column: key}
            self._give("PermissionSetAssignment", row | ({"ExpirationDate": until} if until else {}))
        for key in wanted.packages - now.packages:
            self._give("UserPackageLicense", {"UserId": user, "PackageLicenseId": key})
        for key in wanted.groups - now.groups:
            self._give("GroupMember", {"UserOrGroupId": user, "GroupId": key})

    def _set(self, user: str, fields: Row) -> None:
        self.org.rest("PATCH", f"sobjects/User/{user}", fields)

    def _give(self, name: str, body: Row) -> None:
        self.org.rest("POST", f"sobjects/{name}", body)

    def _drop(self, name: str, key: str) -> None:
        if key:
            error = self.delete(name, key)
            if error:
                raise error

    # ---- the two sides

    def bare(self) -> User:
        """The user with the old license and nothing else; the state that it is in then."""
        assert self.home is not None  # noqa: S101 - set before the first experiment
        wanted = self.home.bare(self.source)
        self._reach(wanted)
        return wanted

    def switched(self, *, psl: bool = False) -> User:
        """The user with the new license, with or without its permission set license, and nothing else."""
        assert self.home is not None  # noqa: S101 - as above
        self.bare()
        wanted = self.home.bare(self.target)
        if psl:
            wanted = User(wanted.fields, wanted.sets, frozenset({self.psl}), groups=wanted.groups)
        self._reach(wanted)
        return wanted

    def _reach(self, wanted: User) -> None:
        try:
            self.become(wanted)
        except Failed as error:
            raise CannotRun(f"the probe user cannot be made ready for it: {error}") from None

    def move(self) -> OrgError | None:
        """Give the user the new profile as it stands; why not, if not."""
        return self.patch(ProfileId=self.target)

    def assign(self, key: str) -> OrgError | None:
        """Give the user a permission set, a group, a permission set license or a package license."""
        name, body = {
            "0PG": ("PermissionSetAssignment", {"AssigneeId": self.user, "PermissionSetGroupId": key}),
            "0PL": ("PermissionSetLicenseAssign", {"AssigneeId": self.user, "PermissionSetLicenseId": key}),
            "050": ("UserPackageLicense", {"UserId": self.user, "PackageLicenseId": key}),
        }.get(key[:3], ("PermissionSetAssignment", {"AssigneeId": self.user, "PermissionSetId": key}))
        answer = self.create(name, body)
        return answer if isinstance(answer, OrgError) else None

    def given(self, key: str) -> None:
        """Give the user something that must go; raises CannotRun if it does not."""
        error = self.assign(key)
        if error:
            raise CannotRun(f"the probe user cannot be given what the experiment needs: {error}")

    # ---- as the user

    @contextlib.contextmanager
    def session(self) -> Iterator[Org]:
        """The org as the probe user sees it; raises CannotRun where there is no way in."""
        connect = self.options.connect
        if connect is None:
            raise CannotRun("it needs a login as the probe user: give --login-client-id and --login-key-file")
        try:
            opened = connect(self.username)
            org = opened.__enter__()
            who = org.identity()
        except (UsageError, OrgError, Failed) as error:
            raise CannotRun(f"the probe user cannot log in: {error}") from None
        try:
            if who.user_id[:15] != self.user[:15]:
                raise CannotRun(f"the login gave a session of {who.username}, not of the probe user")
            yield org
        finally:
            opened.__exit__(None, None, None)


def differences(now: User, wanted: User) -> list[str]:
    """In words, what is not as it should be."""
    found = [
        f"{name} is {now.fields.get(name)}, not {value}"
        for name, value in wanted.fields.items()
        if now.fields.get(name) != value
    ]
    for what in ("sets", "psls", "packages", "groups"):
        have, want = getattr(now, what), getattr(wanted, what)
        found += [f"{what}: {one} is left" for one in sorted(have - want)]
        found += [f"{what}: {one} is missing" for one in sorted(want - have)]
    return found

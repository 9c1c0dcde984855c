"""Log in as each switched user, as its integration does, and try what the generated permission set gives back.

Nothing is written: whether a record could be created or changed is what the org's own describe says to this user.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from migrator.config import GateLogin
from migrator.gates.values import Baseline, Context, Decision, Kind, capped
from migrator.gating import span
from migrator.inventory.stems import Stems
from migrator.ports import Org, OrgError, Part
from migrator.soql import among
from scanners.errors import Failed, UsageError
from scanners.reports.text import plural
from scanners.xml import Element, Malformed, parse

_AGAIN = 60.0
_DESCRIBES = 25
_MOST_FIELDS = 100
_FLAGS = {"allowRead": "queryable", "allowCreate": "createable", "allowEdit": "updateable", "allowDelete": "deletable"}


@dataclass(slots=True)
class Expected:
    """What a user must be able to do with one object: flags of its describe, and fields by `readable` or `editable`."""

    flags: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=list)
    editable: list[str] = field(default_factory=list)


def expected(context: Context, user: str) -> dict[str, Expected]:
    """Object → what the generated permission set of a user gives there."""
    found: dict[str, Expected] = {}
    for one in context.plan.deployments:
        if user not in one.users:
            continue
        try:
            root = parse(one.xml.encode())
        except Malformed as error:
            raise Failed(f"the permission set {one.name} of the plan cannot be read: {error}") from None
        for item in root.all("objectPermissions"):
            mine = found.setdefault(item.get("object"), Expected())
            mine.flags = [flag for tag, flag in _FLAGS.items() if item.get(tag) == "true"]
        for item in root.all("fieldPermissions"):
            name, _, of = item.get("field").partition(".")
            _field(found.setdefault(name, Expected()), of, item)
    return found


def _field(mine: Expected, name: str, item: Element) -> None:
    if item.get("readable") == "true":
        mine.readable.append(name)
    if item.get("editable") == "true":
        mine.editable.append(name)


# ---- the gate


def prepare(_argument: str, context: Context) -> Baseline:
    """Whether there is a way in for every user: a table that fits, with a key or secret that is there."""
    for user in context.users:
        table = _table(context, user)
        if table.jwt_key_file and not os.path.isfile(table.jwt_key_file):  # noqa: PTH113
            raise Failed(f"{table.jwt_key_file} ([[gates.login]] for {user}) does not exist")
        if table.secret_variable and not context.options.environ.get(table.secret_variable):
            raise Failed(f"the environment variable {table.secret_variable} ([[gates.login]] for {user}) is not set")
    return Baseline()


def _table(context: Context, user: str) -> GateLogin:
    found = next((one for one in context.options.settings.login if Stems().fits(user, one.user)), None)
    if found is None or context.options.connect is None:
        raise Failed(f"there is no way to log in as {user}; add a [[gates.login]] with client-id and jwt-key-file")
    return found


def decide(argument: str, context: Context) -> Decision:
    """Each user in turn; one whose login is refused is tried again for as long as the argument says."""
    options = context.options
    names = _usernames(context)
    end = context.now() + (span(argument) or timedelta())
    problems: list[str] = []
    tried = 0
    for user in context.users:
        while True:
            found, objects, again = _user(context, user, names[user])
            if not again or context.now() >= end:
                break
            options.progress(f"login probe: {user} is not let in yet")
            options.wait(_AGAIN)
        problems += [f"{user}: {one}" for one in found]
        tried += objects
    if problems:
        users = len({one.partition(":")[0] for one in problems})
        return Decision(False, f"{plural(users, 'user')} cannot do what the plan says", capped(tuple(problems)))
    return Decision(True, f"{plural(len(context.users), 'user')} logged in, {plural(tried, 'object')} tried")


def _usernames(context: Context) -> dict[str, str]:
    stems = context.stems
    text = f"SELECT Id, Username FROM User WHERE Id IN {among(sorted(stems))}"  # noqa: S608 - quoted
    (rows,) = context.org.queries([text])
    if isinstance(rows, OrgError):
        raise rows
    found = {stems[str(row["Id"])]: str(row["Username"]) for row in rows}
    missing = next((one for one in context.users if one not in found), "")
    if missing:
        raise Failed(f"the org does not tell the username of {missing}")
    return found


def _user(context: Context, user: str, username: str) -> tuple[list[str], int, bool]:
    """What one user cannot do, how many objects were tried, and whether it may be let in later."""
    table = _table(context, user)
    connect = context.options.connect
    assert connect is not None  # noqa: S101 - _table has looked
    with ExitStack() as stack:
        try:
            org = stack.enter_context(connect(table, username, context.org.url))
            who = org.identity()
        except (UsageError, OrgError, Failed) as error:
            return [f"cannot log in: {context.org.scrub(str(error))}"], 0, True
        if who.user_id[:15] != context.binding.user(user)[:15]:
            return [f"the login of [[gates.login]] is that of {who.username}, not of {username}"], 0, False
        wanted = expected(context, user)
        try:
            return list(_refusals(org, wanted)), len(wanted), False
        except (OrgError, Failed) as error:
            return [f"logged in, then: {error}"], 0, False


def _refusals(org: Org, wanted: dict[str, Expected]) -> Iterator[str]:
    """Describe every object, compare, and query what should be readable."""
    names = sorted(wanted)
    if not names:
        org.rest("GET", "sobjects")  # that the API answers is all that can be tried
    texts: dict[str, str] = {}
    for start in range(0, len(names), _DESCRIBES):
        some = names[start : start + _DESCRIBES]
        answers = org.composite([Part("GET", f"sobjects/{name}/describe") for name in some])
        for name, answer in zip(some, answers, strict=True):
            if answer.error:
                yield f"{name} cannot be described: {answer.error}"
                continue
            yield from _missing(name, wanted[name], answer.body)
            if "queryable" in wanted[name].flags and answer.body.get("queryable"):
                have = {str(one["name"]) for one in answer.body.get("fields", ())}
                fields = [one for one in wanted[name].readable if one in have][:_MOST_FIELDS]
                texts[name] = f"SELECT {', '.join(dict.fromkeys(['Id', *fields]))} FROM {name} LIMIT 1"  # noqa: S608
    for name, rows in zip(texts, org.queries(list(texts.values())), strict=True):
        if isinstance(rows, OrgError):
            yield f"{name} cannot be queried: {rows.brief}"


def _missing(name: str, wanted: Expected, described: dict[str, object]) -> Iterator[str]:
    flags = [flag for flag in wanted.flags if not described.get(flag)]
    if flags:
        yield f"{name} is not {', not '.join(flags)}"
    fields = described.get("fields")
    have = {str(one.get("name")): one for one in fields if isinstance(one, dict)} if isinstance(fields, list) else {}
    unseen = sorted({*wanted.readable, *wanted.editable} - set(have))
    if unseen:
        yield f"{name}: fields that cannot be seen: {', '.join(unseen)}"
    fixed = [
        one
        for one in wanted.editable
        if one in have and not (have[one].get("updateable") or have[one].get("createable"))
    ]
    if fixed:
        yield f"{name}: fields that cannot be written: {', '.join(sorted(fixed))}"


KIND = Kind("login-probe", decide, prepare)

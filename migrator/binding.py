"""A plan's names as the ids of one org.

Binding refuses what is missing or ambiguous, before anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.plan import Plan, Step, StepKind
from migrator.ports import Org, OrgError
from migrator.soql import among, beginning, chunks
from scanners.errors import Refused

_LIKES = 50


@dataclass(frozen=True, slots=True)
class Binding:
    """Name → id in one org, by object; users by stem."""

    users: dict[str, str]
    ids: dict[tuple[str, str], str]

    def id(self, name: str, key: str) -> str:
        """The id of one thing by its API name; raises Refused."""
        found = self.ids.get((name, key.lower()))
        if found is None:
            raise Refused(f"this org has no {name} {key!r}")
        return found

    def user(self, stem: str) -> str:
        """The id of a user by stem; raises Refused."""
        found = self.users.get(stem.lower())
        if found is None:
            raise Refused(f"this org has no user {stem!r}")
        return found


def bind(org: Org, plan: Plan, *, sandbox: bool) -> Binding:
    """Every name of a plan in an org; raises Refused for one that is missing or there twice."""
    steps = [step for one in plan.moves for step in one.steps] + [
        step for one in plan.deployments for step in one.steps
    ]
    asked = {
        "Profile": (
            "Name",
            {name for one in steps if one.kind is StepKind.PROFILE for name in (one.before, one.after)},
        ),
        "PermissionSet": ("Name", _targets(steps, StepKind.SET)),
        "PermissionSetGroup": ("DeveloperName", _targets(steps, StepKind.GROUP)),
        "PermissionSetLicense": ("DeveloperName", _targets(steps, StepKind.PSL)),
        "PackageLicense": ("NamespacePrefix", _targets(steps, StepKind.PACKAGE)),
        "ConnectedApplication": ("Name", _targets(steps, StepKind.APP)),
    }
    wanted = [(name, column, sorted(values)) for name, (column, values) in asked.items() if values]
    texts = [f"SELECT Id, {column} FROM {name} WHERE {column} IN {among(some)}" for name, column, some in wanted]
    ids: dict[tuple[str, str], str] = {}
    for (name, column, some), answer in zip(wanted, org.queries(texts), strict=True):
        if isinstance(answer, OrgError):
            raise Refused(f"the org does not tell {name}, which the plan needs: {answer.brief}")
        for row in answer:
            key = (name, str(row[column]).lower())
            if key in ids:
                raise Refused(f"this org has more than one {name} called {row[column]!r}; rename one of them")
            ids[key] = str(row["Id"])
        _complete(name, some, ids, {one.name for one in plan.deployments})
    return Binding(_users(org, [one.user for one in plan.moves], sandbox=sandbox), ids)


def _complete(name: str, wanted: list[str], ids: dict[tuple[str, str], str], coming: set[str]) -> None:
    missing = [one for one in wanted if (name, one.lower()) not in ids and one not in coming]
    if missing:
        raise Refused(
            f"this org has no {name} {missing[0]!r}" + (f" and {len(missing) - 1} more" if missing[1:] else "")
        )


def _targets(steps: Iterable[Step], kind: StepKind) -> set[str]:
    return {one.target.name for one in steps if one.kind is kind}


def _users(org: Org, stems: list[str], *, sandbox: bool) -> dict[str, str]:
    """Stem → id: by the whole username in production, by the suffix that the most of them share in a sandbox."""
    options: dict[str, list[tuple[str, str]]] = {}
    for chunk in chunks(stems, _LIKES):
        names = " OR ".join(f"Username LIKE {beginning(one)}" for one in chunk) if sandbox else ""
        answer = org.queries([f"SELECT Id, Username FROM User WHERE {names or f'Username IN {among(chunk)}'}"])[0]
        if isinstance(answer, OrgError):
            raise Refused(f"the org does not tell its users: {answer}")
        for row in answer:
            name = str(row["Username"]).lower()
            for stem in (one.lower() for one in chunk):
                if name == stem or (sandbox and name.startswith(f"{stem}.")):
                    options.setdefault(stem, []).append((name.removeprefix(stem), str(row["Id"])))
    suffixes = Counter(suffix for some in options.values() for suffix in {suffix for suffix, _ in some})
    usual = max(suffixes, key=lambda one: (suffixes[one], one), default="")
    return {stem.lower(): _only(stem, options.get(stem.lower(), []), usual) for stem in stems}


def _only(stem: str, options: list[tuple[str, str]], usual: str) -> str:
    """The one user that a stem means; raises Refused for none and for several."""
    found = [key for suffix, key in options if suffix == usual] or [key for _, key in options]
    if len(found) != 1:
        raise Refused(f"this org has {'no' if not found else 'more than one'} user {stem!r}")
    return found[0]

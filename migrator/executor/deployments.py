"""Metadata that users need before they move: validated, deployed with a backup, taken away once the last one is back.

A bundle is any package. One that only adds (a generated permission set) refuses to write over something else; one that
replaces keeps what was there in the journal, and the undo deploys that again.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrator import archives, deploying
from migrator.archives import Package, Types
from migrator.binding import Binding
from migrator.executor.moving import Work
from migrator.fixes_file import content
from migrator.history import DeploymentRun
from migrator.model import ABSENT
from migrator.plan import Deployment, Mended, Step, StepKind
from migrator.ports import OrgError, Part
from migrator.soql import quote
from scanners.errors import Failed, Refused
from scanners.xml import Element, Malformed, parse


@dataclass(frozen=True, slots=True)
class Bundle:
    """A package with a name of its own, who needs it, and the apps that its permission set is granted.

    `tests` are the Apex classes that decide whether it goes in.
    """

    name: str
    package: Package
    users: tuple[str, ...]
    apps: tuple[Step, ...] = ()
    replaces: bool = False
    tests: tuple[str, ...] = ()


def bundle(one: Deployment) -> Bundle:
    """A generated permission set as a bundle."""
    files = ((f"permissionsets/{one.name}.permissionset", one.xml.encode()),)
    apps = tuple(step for step in one.steps if step.kind is StepKind.APP)
    return Bundle(one.name, Package(files, (("PermissionSet", (one.name,)),)), one.users, apps)


def mended(one: Mended, tests: Iterable[str]) -> Bundle:
    """Proved fixes as a bundle: what it replaces is kept, and put back by the undo."""
    types: dict[str, list[str]] = {}
    for component in one.components:
        kind, _, name = component.partition(" ")
        types.setdefault(kind, []).append(name)
    files = tuple((file.path, content(file)) for file in one.files)
    wanted = tuple((kind, tuple(names)) for kind, names in sorted(types.items()))
    return Bundle(one.name, Package(files, wanted, one.version), one.users, replaces=True, tests=tuple(tests))


def deploy(work: Work, one: Bundle, known: DeploymentRun | None) -> None:
    """Deploy what is not there yet; raises Refused where something else is in its place or the org says no."""
    if known and known.at == "deployed":
        return
    if known and known.at == "deploying" and known.deploy and _went_well(work, known.deploy):
        work.record("deployed", {"deployment": one.name})
        return
    there = deploying.retrieve(work.org, one.package.types)
    if not there.missing and _covers(there, one.package):
        work.record("deployed", {"deployment": one.name, "says": "it was there already", "kept": known is None})
        return
    if there.files and not one.replaces and known is None:
        raise Refused(
            f"this org has a permission set {one.name} already, and it is not the plan's. Delete or rename it, or make "
            "the plan again"
        )
    checked = deploying.validate(work.org, one.package, one.tests)
    if not checked.succeeded:
        raise Refused(f"{one.name} cannot be deployed: {'; '.join(checked.problems[:5])}")
    if known is None:
        work.record("deploying", {"deployment": one.name, "backup": _kept(there)})
    key = deploying.start(work.org, one.package, one.tests)
    work.record("deploying", {"deployment": one.name, "deploy": key})
    ended = deploying.wait(work.org, key)
    if not ended.succeeded:
        work.record("undeployed", {"deployment": one.name, "says": "; ".join(ended.problems[:5])})
        raise Refused(f"{one.name} cannot be deployed: {'; '.join(ended.problems[:5])}")
    work.record("deployed", {"deployment": one.name})


def _went_well(work: Work, key: str) -> bool:
    """Whether a deploy that was started before a crash succeeded; where the org forgot it, what is there tells."""
    try:
        return deploying.wait(work.org, key).succeeded
    except Failed as error:
        if "it goes on in the org" in str(error):
            raise
        return False


def remove(work: Work, one: Bundle, entries: Iterable[Any]) -> str:
    """Take away what the run deployed, or put back what was there; why not, where it has to stay."""
    mine = [entry for entry in entries if entry.body.get("deployment") == one.name]
    if not mine or mine[-1].event == "undeployed":
        return ""
    if any(entry.body.get("kept") for entry in mine):
        work.record("undeployed", {"deployment": one.name, "says": "it was there before the run, and stays"})
        return ""
    work.record("removing", {"deployment": one.name})
    there = deploying.retrieve(work.org, one.package.types)
    backup = next((entry.body["backup"] for entry in mine if "backup" in entry.body), None)
    problem = _changed(one, there, backup) if one.replaces and not work.force else ""
    problem = problem or _put_back(work, there, backup)
    if problem:
        work.record("deployed", {"deployment": one.name, "says": f"it stays: {problem}"})
        return f"{one.name} stays: {problem}"
    work.record("undeployed", {"deployment": one.name})
    return ""


def _changed(one: Bundle, there: Package, backup: dict[str, Any] | None) -> str:
    """Whether what is there is neither what was deployed nor what was there before: somebody else's work."""
    if _covers(there, one.package) or _covers(there, _recalled(backup) if backup else Package((), ())):
        return ""
    return "somebody changed it since; --force puts back what was there before it"


def _put_back(work: Work, there: Package, backup: dict[str, Any] | None) -> str:
    """What was there deployed again, what was not there deleted."""
    old = _recalled(backup) if backup else Package((), ())
    if old.files:
        ended = deploying.deploy(work.org, old)
        if not ended.succeeded:
            return "; ".join(ended.problems[:3])
    known = {(kind, name) for kind, names in old.types for name in names}
    new: Types = tuple(
        (kind, some)
        for kind, names in there.types
        if (some := tuple(name for name in names if (kind, name) not in known))
    )
    if not new:
        return ""
    ended = deploying.destroy(work.org, new)
    return "" if ended.succeeded else "; ".join(ended.problems[:3])


# ---- apps


def grant(work: Work, binding: Binding, one: Bundle, *, back: bool = False) -> None:
    """Grant the apps of a bundle, or take them away; those that are as they should be are left. Raises Refused."""
    for step in one.apps:
        parent = binding.id("PermissionSet", step.target.of)
        app = binding.id("ConnectedApplication", step.target.name)
        found = _access(work, parent, app)
        wanted = step.before if back else step.after
        if (found is None) == (wanted == ABSENT):
            continue
        name = granted(one, step)
        work.record("removing" if back else "granting", {"deployment": name})
        body = {"ParentId": parent, "SetupEntityId": app}
        part = Part("DELETE", f"sobjects/SetupEntityAccess/{found}")
        error: OrgError | Failed | None = None
        try:
            error = work.org.composite([part if found else Part("POST", "sobjects/SetupEntityAccess", body)])[0].error
        except (OrgError, Failed) as lost:
            error = lost
        found = _access(work, parent, app)
        if (found is None) != (wanted == ABSENT):
            raise Refused(f"{step.target.name} cannot be granted to {step.target.of}: {error}")
        work.record("undeployed" if back else "deployed", {"deployment": name})


def granted(one: Bundle, step: Step) -> str:
    """How the journal calls an app that a bundle's set is granted."""
    return f"{one.name}: {step.target.name}"


def _access(work: Work, parent: str, app: str) -> str | None:
    text = f"SELECT Id FROM SetupEntityAccess WHERE ParentId = {quote(parent)} AND SetupEntityId = {quote(app)}"
    answer = work.org.queries([text])[0]
    if isinstance(answer, OrgError):
        raise answer
    return str(answer[0]["Id"]) if answer else None


# ---- packages


def _covers(there: Package, wanted: Package) -> bool:
    """Whether everything in the wanted files is there; the org may say more, and in another order."""
    for path, data in wanted.files:
        found = there.file(path)
        if found is None or not (found == data or _elements(data) <= _elements(found)):
            return False
    return True


def _elements(data: bytes) -> set[str]:
    try:
        return {_canonical(one) for one in parse(data).children if one.tag not in ("label", "description")}
    except Malformed:
        return {base64.b64encode(data).decode()}


def _canonical(one: Element) -> str:
    """An element whatever the order in it; a permission that is `false` says the same as one that is not named."""
    inner = sorted(_canonical(child) for child in one.children if child.children or child.value.strip() != "false")
    return f"{one.tag}({','.join(inner) or one.value.strip()})"


def _kept(there: Package) -> dict[str, Any]:
    zipped = base64.b64encode(archives.pack(there)).decode() if there.files else ""
    return {"zip": zipped, "types": [[kind, list(names)] for kind, names in there.types]}


def _recalled(backup: dict[str, Any]) -> Package:
    types = tuple((str(kind), tuple(map(str, names))) for kind, names in backup["types"])
    if not backup["zip"]:
        return Package((), ())
    return archives.unpack(base64.b64decode(backup["zip"]), types, (), archives.VERSION)

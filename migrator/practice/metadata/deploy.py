"""A deploy: every component through its writer, tests, and all undone if that was asked or something failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from migrator.practice import apex_tests
from migrator.practice.errors import SalesforceError
from migrator.practice.metadata import archive, components
from migrator.practice.metadata.components import Component
from migrator.practice.metadata.kinds import CHILDREN, KINDS
from migrator.practice.metadata.writing import WRITERS, Broken
from migrator.practice.org import Org
from migrator.practice.platform.rule import Unit
from migrator.practice.records import Records
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import Session, grants
from migrator.practice.store import Undone, undo
from migrator.practice.values import full_name
from scanners.xml import Malformed

_NEEDED = frozenset({"ModifyAllData", "ModifyMetadata", "AuthorApex"})


@dataclass(frozen=True, slots=True)
class Options:
    """DeployOptions, as far as they matter here."""

    check_only: bool = False
    rollback: bool = True
    ignore_warnings: bool = False
    test_level: str = ""
    run_tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one component."""

    type: str
    name: str
    path: str
    id: str = ""
    problem: str = ""
    warning: bool = False
    line: int = 0
    column: int = 0
    created: bool = False
    deleted: bool = False

    @property
    def success(self) -> bool:
        """Whether it is in."""
        return not self.problem or self.warning


@dataclass(slots=True)
class Deployment:
    """A deploy that is over."""

    id: str
    options: Options
    started: str
    by: str
    results: list[Result] = field(default_factory=list)
    tests: list[apex_tests.Outcome] = field(default_factory=list)
    error: str = ""
    ready: datetime | None = None
    """Until when its tests seem to run."""

    @property
    def failures(self) -> list[Result]:
        """The components that did not go in."""
        return [one for one in self.results if not one.success]

    @property
    def failed_tests(self) -> list[apex_tests.Outcome]:
        """The tests that failed."""
        return [one for one in self.tests if not one.passed]

    @property
    def success(self) -> bool:
        """Whether everything went well."""
        return not (self.failures or self.failed_tests or self.error)

    @property
    def status(self) -> str:
        """Succeeded, SucceededPartial or Failed."""
        if self.success:
            return "Succeeded"
        if (
            not self.options.rollback
            and not self.failed_tests
            and not self.error
            and len(self.failures) < len(self.results)
        ):
            return "SucceededPartial"
        return "Failed"


def deploy(org: Org, session: Session, data: bytes, options: Options) -> Deployment:
    """Deploy a zip; the outcome, also of a deploy that failed."""
    if not grants(org, session.user_id).permissions & _NEEDED:
        message = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
        raise SalesforceError("INSUFFICIENT_ACCESS", message, status=403)
    made = Deployment(org.store.new_id("0Af"), options, org.clock.stamp(), session.user_id)
    org.memory.setdefault("deployments", {})[made.id] = made
    try:
        files = archive.unpack(data)
        with org.store.transaction():
            _run(org, session, files, made)
            if options.check_only or made.status == "Failed":
                undo()
    except Undone:
        pass
    except SalesforceError as error:
        made.error = error.message
    return made


def _run(org: Org, session: Session, files: dict[str, bytes], made: Deployment) -> None:
    manifest = archive.manifest(files["package.xml"])
    found, unknown = components.components(files)
    _destroy(org, session, files, made, ("destructiveChangesPre.xml", "destructiveChanges.xml"))
    for path in unknown:
        folder = path.partition("/")[0]
        made.results.append(Result("", path, path, problem=f"{folder} holds no type that the practice org knows"))
    order = list(KINDS)
    for one in sorted(found, key=lambda one: (order.index(one.kind.name), one.name)):
        made.results.append(_write(org, session, one))
    here = {(one.kind.name, one.name.lower()) for one in found}
    for kind, names in manifest.types.items():
        for name in names:
            missing = kind in KINDS and name != "*" and (kind, name.lower()) not in here
            if missing and name not in components.names(org, kind):
                problem = (
                    f"An object '{name}' of type {kind} was named in package.xml, but was not found in zipped directory"
                )
                made.results.append(Result(kind, name, "package.xml", problem=problem))
    _destroy(org, session, files, made, ("destructiveChangesPost.xml",))
    if not made.failures:
        _tests(org, made)


def _write(org: Org, session: Session, one: Component) -> Result:
    base = Result(one.kind.name, one.name, one.path)
    try:
        with org.store.transaction():
            record, new = WRITERS[one.kind.name](Records(org, session, Unit()), one)
            # Settings are always there, and said anew from what they set.
            fresh = one.kind.name != "Settings" and components.keep(org, one, session.user_id, record)
    except (SalesforceError, Broken, Malformed) as error:
        message = error.message if isinstance(error, SalesforceError) else str(error)
        line, column = (error.line, error.column) if isinstance(error, Broken) else (1, 1)
        return Result(one.kind.name, one.name, one.path, problem=message, line=line, column=column)
    if one.kind.name == "CustomObject" and SCHEMA.find(one.name) is None:
        problem = "The object is kept and can be retrieved; the practice org does not make it queryable"
        return Result(one.kind.name, one.name, one.path, problem=problem, warning=True, created=fresh)
    return Result(base.type, base.name, base.path, id=record, created=new or (fresh and not record))


def _destroy(org: Org, session: Session, files: dict[str, bytes], made: Deployment, names: tuple[str, ...]) -> None:
    for file in names:
        if file not in files:
            continue
        for kind, members in archive.manifest(files[file]).types.items():
            for name in members:
                made.results.append(_delete(org, session, kind, name, file))


_RECORDS = {
    "ApexClass": "Name",
    "ApexTrigger": "Name",
    "CustomPermission": "DeveloperName",
    "PermissionSet": "Name",
    "PermissionSetGroup": "DeveloperName",
}


def _delete(org: Org, session: Session, kind: str, name: str, path: str) -> Result:
    store = org.store
    try:
        with store.transaction():
            if kind == "ValidationRule":
                of, _, rule = name.partition(".")
                row = store.first("ValidationRule", EntityDefinitionId=of, ValidationName=rule)
                if row:
                    store.delete(SCHEMA["ValidationRule"], row["Id"])
            elif kind == "Profile":
                row = store.first("Profile", FullName=name)
                _delete_profile(org, row["Id"] if row else "")
            elif kind in _RECORDS:
                row = store.first(kind, **{_RECORDS[kind]: name})
                if row:
                    Records(org, session, Unit()).delete(SCHEMA[kind], row["Id"])
            elif kind in KINDS or kind in CHILDREN:
                row = {"Id": ""} if components.kept(org, kind, name) else None
            else:
                return Result(kind, name, path, problem=f"Unknown type name '{kind}' specified in {path}")
            if row is None:
                problem = f"No {kind} named: {name} found"
                return Result(kind, name, path, problem=problem, warning=True, deleted=False)
            components.forget(org, kind, name)
            return Result(kind, name, path, id=row["Id"], deleted=True)
    except SalesforceError as error:
        return Result(kind, name, path, problem=error.message)


def _delete_profile(org: Org, profile_id: str) -> None:
    if not profile_id:
        return
    if org.store.first("User", ProfileId=profile_id):
        raise SalesforceError("DELETE_FAILED", "This profile is assigned to users and cannot be deleted")
    if (org.store.get("Profile", profile_id) or {}).get("IsStandard"):
        raise SalesforceError("DELETE_FAILED", "Standard profiles cannot be deleted")
    for row in org.store.where("PermissionSet", ProfileId=profile_id):
        for name in ("ObjectPermissions", "FieldPermissions", "SetupEntityAccess"):
            org.store.db.execute(f'DELETE FROM "{name}" WHERE "ParentId" = ?', (row["Id"],))
        org.store.delete(SCHEMA["PermissionSet"], row["Id"])
    org.store.delete(SCHEMA["Profile"], profile_id)


def _tests(org: Org, made: Deployment) -> None:
    level, names = made.options.test_level, made.options.run_tests
    if level == "RunSpecifiedTests" or names:
        made.tests = apex_tests.outcomes(org, apex_tests.Asked(dict.fromkeys(names, ())))
    elif level in ("RunLocalTests", "RunAllTestsInOrg"):
        made.tests = apex_tests.outcomes(org, apex_tests.Asked({}, level))
    elif not level and not org.organization()["IsSandbox"] and any(one.type.startswith("Apex") for one in made.results):
        made.tests = apex_tests.outcomes(org, apex_tests.Asked({}, "RunLocalTests"))
    if made.tests:
        made.ready = org.clock.now() + timedelta(seconds=apex_tests.seconds(org))


def report(org: Org, made: Deployment, *, details: bool) -> dict[str, Any]:
    """DeployResult, as both the SOAP and the REST resource give it."""
    if made.ready and org.clock.now() < made.ready:
        return {"checkOnly": made.options.check_only, "done": False, "id": made.id, "status": "InProgress"}
    user = org.store.get("User", made.by) or {}
    found: dict[str, Any] = {
        "checkOnly": made.options.check_only,
        "completedDate": made.started,
        "createdBy": made.by,
        "createdByName": full_name(user),
        "createdDate": made.started,
        "done": True,
        "id": made.id,
        "ignoreWarnings": made.options.ignore_warnings,
        "lastModifiedDate": made.started,
        "numberComponentErrors": len(made.failures),
        "numberComponentsDeployed": 0 if made.status == "Failed" else len(made.results) - len(made.failures),
        "numberComponentsTotal": len(made.results),
        "numberTestErrors": len(made.failed_tests),
        "numberTestsCompleted": len(made.tests) - len(made.failed_tests),
        "numberTestsTotal": len(made.tests),
        "rollbackOnError": made.options.rollback,
        "runTestsEnabled": bool(made.tests),
        "startDate": made.started,
        "status": made.status,
        "success": made.success,
    }
    if made.error:
        found |= {"errorMessage": made.error, "errorStatusCode": "UNKNOWN_EXCEPTION"}
    if details:
        found["details"] = _details(made)
    return found


def _details(made: Deployment) -> dict[str, Any]:
    failures = [
        {
            "id": one.class_row["Id"],
            "message": one.message,
            "methodName": one.method,
            "name": one.class_row["Name"],
            "namespace": None,
            "packageName": one.class_row["Name"],
            "stackTrace": f"Class.{one.class_row['Name']}.{one.method}: line 4, column 1",
            "time": 12.0,
            "type": "Class",
        }
        for one in made.failed_tests
    ]
    successes = [
        {
            "id": one.class_row["Id"],
            "methodName": one.method,
            "name": one.class_row["Name"],
            "namespace": None,
            "time": 12.0,
        }
        for one in made.tests
        if one.passed
    ]
    run = {
        "codeCoverage": [],
        "codeCoverageWarnings": [],
        "failures": failures,
        "numFailures": len(failures),
        "numTestsRun": len(made.tests),
        "successes": successes,
        "totalTime": 12.0 * len(made.tests),
    }
    return {
        "componentFailures": [_message(made, one) for one in made.failures],
        "componentSuccesses": [_message(made, one) for one in made.results if one.success],
        "runTestResult": run,
    }


def _message(made: Deployment, one: Result) -> dict[str, Any]:
    found: dict[str, Any] = {
        "changed": one.success,
        "columnNumber": one.column or None,
        "componentType": one.type,
        "created": one.created,
        "createdDate": made.started,
        "deleted": one.deleted,
        "fileName": one.path,
        "fullName": one.name,
        "id": one.id or None,
        "lineNumber": one.line or None,
        "problem": one.problem or None,
        "problemType": ("Warning" if one.warning else "Error") if one.problem else None,
        "success": one.success,
        "warning": one.warning,
    }
    return {name: value for name, value in found.items() if value is not None}

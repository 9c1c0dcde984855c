"""Metadata into an org and out of it: validate, deploy, retrieve, destroy, over the Metadata API.

A deploy is all or nothing (`rollbackOnError`). It is started once and never again; what was started is waited for, and
when the wait ends without an answer the id of the deploy is in the error, so that `wait` can go on with it.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from migrator import archives, envelopes
from migrator.archives import VERSION, Package, Types
from migrator.ports import Org, OrgError
from scanners.errors import Failed
from scanners.xml import Element

__all__ = ["Deployed", "Package", "Ran", "Wait", "deploy", "destroy", "retrieve", "start", "validate", "wait"]


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait for the org, in seconds: the first pause, the longest one, and all of them together."""

    first: float = 1.0
    longest: float = 15.0
    most: float = 3600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


PATIENT = Wait()


@dataclass(frozen=True, slots=True)
class Ran:
    """One Apex test method (`Class.method`) and what it said when it failed."""

    test: str
    passed: bool
    says: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """How a deploy ended. `problems` says why it failed, a line each; `warnings` did not stop it."""

    id: str
    succeeded: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tests: tuple[Ran, ...] = ()
    status: str = ""


# ---- in


def validate(org: Org, package: Package, tests: Iterable[str] = (), patience: Wait = PATIENT) -> Deployed:
    """What a deploy would come to (`checkOnly`); nothing is kept. Raises OrgError, Refused, Failed."""
    return wait(org, start(org, package, tests, check_only=True), patience)


def deploy(org: Org, package: Package, tests: Iterable[str] = (), patience: Wait = PATIENT) -> Deployed:
    """Deploy all of it or nothing, with these test classes. Raises OrgError, Refused, Failed.

    Without tests the org decides which run: none in a sandbox, all local ones in production when Apex is in the package
    (documented).
    """
    return wait(org, start(org, package, tests), patience)


def destroy(org: Org, types: Types, patience: Wait = PATIENT) -> Deployed:
    """Delete components; those that are not there are warnings. Raises OrgError, Refused, Failed."""
    empty = Package(
        (("destructiveChanges.xml", archives.manifest(types, "")),),
        (),
        VERSION,
    )
    return wait(org, start(org, empty, ignore_warnings=True), patience)


def start(
    org: Org, package: Package, tests: Iterable[str] = (), *, check_only: bool = False, ignore_warnings: bool = False
) -> str:
    """Start a deploy; its id. Raises OrgError when the org does not take it, Refused for what no org takes."""
    data = base64.b64encode(archives.pack(package)).decode()
    names = tuple(tests)
    options = (  # in the order of the WSDL
        ("checkOnly", check_only),
        ("ignoreWarnings", ignore_warnings),
        ("rollbackOnError", True),
        *(("runTests", name) for name in names),
        ("singlePackage", True),
        *((("testLevel", "RunSpecifiedTests"),) if names else ()),
    )
    inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in options)
    answer = org.soap("deploy", f"<ZipFile>{data}</ZipFile><DeployOptions>{inner}</DeployOptions>")
    return _id(answer, "deploy")


def wait(org: Org, key: str, patience: Wait = PATIENT) -> Deployed:
    """How the deploy with this id ended; Failed, which names the id, when the org does not tell."""
    inner = f"<asyncProcessId>{escape(key)}</asyncProcessId><includeDetails>true</includeDetails>"
    return _deployed(key, _polled(org, "checkDeployStatus", inner, f"the deploy {key}", patience))


def _deployed(key: str, result: Element) -> Deployed:
    found = Deployed(key, result.get("success") == "true", status=result.get("status"), tests=tuple(_tests(result)))
    said = [_message(one) for one in result.all("details", "componentSuccesses") if one.get("problem")]
    failures = list(result.all("details", "componentFailures"))
    said += [_message(one) for one in failures if one.get("problemType") == "Warning"]
    if found.succeeded:
        return replace(found, warnings=tuple(said))
    problems = [_message(one) for one in failures if one.get("problemType") != "Warning"]
    problems += [f"test {one.test} failed: {one.says}" for one in found.tests if not one.passed]
    problems += [one.get("message") for one in result.all("details", "runTestResult", "codeCoverageWarnings")]
    if result.get("errorMessage"):
        problems.append(": ".join(filter(None, (result.get("errorStatusCode"), result.get("errorMessage")))))
    if not problems:  # a warning that the org takes for an error (ignoreWarnings), or a deploy that was canceled
        problems = said or [f"the deploy ended as {found.status or 'failed'}, and the org gives no reason"]
        said = [] if problems == said else said
    return replace(found, problems=tuple(dict.fromkeys(problems)), warnings=tuple(said))


def _tests(result: Element) -> Iterable[Ran]:
    for one in result.all("details", "runTestResult", "failures"):
        yield Ran(_method(one), passed=False, says=" ".join(one.get("message").split()) or "no message")
    for one in result.all("details", "runTestResult", "successes"):
        yield Ran(_method(one), passed=True)


def _method(one: Element) -> str:
    space = one.get("namespace")
    return f"{space}{'.' if space else ''}{one.get('name')}.{one.get('methodName')}"


def _message(one: Element) -> str:
    """What is wrong with one component and where: `ApexClass Billing (classes/Billing.cls:3:5): …`."""
    place = ":".join(filter(None, (one.get("fileName"), one.get("lineNumber"), one.get("columnNumber"))))
    what = f"{one.get('componentType')} {one.get('fullName')}".strip() or "the package"
    return f"{what}{f' ({place})' if place else ''}: {' '.join(one.get('problem').split()) or 'no reason given'}"


# ---- out


def retrieve(org: Org, types: Types, version: str = VERSION, patience: Wait = PATIENT) -> Package:
    """Components as files, for a backup; what is not in the org is in `missing`. Raises OrgError, Failed.

    A Profile comes without what belongs to types that are not asked for beside it (documented); a PermissionSet is
    whole.
    """
    wanted = "".join(
        "<types>"
        + "".join(f"<members>{escape(one)}</members>" for one in members)
        + f"<name>{escape(kind)}</name></types>"
        for kind, members in types
    )
    version = escape(version)
    inner = (
        f"<retrieveRequest><apiVersion>{version}</apiVersion><singlePackage>true</singlePackage>"
        f"<unpackaged>{wanted}<version>{version}</version></unpackaged></retrieveRequest>"
    )
    key = _id(org.soap("retrieve", inner), "retrieve")
    ask = f"<asyncProcessId>{escape(key)}</asyncProcessId><includeZip>true</includeZip>"
    result = _polled(org, "checkRetrieveStatus", ask, f"the retrieve {key}", patience)
    problems = tuple(" ".join(one.get("problem").split()) for one in result.all("messages"))
    if result.get("success") != "true":
        why = result.get("errorMessage") or "; ".join(problems) or result.get("status") or "no reason given"
        raise Failed(f"the retrieve {key} failed: {why}")
    try:
        data = base64.b64decode(result.get("zipFile"), validate=False)
    except (binascii.Error, ValueError):
        raise Failed(f"the retrieve {key} gave a zip that cannot be read") from None
    return archives.unpack(data, types, problems, version)


# ---- the Metadata API


def _polled(org: Org, operation: str, inner: str, what: str, patience: Wait) -> Element:
    """Ask until it is done; the result, its tags without prefixes."""
    end = patience.clock() + patience.most
    pause = patience.first
    while True:
        try:
            found = envelopes.results(org.soap(operation, inner))
        except (OrgError, Failed) as error:
            raise Failed(f"{what} was started, and how it ended is not known: {error}. Look for it in Setup") from None
        if not found:
            raise Failed(f"{what} was started, and the org does not tell how it goes. Look for it in Setup")
        for one in found[0].walk():
            one.tag = one.tag.rpartition(":")[2]
        if found[0].get("done") == "true":
            return found[0]
        if patience.clock() >= end:
            status = found[0].get("status") or "not done"
            raise Failed(
                f"{what} is {status} after {patience.most:.0f} seconds; it goes on in the org. Look for it in Setup"
            )
        patience.sleep(min(pause, max(end - patience.clock(), 0.0)))
        pause = min(pause * 1.5, patience.longest)


def _id(answer: bytes, operation: str) -> str:
    found = envelopes.results(answer)
    key = (
        next((one.value.strip() for one in found[0].walk() if one.tag.rpartition(":")[2] == "id"), "") if found else ""
    )
    if not key:
        raise Failed(f"the org did not say whether it started the {operation}; look for it in Setup")
    return key


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))

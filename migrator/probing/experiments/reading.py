"""Questions that a look answers; nothing is written."""

from __future__ import annotations

import re

from migrator import deploying
from migrator.archives import Package
from migrator.model import TARGET_LICENSE, TARGET_PSL
from migrator.ports import OrgError, Row
from migrator.probing.bench import Bench
from migrator.probing.values import PREFIX, Answer, CannotRun, Experiment
from migrator.soql import beginning, quote
from scanners.reports.text import shorten

_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_NOTHING = "nothing: a query"


def _license(bench: Bench) -> Row:
    text = f"SELECT Name, MasterLabel, LicenseDefinitionKey FROM UserLicense WHERE Name = {quote(TARGET_LICENSE)}"  # noqa: S608
    return bench.ask(text)[0]


def _psl(bench: Bench) -> Row:
    text = "SELECT DeveloperName, MasterLabel, PermissionSetLicenseKey FROM PermissionSetLicense "
    rows = bench.ask(text + f"WHERE DeveloperName LIKE {beginning('SalesforceAPIIntegration')}")
    found = [row for row in rows if str(row["DeveloperName"]).lower() == TARGET_PSL.lower()]
    if not found:
        raise CannotRun("the org has no permission set license Salesforce API Integration")
    return found[0]


def _known(value: str, *known: str) -> Answer:
    if value not in known:
        raise CannotRun(f"it is {value!r}, which none of the plausible answers is")
    return Answer(value, f"{value!r}")


def definition_key(bench: Bench) -> Answer:
    """As it stands."""
    key = str(_license(bench)["LicenseDefinitionKey"])
    return _known(key, "SALESFORCE_INTEGRATION_USER", "PID_Salesforce_Integration")


def developer_name(bench: Bench) -> Answer:
    """As it is spelled."""
    return _known(str(_psl(bench)["DeveloperName"]), TARGET_PSL, "SalesforceAPIIntegrationPSL")


def psl_key(bench: Bench) -> Answer:
    """Nothing, or the developer name."""
    row = _psl(bench)
    key = row.get("PermissionSetLicenseKey")
    if not key:
        return Answer("empty", "no key")
    if str(key).lower() != str(row["DeveloperName"]).lower():
        raise CannotRun(f"it is {key!r}, which none of the plausible answers is")
    return Answer("developer-name", f"{key!r}")


def language(bench: Bench) -> Answer:
    """Whether labels are translated."""
    row = _license(bench)
    label = str(row["MasterLabel"])
    if label == row["Name"]:
        return Answer("en_US", f"MasterLabel is {label!r}, as Name is")
    if not _JAPANESE.search(label):
        raise CannotRun(f"labels are translated ({label!r}), and not into Japanese")
    return Answer("ja", f"MasterLabel is {label!r}, Name {row['Name']!r}")


def package_objects(bench: Bench) -> Answer:
    """Whether the org knows them."""
    found = bench.org.queries(["SELECT Id FROM PackageLicense LIMIT 1", "SELECT Id FROM UserPackageLicense LIMIT 1"])
    errors = [one for one in found if isinstance(one, OrgError)]
    if not errors:
        return Answer("visible", "both can be queried")
    if all(one.code == "INVALID_TYPE" for one in errors):
        return Answer("hidden", errors[0].brief)
    raise errors[0]


def field_permissions(bench: Bench) -> Answer:
    """A query that selects Field alone."""
    try:
        bench.ask("SELECT Field FROM FieldPermissions WHERE SobjectType = 'Account' LIMIT 1")
    except OrgError as error:
        if error.code != "MALFORMED_QUERY":
            raise
        return Answer("required", error.brief)
    return Answer("free", "a query of Field alone is answered")


_RANGE = "<loginIpRanges><description>probe</description><endAddress>255.255.255.255</endAddress>"
_NEW = f"{PREFIX}_Profile"


def _validated(bench: Bench, name: str, custom: str, inner: str) -> tuple[bool, str]:
    """Whether a deploy of a profile would be accepted; only checked, never done."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><Profile xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<custom>{custom}</custom>{inner}<userLicense>{TARGET_LICENSE}</userLicense></Profile>"
    )
    package = Package(((f"profiles/{name}.profile", xml.encode()),), (("Profile", (name,)),))
    done = deploying.validate(bench.org, package)
    return done.succeeded, "accepted" if done.succeeded else shorten("; ".join(done.problems), 200)


def profile_changes(bench: Bench) -> Answer:
    """Two deploys that are only checked: a login range for the standard profile, and a new profile of the license."""
    rows = bench.ask(f"SELECT Name FROM Profile WHERE Id = {quote(bench.target)}")  # noqa: S608 - quoted
    change = _validated(
        bench, str(rows[0]["Name"]), "false", f"{_RANGE}<startAddress>0.0.0.0</startAddress></loginIpRanges>"
    )
    new = _validated(bench, _NEW, "true", "")
    saw = f"a change: {change[1]}; a new profile: {new[1]}"
    if change[0] != new[0]:
        raise CannotRun(f"the one can be done and the other not: {saw}")
    return Answer("allow" if new[0] else "refuse", saw)


EXPERIMENTS = (
    Experiment(
        "license-definition-key",
        "What is UserLicense.LicenseDefinitionKey of Salesforce Integration?",
        _NOTHING,
        definition_key,
    ),
    Experiment(
        "psl-developer-name",
        "How is PermissionSetLicense.DeveloperName of Salesforce API Integration spelled?",
        _NOTHING,
        developer_name,
    ),
    Experiment("psl-key", "What is PermissionSetLicenseKey of Salesforce API Integration?", _NOTHING, psl_key),
    Experiment("label-language", "In which language are labels of licenses?", _NOTHING, language),
    Experiment(
        "package-license-objects", "Are PackageLicense and UserPackageLicense there?", _NOTHING, package_objects
    ),
    Experiment(
        "field-permissions-select",
        "Must a query of FieldPermissions select both SobjectType and Field?",
        _NOTHING,
        field_permissions,
    ),
    Experiment(
        "standard-profile-changes",
        "Can the standard API-only profile be edited and cloned?",
        "nothing: two deploys that are only checked",
        profile_changes,
    ),
)

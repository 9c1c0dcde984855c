"""SOAP: the Metadata API, login, anonymous Apex."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.sax.saxutils import escape

from migrator.practice import sessions
from migrator.practice.errors import SalesforceError
from migrator.practice.http.call import NEWEST, Reply
from migrator.practice.http.metadata_rest import options
from migrator.practice.http.tooling import anonymous
from migrator.practice.metadata import components
from migrator.practice.metadata.archive import Manifest
from migrator.practice.metadata.deploy import Deployment, deploy, report
from migrator.practice.metadata.kinds import KINDS
from migrator.practice.metadata.retrieve import Retrieved, content, property_of, retrieve
from migrator.practice.org import Org
from migrator.practice.platform import logins
from migrator.practice.schema.permissions import PERMISSIONS
from migrator.practice.sessions import Session
from migrator.practice.values import full_name
from scanners.xml import Element, Malformed, parse

XML = "text/xml; charset=utf-8"
_METADATA = "http://soap.sforce.com/2006/04/metadata"
_PARTNER = "urn:partner.soap.sforce.com"
_APEX = "http://soap.sforce.com/2006/08/apex"
_LAST_LOGIN = 64
"""The last API version with login() (documented, domain 7)."""


@dataclass(frozen=True, slots=True)
class Raw:
    """XML that is written as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP request."""

    org: Org
    operation: str
    body: Element
    session_id: str
    version: str

    def session(self) -> Session:
        """Who asks; raises for an invalid session."""
        return sessions.resolve(self.org, self.session_id)


def answer(org: Org, api: str, version: str, raw: bytes, bearer: str = "") -> Reply:
    """The answer to a SOAP request of an API: m (metadata), u (partner login), s (Apex)."""
    space = {"m": _METADATA, "s": _APEX}.get(api, _PARTNER)
    try:
        envelope = read(org, raw, version, bearer)
        result = _OPERATIONS.get(api, {}).get(envelope.operation, _unknown)(envelope)
    except SalesforceError as error:
        return fault(error)
    except Malformed as error:
        return fault(SalesforceError("INVALID_XML", f"The request is no SOAP envelope: {error}"))
    inner = "".join(xml("result", one) for one in result) if isinstance(result, list) else xml("result", result)
    text = f"<{envelope.operation}Response>{inner}</{envelope.operation}Response>"
    return Reply(200, _envelope(text, space), {}, XML)


def read(org: Org, raw: bytes, version: str, bearer: str) -> Envelope:
    """The operation and session of an envelope; prefixes of any kind are dropped."""
    root = parse(raw)
    for one in root.walk():
        one.tag = one.tag.rpartition(":")[2]
    body = root.find("Body")
    if root.tag != "Envelope" or body is None or not body.children:
        raise SalesforceError("INVALID_XML", "The request is no SOAP envelope with a body")
    operation = body.children[0]
    token = root.get("Header", "SessionHeader", "sessionId") or bearer
    return Envelope(org, operation.tag, operation, token, version)


def fault(error: SalesforceError) -> Reply:
    """An error as SOAP has it."""
    code = escape(error.code)
    text = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(error.message)}</faultstring>"
        "</soapenv:Fault>"
    )
    return Reply(500, _envelope(text, _PARTNER), {}, XML)


def _envelope(text: str, space: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="{space}" xmlns:sf="urn:fault.partner.soap.sforce.com" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{text}</soapenv:Body></soapenv:Envelope>'
    ).encode()


def xml(name: str, value: object) -> str:
    """A value as an element: dictionaries nest, lists repeat, None is left out."""
    if value is None:
        return ""
    if isinstance(value, Raw):
        return f"<{name}>{value.text}</{name}>"
    if isinstance(value, dict):
        kind = value.get("@type")
        head = f'{name} xsi:type="{kind}"' if kind else name
        return f"<{head}>" + "".join(xml(key, one) for key, one in value.items() if key != "@type") + f"</{name}>"
    if isinstance(value, (list, tuple)):
        return "".join(xml(name, one) for one in value)
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{text}</{name}>"


def _unknown(envelope: Envelope) -> NoReturn:
    raise SalesforceError("UNKNOWN_EXCEPTION", f"No operation available for request {envelope.operation[:80]}")


# ---- metadata


def _deploy(envelope: Envelope) -> dict[str, Any]:
    session = envelope.session()
    found: dict[str, Any] = {}
    wanted = envelope.body.find("DeployOptions") or envelope.body.find("deployOptions")
    for one in wanted.children if wanted else ():
        if one.tag == "runTests":
            found.setdefault("runTests", []).append(one.value.strip())
        else:
            found[one.tag] = one.value.strip()
    data = envelope.body.get("ZipFile") or envelope.body.get("zipFile")
    try:
        raw = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        raise SalesforceError("INVALID_PARAMETER_VALUE", "ZipFile is not base64") from None
    made = deploy(envelope.org, session, raw, options(found))
    return {"done": False, "id": made.id, "state": "Queued"}


def _check_deploy(envelope: Envelope) -> dict[str, Any]:
    envelope.session()
    key = envelope.body.get("asyncProcessId") or envelope.body.get("id")
    found: Deployment | None = envelope.org.memory.get("deployments", {}).get(key)
    if found is None:
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {key[:40]}")
    details = envelope.body.get("includeDetails").lower() == "true"
    return report(envelope.org, found, details=details)


def _retrieve(envelope: Envelope) -> dict[str, Any]:
    envelope.session()
    request = envelope.body.find("retrieveRequest") or envelope.body.find("request")
    package = request.find("unpackaged") if request else None
    if package is None:
        raise SalesforceError("INVALID_PARAMETER_VALUE", "Only unpackaged components can be retrieved here")
    types: dict[str, tuple[str, ...]] = {}
    for one in package.all("types"):
        name = one.get("name")
        types[name] = (*types.get(name, ()), *(member.value.strip() for member in one.all("members")))
    single = (request.get("singlePackage") if request else "").lower() == "true"
    version = package.get("version") or envelope.version.removeprefix("v")
    made = retrieve(envelope.org, Manifest(types, version), folder="" if single else "unpackaged/")
    return {"done": False, "id": made.id, "state": "Queued"}


def _check_retrieve(envelope: Envelope) -> dict[str, Any]:
    envelope.session()
    key = envelope.body.get("asyncProcessId") or envelope.body.get("id")
    found: Retrieved | None = envelope.org.memory.get("retrieves", {}).get(key)
    if found is None:
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {key[:40]}")
    return {
        "done": True,
        "fileProperties": found.properties,
        "id": key,
        "messages": [{"fileName": file, "problem": problem} for file, problem in found.messages],
        "status": "Succeeded",
        "success": True,
        "zipFile": base64.b64encode(found.zip).decode(),
    }


def _describe(envelope: Envelope) -> dict[str, Any]:
    envelope.session()
    return {
        "metadataObjects": [
            {
                "childXmlNames": list(one.children),
                "directoryName": one.folder,
                "inFolder": False,
                "metaFile": one.meta,
                "suffix": one.suffix,
                "xmlName": one.name,
            }
            for one in KINDS.values()
        ],
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }


def _list(envelope: Envelope) -> list[dict[str, Any]]:
    envelope.session()
    found = []
    for query in [*envelope.body.all("queries"), *envelope.body.all("query")]:
        kind = KINDS.get(query.get("type"))
        if kind is None:
            raise SalesforceError("INVALID_TYPE", f"Unknown type:{query.get('type')[:80]}")
        for name, row in sorted(components.names(envelope.org, kind.name).items()):
            found.append(property_of(envelope.org, kind, name, row))
    return found


def _read(envelope: Envelope) -> Raw:
    envelope.session()
    kind = KINDS.get(envelope.body.get("type") or envelope.body.get("metadataType"))
    if kind is None or kind.meta:
        raise SalesforceError("INVALID_TYPE", "This type cannot be read; retrieve it instead")
    have = components.names(envelope.org, kind.name)
    records: list[str] = []
    for one in envelope.body.all("fullNames"):
        name = one.value.strip()
        if name not in have:
            continue
        files = content(envelope.org, kind, name, have[name])
        text = next(data for path, data in files.items() if not path.endswith("-meta.xml")).decode()
        inner = text.partition("?>")[2].partition(">")[2].rpartition("</")[0]
        records.append(f'<records xsi:type="{kind.name}"><fullName>{escape(name)}</fullName>{inner}</records>')
    return Raw("".join(records))


# ---- login and Apex


def _login(envelope: Envelope) -> dict[str, Any]:
    org = envelope.org
    number = int(float(envelope.version.removeprefix("v") or NEWEST))
    if number > _LAST_LOGIN or org.behavior("soap-login") == "off":
        raise SalesforceError("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.")
    user = logins.by_password(org, envelope.body.get("username"), envelope.body.get("password"))
    token = sessions.open_session(org, user["Id"])
    organization = org.organization()
    return {
        "metadataServerUrl": f"{org.url}/services/Soap/m/{number}.0/{org.id}",
        "passwordExpired": False,
        "sandbox": bool(organization["IsSandbox"]),
        "serverUrl": f"{org.url}/services/Soap/u/{number}.0/{org.id}",
        "sessionId": token,
        "userId": user["Id"],
        "userInfo": {
            "organizationId": org.id,
            "organizationName": organization["Name"],
            "profileId": user["ProfileId"],
            "userEmail": user["Email"],
            "userFullName": full_name(user),
            "userId": user["Id"],
            "userName": user["Username"],
            "userType": "Standard",
        },
    }


def _anonymous(envelope: Envelope) -> dict[str, Any]:
    session = envelope.session()
    if "AuthorApex" not in sessions.grants(envelope.org, session.user_id).permissions:
        raise SalesforceError("INSUFFICIENT_ACCESS", f"{PERMISSIONS['AuthorApex']} is required")
    return anonymous(envelope.body.get("String") or envelope.body.get("apexcode") or envelope.body.value)


Operation = Callable[[Envelope], Any]
_OPERATIONS: dict[str, dict[str, Operation]] = {
    "m": {
        "deploy": _deploy,
        "checkDeployStatus": _check_deploy,
        "retrieve": _retrieve,
        "checkRetrieveStatus": _check_retrieve,
        "describeMetadata": _describe,
        "listMetadata": _list,
        "readMetadata": _read,
    },
    "u": {"login": _login},
    "c": {"login": _login},
    "s": {"executeAnonymous": _anonymous},
}

"""The Metadata API's REST resource: deployRequest."""

from __future__ import annotations

from typing import Any

from migrator.practice.errors import SalesforceError, json_error, not_found
from migrator.practice.http.call import Call, Reply, Route, read_json, route
from migrator.practice.metadata.deploy import Deployment, Options, deploy, report


def options(found: dict[str, Any]) -> Options:
    """DeployOptions out of JSON or, as texts, out of SOAP."""

    def on(name: str, *, default: bool) -> bool:
        value = found.get(name)
        return default if value in (None, "") else str(value).lower() == "true"

    tests = found.get("runTests") or ()
    return Options(
        check_only=on("checkOnly", default=False),
        rollback=on("rollbackOnError", default=True),
        ignore_warnings=on("ignoreWarnings", default=False),
        test_level=str(found.get("testLevel") or ""),
        run_tests=tuple(str(one) for one in ([tests] if isinstance(tests, str) else tests)),
    )


def create(call: Call) -> Reply:
    """Deploy the zip of a multipart body."""
    parts = multipart(call.raw, call.headers.get("content-type", ""))
    given = read_json(parts.get("entity_content", b"") or parts.get("json", b""))
    if not isinstance(given, dict) or "file" not in parts:
        raise json_error("The request needs the parts file and entity_content")
    found = given.get("deployOptions") or {}
    if not isinstance(found, dict):
        raise json_error("deployOptions must be an object")
    made = deploy(call.org, call.session, parts["file"], options(found))
    body = {"id": made.id, "deployOptions": found, "deployResult": {"id": made.id, "status": "Pending", "done": False}}
    return Reply(201, body)


def read(call: Call, key: str) -> Reply:
    """How a deploy went."""
    found: Deployment | None = call.org.memory.get("deployments", {}).get(key)
    if found is None:
        raise not_found()
    details = call.query.get("includeDetails", "").lower() == "true"
    return Reply(body={"id": key, "deployResult": report(call.org, found, details=details)})


def cancel(call: Call, key: str) -> Reply:
    """A deploy is over before it could be canceled."""
    if key not in call.org.memory.get("deployments", {}):
        raise not_found()
    raise SalesforceError("INVALID_ID_FIELD", "Deployment already completed")


def multipart(raw: bytes, content_type: str) -> dict[str, bytes]:
    """The parts of a multipart body by name."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"').encode("latin-1", "replace")
    if not content_type.lower().startswith("multipart/") or not boundary:
        raise json_error("The request must be multipart/form-data")
    found: dict[str, bytes] = {}
    for part in (b"\r\n" + raw).split(b"\r\n--" + boundary)[1:]:
        head, gap, body = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode("utf-8", "replace")
        if gap and name:
            found[name] = body
    return found


ROUTES: tuple[Route, ...] = (
    route("metadata/deployRequest", post=create),
    route("metadata/deployRequest/{key}", get=read, patch=cancel),
)

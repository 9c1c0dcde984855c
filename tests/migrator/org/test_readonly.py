"""Nothing that could write leaves this machine before `switch`."""

from __future__ import annotations

import pytest

from migrator.org.readonly import Call, refuse_writes
from migrator.ports import Part
from scanners.errors import Refused
from tests.migrator.worlds import World

_GET = {"compositeRequest": [{"method": "GET", "url": "/services/data/v62.0/limits"}]}
READS = [
    Call("GET", "query?q=SELECT+Id+FROM+User"),
    Call("GET", "sobjects/User/describe"),
    Call("HEAD", "limits"),
    Call("POST", "composite", _GET),
    Call("POST", "m/62.0", "", operation="readMetadata"),
    Call("POST", "m/62.0", "", operation="checkDeployStatus"),
]
_BOTH = {
    "compositeRequest": [*_GET["compositeRequest"], {"method": "PATCH", "url": "/services/data/v62.0/sobjects/User/x"}]
}
WRITES = [
    Call("PATCH", "sobjects/User/005"),
    Call("POST", "sobjects/User"),
    Call("PUT", "jobs/ingest/1/batches"),
    Call("DELETE", "sobjects/PermissionSetAssignment/0Pa"),
    Call("POST", "composite", _BOTH),
    Call("POST", "composite", {"compositeRequest": "GET"}),
    Call("POST", "composite", None),
    Call("POST", "composite/sobjects", _GET),
    Call("POST", "composite/batch", _GET),
    Call("GET", "tooling/executeAnonymous/?anonymousBody=delete"),
    Call("POST", "m/62.0", "", operation="deploy"),
    Call("POST", "m/62.0", "", operation="deleteMetadata"),
    Call("POST", "tooling/runTestsAsynchronous", {}),
]


@pytest.mark.parametrize("call", READS, ids=str)
def test_reading_passes(call: Call) -> None:
    """What changes nothing may go out, and may go out twice."""
    assert call.reads
    refuse_writes(call)


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_writing_is_refused(call: Call) -> None:
    """Everything else is refused."""
    assert not call.reads
    with pytest.raises(Refused, match="only reads"):
        refuse_writes(call)


def test_every_way_to_write_is_closed(acme: World) -> None:
    """Through the org itself; no request is made and no row changes."""
    live = acme.live()
    before = list(acme.org.store.db.iterdump())
    asked = acme.org.memory.get("requests", 0)
    for attempt in (
        lambda: live.rest("PATCH", "sobjects/User/005", {"Title": "x"}),
        lambda: live.rest("DELETE", "sobjects/User/005"),
        lambda: live.composite([Part("POST", "sobjects/Account", {"Name": "x"})]),
        lambda: live.soap("deploy", ""),
    ):
        with pytest.raises(Refused):
            attempt()
    assert live.calls.made == 0
    assert acme.org.memory.get("requests", 0) == asked
    assert list(acme.org.store.db.iterdump()) == before

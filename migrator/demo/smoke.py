"""The smoke test of Acme's interfaces, run by the gate `command python3 smoke.py`: each writes what it writes at work.

It logs in as every switched user, as the interface does, and inserts a record. It knows nothing of freeseat but the
variables that a gate's command gets. Exit code 0 if every insert was accepted, else 1.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from typing import Any

API = "62.0"
PASSWORD = os.environ.get("SMOKE_PASSWORD", "practice")  # every user's on a practice org
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "warehouse.feed": ("Invoice__c", {"Name": "Quarterly settlement"}),
    "marketing.bridge": ("Lead", {"LastName": "Smoke test", "Company": "Acme"}),
    "billing.gateway": ("Invoice__c", {"Name": "Smoke test"}),
}


def main() -> int:
    """Try every user that has something to write."""
    url, kind = os.environ["FREESEAT_INSTANCE_URL"], os.environ["FREESEAT_ORG_KIND"]
    failed = 0
    for user in filter(None, os.environ["FREESEAT_USERS"].split(",")):
        stem = user.partition("@")[0]
        if stem not in WRITES:
            print(f"{user}: only reads, nothing to try")
            continue
        name, record = WRITES[stem]
        try:
            token = login(url, user + (".practice" if kind == "sandbox" else ""))
            call(f"{url}/services/data/v{API}/sobjects/{name}", token, json.dumps(record).encode())
            print(f"{user}: inserted a record of {name}")
        except urllib.error.HTTPError as error:
            failed += 1
            print(f"{user}: {name} is refused: {said(error.read().decode())}")
    return 1 if failed else 0


def login(url: str, username: str) -> str:
    """A session by SOAP login, as many interfaces do."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns="urn:partner.soap.sforce.com"><e:Body><login>'
        f"<username>{username}</username><password>{PASSWORD}</password></login></e:Body></e:Envelope>"
    )
    request = urllib.request.Request(  # noqa: S310 - the address is the org's
        f"{url}/services/Soap/u/{API}", body.encode(), {"Content-Type": "text/xml", "SOAPAction": '""'}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return str(re.findall("<sessionId>(.*?)</sessionId>", answer.read().decode())[0])


def call(url: str, token: str, body: bytes) -> None:
    """One POST of JSON."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:  # noqa: S310
        answer.read()


def said(text: str) -> str:
    """The org's own words in an error."""
    try:
        first = json.loads(text)[0]
        return f"{first['errorCode']}: {first['message']}"
    except (ValueError, LookupError, TypeError):
        return " ".join(re.sub("<[^>]+>", " ", text).split())


if __name__ == "__main__":
    sys.exit(main())

"""How fast the practice org is: seeding, starting, queries, writes through collections. `python -m benches.practice`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import requests

from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import Running, serving
from migrator.practice.starting import READY
from migrator.practice.store import Store

USERS = 10_000
QUERY = "SELECT Id, Username, Profile.Name, Profile.UserLicense.Name FROM User"


def best(act: Callable[[], object], times: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return min(found)


def start() -> float:
    """Seconds from the command to an org that answers."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "migrator", "practice", "start"], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout or ():
        if line.strip() == READY:
            break
    seconds = time.perf_counter() - began
    process.terminate()
    process.wait()
    return seconds


def updates(running: Running, session: requests.Session, field: str, rows: int = 2000) -> float:
    """Updates a second through collections of 200 over HTTP."""
    base = f"{running.url}/services/data/v62.0/"
    keys = running.org.store.column('SELECT "Id" FROM "User" LIMIT ?', rows)
    began = time.perf_counter()
    for start_at in range(0, rows, 200):
        records = [
            {"attributes": {"type": "User"}, "id": key, field: f"Title {began}"}
            for key in keys[start_at : start_at + 200]
        ]
        answer = session.patch(base + "composite/sobjects", json={"allOrNone": True, "records": records}, timeout=60)
        assert all(one["success"] for one in answer.json()), answer.text[:300]  # noqa: S101 - a figure of a wrong run says nothing
    return rows / (time.perf_counter() - began)


def switches(running: Running, session: requests.Session, rows: int = 400) -> float:
    """Changes of profile, and so of license, a second."""
    store = running.org.store
    target = store.column('SELECT "Id" FROM "Profile" WHERE "Name" = ?', "Minimum Access - API Only Integrations")[0]
    held = store.column(
        'SELECT u."Id" FROM "User" u JOIN "Profile" p ON p."Id" = u."ProfileId" WHERE p."Name" = ? LIMIT ?',
        "API Only",
        rows,
    )
    running.org.behave("leftover-assignments", "drop")
    began = time.perf_counter()
    for start_at in range(0, len(held), 200):
        records = [
            {"attributes": {"type": "User"}, "id": key, "ProfileId": target} for key in held[start_at : start_at + 200]
        ]
        url = f"{running.url}/services/data/v62.0/composite/sobjects"
        answer = session.patch(url, json={"allOrNone": True, "records": records}, timeout=60)
        assert all(one["success"] for one in answer.json()), answer.text[:300]  # noqa: S101 - a figure of a wrong run says nothing
    return len(held) / (time.perf_counter() - began)


def main() -> int:
    """Measure and print."""
    print(f"start to first answer         {start():8.2f} s   (asked: under 2)")
    org = Org(Store())
    began = time.perf_counter()
    planting.plant(org, f"generated:{USERS}")
    print(f"seed {USERS} users             {time.perf_counter() - began:8.2f} s   (asked: under 10)")
    with serving(org) as running, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {running.token()}"
        url = f"{running.url}/services/data/v62.0/query"
        first = best(lambda: json.loads(session.get(url, params={"q": QUERY}, timeout=60).content))
        print(f"query, two paths, first page  {first * 1000:8.0f} ms  (asked: under 200)")
        print(f"updates through collections   {updates(running, session, 'Title'):8.0f} /s  (asked: 1000)")
        print(f"switches of license           {switches(running, session):8.0f} /s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

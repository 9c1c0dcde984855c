"""A large org switched and rolled back: time, calls a user, time without access, against their bounds.

    python -m benches.switch [--users 10000] [--integrations 300]

The org is a practice org in a process of its own; the commands are processes too, so that the figures are freeseat's.
Its journal is synced to the disk at every entry, as always.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from migrator import history
from migrator.history import At, Run
from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.seeds.generated import generate
from migrator.practice.server import serving
from migrator.practice.store import Store

MOST_CALLS = 4
"""Requests a user and direction, reading back included."""

MOST_BESIDE = 120
"""Requests of a command beside those of its users: names, seats, generated permission sets."""

MOST_OUTAGE = 1.0
"""Seconds without access at the 99th percentile; the access is missing within one request only."""

SETTINGS = """
[plan]
packages = "keep"
most-users = {users}
batch = 50
[[stage]]
name = "sandbox"
org = "sandbox"
gates = []
"""


def main() -> int:
    """Build the org, switch, roll back, print; exit 1 when a bound is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--integrations", type=int, default=300)
    args = parser.parse_args()
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(there, args.users, args.integrations), daemon=True
    )
    server.start()
    url, token, seconds = here.recv()
    print(f"sandbox of {args.users:,} users, {args.integrations:,} integrations, built in {seconds:.1f} s")
    env = {**os.environ, "SF_ACCESS_TOKEN": token, "SF_INSTANCE_URL": url, "PYTHONPATH": str(Path.cwd())}
    good = True
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "freeseat.toml").write_text(SETTINGS.format(users=args.users))
        _command(folder, env, "inventory", "--output", "inventory.txt")
        _command(folder, env, "plan", "--output", "plan.txt")
        digest = json.loads(Path(folder, "plan.json").read_text())["digest"]
        before = _asked(here)
        seconds = _command(folder, env, "switch", "--execute", "--digest", digest)
        good &= _told("switch", history.read(Path(folder, ".freeseat")), seconds, _asked(here) - before, At.MOVED)
        before = _asked(here)
        seconds = _command(folder, env, "rollback", "--yes")
        good &= _told("rollback", history.read(Path(folder, ".freeseat")), seconds, _asked(here) - before, At.BACK)
    here.send("stop")
    server.join(10)
    return 0 if good else 1


def _told(what: str, run: Run, seconds: float, requests: int, wanted: At) -> bool:
    """Print the figures of one direction; whether they are within their bounds."""
    there = [one for one in run.users if one.at is wanted]
    last = [_last(run, one.user, "moved" if wanted is At.MOVED else "back") for one in there]
    calls = [int(one["calls"]) for one in last]
    outages = sorted(float(one["outage"]) for one in last)
    high = outages[min(int(len(outages) * 0.99), len(outages) - 1)]
    beside = requests - sum(calls)
    print(
        f"{what}: {len(there)} of {len(run.users)} users in {seconds:.1f} s, {requests:,} requests\n"
        f"  calls a user: {statistics.mean(calls):.2f} on average, {max(calls)} at most (bound {MOST_CALLS})\n"
        f"  requests beside: {beside} (bound {MOST_BESIDE})\n"
        f"  without access: {statistics.median(outages) * 1000:.0f} ms median, {high * 1000:.0f} ms at 99 %, "
        f"{outages[-1] * 1000:.0f} ms at most (bound {MOST_OUTAGE * 1000:.0f} ms at 99 %)"
    )
    within = max(calls) <= MOST_CALLS and beside <= MOST_BESIDE and high <= MOST_OUTAGE
    return within and len(there) == len(run.users)


def _last(run: Run, user: str, event: str) -> dict[str, Any]:
    return dict(next(one.body for one in reversed(run.entries) if one.event == event and one.body["user"] == user))


def _command(folder: str, env: dict[str, str], *words: str) -> float:
    """Run one command in its own process; seconds."""
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "migrator", *words], cwd=folder, env=env, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{words}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return time.perf_counter() - before


def _asked(pipe: Connection) -> int:
    """How many requests the org has answered so far."""
    pipe.send("requests")
    return int(pipe.recv())


def _serve(pipe: Connection, users: int, integrations: int) -> None:
    """The org, until told to stop."""
    started = time.perf_counter()
    org = Org(Store(None))
    generate(org, users, share=max(users // integrations, 1))
    with org.store.transaction():
        planting.as_sandbox(org)
    org.grants.clear()
    with serving(org) as running:
        pipe.send((running.url, running.token(), time.perf_counter() - started))
        while pipe.recv() != "stop":
            pipe.send(org.memory.get("requests", 0))


if __name__ == "__main__":
    sys.exit(main())

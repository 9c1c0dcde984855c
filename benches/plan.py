"""Inventory, plan and rehearsal of a large org: time, memory and requests against their bounds.

    python -m benches.plan [--users 10000] [--integrations 300] [--fields 5000]

The org is a practice org in a process of its own, so that the figures of freeseat are freeseat's. It holds logins of
half a year, and a profile with thousands of field permissions.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from migrator.practice import clock
from migrator.practice.org import Org
from migrator.practice.seeds.builder import Builder
from migrator.practice.seeds.generated import generate
from migrator.practice.server import serving
from migrator.practice.store import Store

BOUND_REQUESTS = (200, 40)
"""Users a request, and requests beside them."""


def main() -> int:
    """Build the org, measure, print; exit 1 when a bound is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--integrations", type=int, default=300)
    parser.add_argument("--fields", type=int, default=5_000)
    args = parser.parse_args()
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(there, args.users, args.integrations, args.fields), daemon=True
    )
    server.start()
    url, token, seconds = here.recv()
    print(f"org of {args.users:,} users, {args.integrations:,} integrations, built in {seconds:.1f} s")
    env = {**os.environ, "SF_ACCESS_TOKEN": token, "SF_INSTANCE_URL": url, "PYTHONPATH": str(Path.cwd())}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "freeseat.toml").write_text(f"[plan]\nmost-users = {args.users}\nbatch = 50\n")
        requests = _measured("inventory", folder, env)
        limit = args.users / BOUND_REQUESTS[0] + BOUND_REQUESTS[1]
        print(f"  requests {requests} of at most {limit:.0f}")
        _measured("plan", folder, env)
        _measured("rehearse", folder, env)
    here.send("stop")
    server.join(10)
    return 0 if requests <= limit else 1


def _measured(command: str, folder: str, env: dict[str, str]) -> int:
    """Run one command in its own process; print time and peak memory, give the requests of an inventory."""
    before = time.perf_counter()
    words = [sys.executable, "-m", "migrator", command, "--output", f"{command}.html"]
    done = subprocess.run(words, cwd=folder, env=env, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    sizes = ", ".join(f"{one.name} {one.stat().st_size / 1e6:.1f} MB" for one in _written(folder, command))
    print(f"{command}: {seconds:.1f} s, peak of all so far {peak:.0f} MiB, {sizes}")
    path = Path(folder, "inventory.json")
    return int(json.loads(path.read_text())["requests"]) if command == "inventory" else 0


def _written(folder: str, command: str) -> Iterator[Path]:
    yield from sorted(path for path in Path(folder).iterdir() if path.stem == command)


def _serve(pipe: Connection, users: int, integrations: int, fields: int) -> None:
    """The org, until told to stop."""
    started = time.perf_counter()
    org = Org(Store(None))
    generate(org, users, share=max(users // integrations, 1))
    with org.store.transaction():
        _logins(org)
        _fields(org, fields)
    org.grants.clear()
    with serving(org) as running:
        pipe.send((running.url, running.token(), time.perf_counter() - started))
        pipe.recv()


def _logins(org: Org) -> None:
    """Twenty logins of every user: by hand those of people, by an app those of integrations."""
    build = Builder(org)
    build.admin = build.org.organization()["UserId"]
    now = build.org.clock.now()
    for user in build.org.store.where("User", IsActive=1):
        machine = str(user["Username"]).startswith("svc.")
        for number in range(20):
            build.add(
                "LoginHistory",
                UserId=user["Id"],
                LoginTime=clock.text(now - timedelta(hours=30 * number)),
                LoginType="Remote Access 2.0" if machine else "Application",
                Application=f"Connector {number % 3}" if machine else "Browser",
                Status="Success",
                SourceIp=f"203.0.113.{number % 7}",
                ApiVersion="60.0" if machine else None,
            )


def _fields(org: Org, number: int) -> None:
    """Field permissions of a very large profile; most name fields that this org does not have."""
    build = Builder(org)
    build.admin = build.org.organization()["UserId"]
    own = build.id_of("PermissionSet", ProfileId=build.id_of("Profile", Name="API Only"))
    for count in range(number):
        name = f"Account.Bench_{count}__c"
        build.add(
            "FieldPermissions", ParentId=own, SobjectType="Account", Field=name, PermissionsRead=1, PermissionsEdit=1
        )


if __name__ == "__main__":
    sys.exit(main())

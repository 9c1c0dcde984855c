"""From the options of `practice start` to orgs that answer, and what is printed about them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.practice import faults, sessions, state
from migrator.practice.org import Org
from migrator.practice.platform import behaviors
from migrator.practice.seeds import planting
from migrator.practice.server import Servers
from migrator.practice.store import Store
from scanners.errors import Failed, UsageError

_USAGE = 2
READY = "Stop it with: freeseat practice stop"


@dataclass(frozen=True, slots=True)
class Request:
    """The options of one start."""

    port: int = 0
    data: str | None = None
    seed: str | None = None
    seed_from: str | None = None
    behavior: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    pair: bool = False
    quiet: bool = False


def start(request: Request, say: Callable[[str], None]) -> None:
    """Serve until stopped."""
    orgs = _orgs(request, say)
    ports = [request.port, *([request.port + 1 if request.port else 0] if request.pair else [])]
    servers = Servers(orgs, ports)
    entry = state.Entry(tuple(one.url for one in servers.running), os.getpid(), orgs[0].store.setting("seed") or "")
    for one in servers.running:
        _introduce(one.org, say)
    try:
        state.enter(entry)
    except UsageError:
        servers.close()
        raise
    say(READY)
    if request.quiet:
        _let_go()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        servers.run()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        state.leave(entry)


def detach(arguments: list[str], say: Callable[[str], None]) -> None:
    """Start in a process of its own that outlives this one; returns once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "migrator", "practice", "start", *arguments, "--quiet-after-start"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    lines: list[str] = []
    with contextlib.closing(process.stdout or io.StringIO()) as output:
        for line in output:
            lines.append(line.rstrip())
            if line.strip() == READY:
                process.returncode = 0  # it goes on by itself; nobody here waits for it
                say("\n".join(lines))
                return
    said = "\n".join(lines).removeprefix("Error: ")
    if process.wait() == _USAGE:
        raise UsageError(said)
    raise Failed(f"the practice org did not start:\n{said}")


def _let_go() -> None:
    """Give up the terminal of whoever started this process."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(nowhere, number)


def _orgs(request: Request, say: Callable[[str], None]) -> list[Org]:
    settled = [one.partition("=")[::2] for one in request.behavior]
    for name, value in settled:
        behaviors.check(name, value)
    struck = [faults.parse(one) for one in request.fault]
    orgs = [_production(request, say)]
    if request.pair:
        orgs.append(_sandbox(orgs[0], request))
    for org in orgs:
        for name, value in settled:
            org.behave(name, value)
        org.memory["faults"] = list(struck)
    return orgs


def _production(request: Request, say: Callable[[str], None]) -> Org:
    if request.seed and request.seed_from:
        raise UsageError("--seed and --seed-from exclude each other")
    inventory = _inventory(request.seed_from) if request.seed_from else None
    store = Store(request.data)
    org = Org(store)
    if not store.empty:
        if request.seed or request.seed_from:
            say(f"{request.data} holds an org already (seed {store.setting('seed')}); it is used as it is")
        return org
    word = "twin" if inventory is not None else request.seed or "acme"
    try:
        planted = planting.plant(org, word, inventory)
    except ValueError as error:
        store.close()
        raise UsageError(str(error)) from None
    for line in planted.left_out if planted else ():
        say(f"left out: {line}")
    return org


def _inventory(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}") from None


def _sandbox(production: Org, request: Request) -> Org:
    path = f"{request.data}-sandbox" if request.data else None
    if path and Path(path).exists():
        return Org(Store(path))
    return planting.copy(production, path)


def _introduce(org: Org, say: Callable[[str], None]) -> None:
    organization = org.organization()
    kind = "sandbox" if organization["IsSandbox"] else "production"
    users = org.store.count('SELECT count(*) FROM "User"')
    with org.store.transaction():
        token = sessions.open_session(org, organization["UserId"])
    say(f"Practice org {organization['Name']} ({kind}): {users} users, seed {org.store.setting('seed')}")
    say(f"  instance URL  {org.url}")
    say(f"  access token  {token}")
    say(f"  connect with  export SF_INSTANCE_URL={org.url} SF_ACCESS_TOKEN='{token}'")

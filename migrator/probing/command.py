"""`freeseat probe` from request to exit code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from migrator import files, running
from migrator.config import GateLogin
from migrator.org import logins, readonly, salesforce
from migrator.org.auth import Options as Connection
from migrator.org.probe_writes import ProbeWrites
from migrator.ports import Org, OrgError
from migrator.probing import document, remains
from migrator.probing import running as probing
from migrator.probing.values import Options
from migrator.reports import probe as pages
from scanners.errors import Failed, UsageError


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `freeseat probe`."""

    connection: Connection
    user: str = ""
    profile: str = ""
    only: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    login_client_id: str = ""
    login_key_file: str = ""
    login_app: str = ""
    execute: bool = False
    save: str = "behaviors.json"
    output: running.Output = field(default_factory=running.Output)


def main(request: Request) -> int:
    """The exit code of a probe, or of saying what it would do."""
    return running.guarded(lambda: _done(request) if request.execute else _said(request))


def _options(request: Request, url: str) -> Options:
    if bool(request.login_client_id) != bool(request.login_key_file):
        raise UsageError("--login-client-id and --login-key-file go together")
    table = GateLogin(request.login_client_id, jwt_key_file=request.login_key_file)
    return Options(
        request.user,
        request.profile,
        frozenset(request.allow),
        request.only,
        request.login_app,
        logins.once(os.environ, table, url) if request.login_client_id else None,
        logins.soap_code,
        progress=running.progress,
    )


def _remains(request: Request) -> str:
    return f"{request.save}.remains"


def _said(request: Request) -> int:
    """The dry run: looks at the org, and writes nothing."""
    with salesforce.opened(request.connection, os.environ, readonly.refuse_writes) as org:
        options = _options(request, org.url)
        asked = probing.chosen(options)
        where = probing.sandbox(org)
    notes = []
    if remains.read(_remains(request)):
        notes.append(f"{_remains(request)} tells what an earlier probe left; it is put back first")
    if options.connect is None:
        notes.append(
            "questions that need a login as the probe user stay open: give --login-client-id and --login-key-file"
        )
    document.earlier(request.save, where.id)
    running.show(pages.intended(where, options, asked, notes), request.output)
    return 0


def _done(request: Request) -> int:
    guard = ProbeWrites()
    with salesforce.opened(request.connection, os.environ, guard) as org, _terminated():
        options = _options(request, org.url)
        before = document.earlier(request.save, probing.sandbox(org).id)
        found = _probed(org, options, request, guard)
    files.write(request.save, json.dumps(document.document(found, before), indent=1) + "\n")
    running.show(pages.page(found, probing.chosen(options), request.save), request.output)
    sys.stderr.write(f"{request.save} written\n")
    if found.left:
        raise Failed(f"not everything could be put back; {_remains(request)} says what is left, run the same again")
    return 3 if found.interrupted else 0


def _probed(org: Org, options: Options, request: Request, guard: ProbeWrites) -> probing.Found:
    path = _remains(request)
    try:
        return probing.probe(org, options, path, guard.allow)
    except OrgError as error:
        raise Failed(f"the org says {error}{_left(path)}") from None
    except KeyboardInterrupt:
        if not _left(path):
            raise
        raise Failed(f"interrupted while everything was put back{_left(path)}") from None


def _left(path: str) -> str:
    return f". {path} says what is left; run the same again" if os.path.lexists(path) else ""


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """A wish to end from outside is as Ctrl-C: everything is put back first."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)

"""Commands as gates: exit code, time, output, environment, secrets."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path

import pytest

from migrator import gates
from migrator.org import secrets
from migrator.plan import Gate
from scanners.errors import Refused
from tests.migrator.gates.conftest import Bench

PATH = "/usr/bin:/bin"


def python(code: str) -> Gate:
    """A gate that runs a program."""
    return Gate("command", shlex.join([sys.executable, "-c", code]))


def test_the_exit_code_decides(bench: Bench) -> None:
    """Zero passes; anything else fails with the last lines."""
    context = bench.context("erp.sync", environ={"PATH": PATH})
    good = gates.run(python("print('fine')"), context)
    assert (good.passed, good.output.strip()) == (True, "fine")
    bad = gates.run(python("import sys; print('a'); print('b', file=sys.stderr); sys.exit(7)"), context)
    assert (bad.passed, bad.says) == (False, "it ended with exit code 7")
    assert set(bad.details) == {"a", "b"}
    killed = gates.run(python("import os; os.kill(os.getpid(), 9)"), context)
    assert killed.says == "it ended with signal 9"


def test_there_is_no_shell(bench: Bench, tmp_path: Path) -> None:
    """What a shell would do is an argument like any other."""
    target = tmp_path / "x"
    code = "import sys; print(sys.argv[1:])"
    gate = Gate("command", f"{sys.executable} -c {shlex.quote(code)} $HOME ; touch {target}")
    result = gates.run(gate, bench.context("erp.sync", environ={"PATH": PATH}))
    assert "'$HOME', ';', 'touch'" in result.output
    assert not target.exists()


def test_no_secret_goes_in_unless_asked(bench: Bench) -> None:
    """Tokens by name and by value, client secrets of logins; what is switched is told."""
    tell = python("import json, os; print(json.dumps(dict(os.environ)))")
    live = bench.context("erp.sync").org.lend({}, token=True)["SF_ACCESS_TOKEN"]
    environ = {
        "PATH": PATH,
        "PLAIN": "yes",
        "SF_ACCESS_TOKEN": "00D000000000001EAA!abc.def",
        "SFDX_AUTH_URL": "force://x:y:z@acme.example",
        "SF_CLIENT_SECRET": "s",
        "ELSEWHERE": f"Bearer {live}",
        "LEDGER": "client secret of a login",
        "SF_KEPT_SECRET": "wanted",
    }
    login = [{"client-id": "x", "secret-variable": "LEDGER"}]
    context = bench.context("erp.sync", "kiosk.events", environ=environ, login=login, environment=["SF_KEPT_SECRET"])
    seen = json.loads(gates.run(tell, context).output)
    assert set(environ) & set(seen) == {"PATH", "PLAIN", "SF_KEPT_SECRET"}
    assert seen["FREESEAT_USERS"] == "erp.sync@acme.example,kiosk.events@acme.example"
    assert seen["FREESEAT_STAGE"] == "sandbox"
    assert seen["FREESEAT_INSTANCE_URL"] == bench.world.url


def test_a_token_that_was_asked_for_is_good_and_is_not_shown(bench: Bench) -> None:
    """The child can use it, and what it prints of it is hidden."""
    code = (
        "import os, urllib.request, urllib.parse\n"
        "token = os.environ['SF_ACCESS_TOKEN']\n"
        "url = os.environ['SF_INSTANCE_URL'] + '/services/oauth2/userinfo'\n"
        "request = urllib.request.Request(url, headers={'Authorization': 'Bearer ' + token})\n"
        "print(urllib.request.urlopen(request).status, token, urllib.parse.quote(token, safe=''))"
    )
    context = bench.context("erp.sync", environ={"PATH": PATH}, command_token=True)
    result = gates.run(python(code), context)
    assert result.output.strip() == f"200 {secrets.HIDDEN} {secrets.HIDDEN}"


def test_too_long(bench: Bench) -> None:
    """The program and what it started are stopped; what it printed is kept."""
    child = "import time; time.sleep(600)"
    code = (
        "import subprocess, sys, time\n"
        f"started = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "print(started.pid, flush=True); time.sleep(600)"
    )
    result = gates.run(python(code), bench.context("erp.sync", environ={"PATH": PATH}, command_minutes=0.1))
    assert not result.passed
    assert "did not end within 0.1 minutes" in result.says
    assert _gone(int(result.output))


def _gone(pid: int) -> bool:
    """Whether a process ends (or waits for somebody to ask how it ended)."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_flood_of_output_is_bounded(bench: Bench) -> None:
    """Its beginning and its end are kept, and nothing that a terminal would obey."""
    code = "print('first'); [print('x' * 1000) for _ in range(5000)]; print('\\x1b[31mlast')"
    result = gates.run(python(code), bench.context("erp.sync", environ={"PATH": PATH}))
    assert result.passed
    assert len(result.output) < 70_000
    assert result.output.startswith("first\n")
    assert result.output.endswith("<U+001B>[31mlast\n")
    assert "left out" in result.output


def test_a_program_that_is_not_there(bench: Bench) -> None:
    """Is found out before the switch, and fails the gate."""
    gate = Gate("command", "no-such-program --now")
    context = bench.context("erp.sync", environ={"PATH": PATH})
    with pytest.raises(Refused, match="no-such-program is not there"):
        gates.baseline([gate], context)
    result = gates.run(gate, context)
    assert (result.passed, "no-such-program cannot be started" in result.says) == (False, True)

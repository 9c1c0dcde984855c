"""The word of a person before an org is written: typed at a prompt, or given as an option where there is none."""

from __future__ import annotations

import sys

from migrator.plan import Plan
from scanners.errors import Refused, UsageError

_TYPED = 8
"""Characters of the digest that a person types at least."""


def plan(path: str, approved: Plan, digest: str) -> None:
    """The digest of the plan, given or typed, is what approves it. Raises UsageError for none, Refused for another."""
    given = digest or _asked(f"The plan's digest is {approved.digest}.\nType its first {_TYPED} characters to begin: ")
    given = given.removeprefix("sha256:")
    if not given:
        raise UsageError(f"--execute needs --digest {approved.digest[:15]}… as the reviewed plan has it")
    if len(given) < _TYPED or not approved.digest.removeprefix("sha256:").startswith(given.lower()):
        raise Refused(f"the digest {given!r} is not that of {path}, which is {approved.digest}")


def rollback(run: str, *, yes: bool) -> None:
    """A yes, typed or given. Raises UsageError where nobody can be asked, Refused for anything else."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"say --yes to roll back {run}; nothing was written")
    if _asked(f"Roll back {run}? [y/N] ").lower() not in ("y", "yes"):
        raise Refused("not confirmed; nothing was written")


def _asked(question: str) -> str:
    """What is typed; empty where there is no terminal."""
    if not sys.stdin.isatty():
        return ""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()

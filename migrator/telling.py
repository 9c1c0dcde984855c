"""What a run tells while it works: a bar in a terminal, a plain log elsewhere, JSON lines where asked.

All three are the journal's own entries, told once they are on the disk.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from migrator.journal import Entry

_HIDDEN = frozenset({"plan", "backup", "state", "baseline", "output", "ids", "users"})
"""Parts of entries that are too long to tell; the journal has them."""


_FEW = 4


@dataclass(slots=True)
class Telling:
    """Tells entries as they come; `form` is bar, plain or json, `users` how many there are to move."""

    form: str
    users: int = 0
    out: TextIO = field(default_factory=lambda: sys.stderr)
    done: set[str] = field(default_factory=set)

    def __call__(self, entry: Entry) -> None:
        """One entry."""
        if self.form == "json":
            body = {name: value for name, value in entry.body.items() if name not in _HIDDEN}
            row = {"n": entry.n, "run": entry.run, "at": entry.at, "event": entry.event, **body}
            self.out.write(json.dumps(row, sort_keys=True) + "\n")
            self.out.flush()
            return
        says = line(entry)
        if entry.event in ("moved", "back", "refused", "stuck") and "user" in entry.body:
            self.done.add(str(entry.body["user"]))
        if self.form == "bar":
            self._bar(entry, says)
        elif says:
            self.out.write(f"{entry.at} {says}\n")
            self.out.flush()

    def _bar(self, entry: Entry, says: str) -> None:
        width = 20
        full = width * len(self.done) // max(self.users, 1)
        bar = "█" * min(full, width) + "░" * max(width - full, 0)
        self.out.write("\r\033[K")
        if says and entry.event not in ("started", "done", "reverting", "reverted", "seen", "deploying", "granting"):
            self.out.write(f"{says}\n")
        if entry.event != "finished":
            self.out.write(f"{bar} {len(self.done)}/{self.users} {says or entry.event}")
        self.out.flush()

    def note(self, text: str) -> None:
        """A line that is no entry."""
        if self.form == "json":
            self.out.write(json.dumps({"event": "note", "says": text}) + "\n")
        else:
            self.out.write(("\r\033[K" if self.form == "bar" else "") + f"{text}\n")
        self.out.flush()


def line(entry: Entry) -> str:
    """An entry in words; empty where it says nothing to a person."""
    teller = _WORDS.get(entry.event)
    return teller(dict(entry.body)) if teller else ""


def _changes(body: dict[str, Any]) -> str:
    found = [_change(one) for one in body["changes"][:_FEW]]
    more = len(body["changes"]) - len(found)
    return "; ".join(found) + (f"; and {more} more" if more else "")


def _change(one: dict[str, str]) -> str:
    name = one["kind"] if one["kind"] == "profile" else f"{one['kind']} {one['name']}"
    return f"{name} {one['before'] or 'empty'} → {one['after'] or 'empty'}"


def _moved(body: dict[str, Any]) -> str:
    beside = f"; the platform changed {len(body['effects'])} more" if body["effects"] else ""
    return f"{body['user']} moved: {body['outage'] * 1000:.0f} ms without access, {body['calls']} calls{beside}"


def _back(body: dict[str, Any]) -> str:
    if body.get("to_step"):
        return f"{body['user']} is back at step {body['to_step']}"
    lost = f"; not as it was: {'; '.join(body['lost'])}" if body["lost"] else ""
    return f"{body['user']} is back: {body['outage'] * 1000:.0f} ms without access, {body['calls']} calls{lost}"


def _refused(body: dict[str, Any]) -> str:
    lost = "; ".join(body.get("lost", ()))
    stands = f"is not wholly as it was ({lost})" if lost else "is as it was"
    return f"{body['user']} is refused, and {stands}: {body['says']}"


def _gate(body: dict[str, Any]) -> str:
    word = "passed" if body["passed"] else f"failed, waived by {body['waived']}" if body["waived"] else "FAILED"
    return f"gate {body['kind']} {body['argument']}".rstrip() + f" after {body['batch']}: {word}: {body['says']}"


def _removed(body: dict[str, Any]) -> str:
    return f"{body['deployment']} removed"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "begun": lambda body: f"{body['stage']} begun by {body['who']} as {body['username']}",
    "deploying": lambda body: f"deploying {body['deployment']}",
    "deployed": lambda body: f"{body['deployment']} deployed" + (f": {body['says']}" if body.get("says") else ""),
    "removing": lambda body: f"removing {body['deployment']}",
    "undeployed": lambda body: f"{body['deployment']}: {body['says']}" if body.get("says") else _removed(body),
    "granting": lambda body: f"granting {body['deployment']}",
    "started": lambda body: f"{body['user']}: {_changes(body)}",
    "reverting": lambda body: f"{body['user']} back: {_changes(body)}",
    "moved": _moved,
    "back": _back,
    "turned": lambda body: f"{body['user']} is refused, and goes back: {body['says']}",
    "refused": _refused,
    "stuck": lambda body: f"{body['user']} cannot go back, and stays moved: {body['says']}",
    "halfway": lambda body: f"{body['user']} is NEITHER as it was nor as planned: {body['says']}",
    "undoing": lambda body: f"rehearsed undo of {body['batch']}: {body['direction']}",
    "gate": _gate,
    "rollback": lambda body: f"rolling back, by {body['by']}: {body['says']}",
    "resumed": lambda body: f"resumed by {body['who']}",
    "interrupted": lambda _body: "stopped as asked; nothing is half done",
    "finished": lambda body: f"finished: {body['status']}" + (f": {body['says']}" if body["says"] else ""),
}

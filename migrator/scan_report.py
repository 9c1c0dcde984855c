"""The scan's JSON report as far as a plan needs it: which findings concern which profile, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrator.plan import digest
from scanners.errors import UsageError

SCHEMA = "freeseat/scan/v1"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one profile's users feel of a finding."""

    profile: str
    verdict: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `accepted` is a person's word with its end, empty if there is none that holds."""

    id: str
    rule: str
    impact: str
    verdict: str
    type: str
    name: str
    place: str
    message: str
    active: bool
    in_test: bool
    accepted: str
    profiles: tuple[str, ...]
    effects: tuple[Effect, ...]

    def concerns(self, profile: str) -> Effect | None:
        """The effect on users of a profile; None when there is none."""
        for one in self.effects:
            if one.profile == profile:
                return None if one.verdict == "same" else one
        if not self.effects and (not self.profiles or profile in self.profiles):
            return Effect(profile, self.verdict, "", "")
        return None


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan report; `digest` is over its findings, not over the program's version."""

    digest: str
    commit: str
    dirty: bool
    path: str
    after: str
    findings: tuple[Finding, ...]
    before: tuple[str, ...] = ()

    def unasked(self, profiles: Iterable[str]) -> tuple[str, ...]:
        """Those of some profiles that the scan did not ask about: of their users it says nothing."""
        asked = {one.lower() for one in self.before}
        return tuple(sorted(one for one in set(profiles) if one.lower() not in asked))


def read(document: dict[str, Any], path: str) -> Scan:
    """The report in a document; raises UsageError."""
    try:
        source, switch = document["source"], document["switch"]
        findings = tuple(sorted((_finding(one) for one in document["findings"]), key=lambda one: one.id))
        content = {"switch": switch, "source": source, "findings": document["findings"]}
        return Scan(
            digest(content),
            str(source["commit"] or ""),
            bool(source["dirty"]),
            str(source["path"]),
            str(switch["after"]),
            findings,
            tuple(map(str, switch["before"])),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no scan report: {error!r} is missing or of another kind") from None


def _finding(one: dict[str, Any]) -> Finding:
    accepted = one.get("accepted") or {}
    word = ""
    if accepted and not accepted["expired"]:
        until = f", until {accepted['expires']}" if accepted.get("expires") else ""
        word = f"{accepted['owner']}: {accepted['reason']}{until}"
    return Finding(
        str(one["id"]),
        str(one["rule"]),
        str(one["impact"]),
        str(one.get("verdict") or _strongest(one["effects"])),
        str(one["component"]["type"]),
        str(one["component"]["name"]),
        f"{one['location']['path']}:{one['location']['line']}",
        str(one["message"]),
        bool(one["active"]),
        bool(one["in_test"]),
        word,
        tuple(map(str, one["profiles"])),
        tuple(
            Effect(str(e["before_profile"]), str(e["verdict"]), str(e["before"] or ""), str(e["after"] or ""))
            for e in one["effects"]
        ),
    )


def _strongest(effects: list[dict[str, Any]]) -> str:
    said = {one["verdict"] for one in effects}
    return next((word for word in ("changes", "depends", "same") if word in said), "depends")

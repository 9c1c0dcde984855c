"""The evidence as JSON for machines: own names, full hashes, every entry. `schema` changes when a meaning does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from migrator import telling
from migrator.evidence.model import Evidence, Shown, Statement, Step, Story
from migrator.history import GateRun, Item
from migrator.plan import Concern, Mended

SCHEMA = "freeseat/evidence/v1"
HASHED = "sha256 over the JSON list [n, run, at, event, body as JSON text with sorted keys, hash of the entry before]"


def render(evidence: Evidence) -> str:
    """The document as text; the same evidence gives the same bytes."""
    return json.dumps(document(evidence), indent=1, ensure_ascii=True) + "\n"


def document(evidence: Evidence) -> dict[str, Any]:
    """Everything that the page says."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "freeseat", "version": evidence.version},
        "made_at": evidence.made_at,
        "journal": {
            "entries": evidence.chain.entries,
            "hash": evidence.chain.hash,
            "last_entry_at": evidence.chain.at,
            "hashed": HASHED,
        },
        "runs": [_run(one) for one in evidence.shown],
        "cannot_prove": list(evidence.limits),
    }


def _run(shown: Shown) -> dict[str, Any]:
    run = shown.run
    return {
        "id": run.id,
        "stage": run.stage,
        "org": {"id": run.org, "url": run.url, "is_sandbox": run.is_sandbox},
        "status": run.status.value,
        "says": run.says,
        "started": run.started,
        "ended": run.ended or None,
        "by": {"who": run.who, "host": run.host, "username": run.username, "version": run.version},
        "plan": _plan(shown),
        "scan": {"digest": run.scan or None, "commit": run.commit or None},
        "options": {
            "force": bool(run.options.get("force")),
            "by_hand": bool(run.options.get("by_hand")),
            "waived": dict(run.options.get("waived", {})),
            "waived_gates": dict(run.options.get("gates", {})),
        },
        "sandbox_proof": list(shown.proofs),
        "statements": [_statement(one) for one in shown.statements],
        "acts": [
            {
                "entry": one.n,
                "at": one.at,
                "what": one.what,
                "who": one.who or None,
                "username": one.username or None,
                "says": one.says,
            }
            for one in shown.acts
        ],
        "batches": [{"name": name, "users": list(users)} for name, users in run.batches],
        "users": [_user(one) for one in shown.users],
        "gates": [_gate(one) for one in run.gates],
        "undo": {
            "rehearsed": shown.undo.rehearsed,
            "run": shown.undo.run or None,
            "says": shown.undo.how,
            "users": shown.undo.users,
            "did_not_come_back": list(shown.undo.wrong),
        },
        "deployments": [{"name": one.name, "state": one.at, "says": one.says} for one in run.deployments],
        "entries": [
            {"n": one.n, "at": one.at, "event": one.event, "says": telling.line(one), "hash": one.hash}
            for one in run.entries
        ],
    }


def _plan(shown: Shown) -> dict[str, Any]:
    plan = shown.run.plan
    return {
        "digest": shown.run.digest,
        "inventory": plan.basis.inventory,
        "from_profiles": list(plan.switch.before),
        "to_profile": plan.switch.profile,
        "to_license": plan.switch.license,
        "fixes": _fixes(plan.mended),
        "findings": [_finding(one) for one in plan.concerns],
        "waived": [
            {"refusal": one.code, "subject": one.subject, "says": one.says, "waived_by": one.waived}
            for one in plan.left_out
            if one.waived
        ],
    }


def _fixes(one: Mended | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "digest": one.digest,
        "commit": one.commit or None,
        "titles": list(one.titles),
        "components": list(one.components),
        "added": list(one.added),
    }


def _finding(one: Concern) -> dict[str, Any]:
    return {
        "id": one.id,
        "rule": one.rule,
        "impact": one.impact,
        "verdict": one.verdict,
        "component": one.component,
        "decision": one.decision,
        "message": one.message,
    }


def _statement(one: Statement) -> dict[str, Any]:
    return {"holds": one.holds, "says": one.says, "aside": one.aside}


def _user(story: Story) -> dict[str, Any]:
    user = story.user
    return {
        "user": user.user,
        "id": user.id or None,
        "state": user.at.value,
        "halfway": user.halfway,
        "says": user.says,
        "seconds_without_access": user.outage,
        "calls": user.calls,
        "before": _states(user.was),
        "after": _states(user.left),
        "steps": [_step(one) for one in story.steps],
        "by_the_platform": [
            {"entry": one.n, "kind": one.kind, "name": one.name, "before": one.before, "after": one.after}
            for one in story.beside
        ],
        "not_restored": list(user.lost),
    }


def _states(found: Mapping[Item, str] | None) -> list[dict[str, str]] | None:
    if found is None:
        return None
    return [{"kind": kind.value, "key": key, "state": state} for (kind, key), state in sorted(found.items())]


def _step(one: Step) -> dict[str, Any]:
    return {
        "entry": one.n,
        "at": one.at,
        "direction": "back" if one.back else "forward",
        "one_request": one.together,
        "kind": one.kind,
        "name": one.name,
        "before": one.before,
        "after": one.after,
        "read_back": one.found if one.read else None,
        "passing": one.passing,
        "holds": one.holds,
    }


def _gate(one: GateRun) -> dict[str, Any]:
    return {
        "entry": one.n,
        "at": one.at,
        "after": one.batch,
        "kind": one.kind,
        "argument": one.argument,
        "passed": one.passed,
        "waived": one.waived or None,
        "says": one.says,
        "details": list(one.details),
        "seconds": one.seconds,
        "output": one.output,
    }

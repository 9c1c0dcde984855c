"""The proof file, schema `freeseat/fixes/v1`: each fix with its claims, what stays open, and the package to deploy."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from scanners.fixes.model import Claim, Edit, Fix, NewFile, Open, Strategy
from scanners.fixes.outcome import Outcome, digest, grants
from scanners.model import Component

SCHEMA = "freeseat/fixes/v1"
"""Changes when a field is removed or changes its meaning; new fields may come at any time."""

_dumps = json.JSONEncoder(separators=(", ", ": ")).encode


def render(found: Outcome) -> str:
    """One JSON object, a list item a line, plain ASCII: the same tree and options give the same bytes.

    `digest` is over everything but itself and the program's version.
    """
    content = _content(found)
    fields = {
        "schema": _dumps(SCHEMA),
        "tool": _dumps({"name": "freeseat", "version": found.version}),
        "digest": _dumps(digest(content)),
        **{name: _lines(value) if isinstance(value, list) else _dumps(value) for name, value in content.items()},
    }
    fields["package"] = _package(content["package"])
    return "{" + ",\n ".join(f"{_dumps(name)}: {value}" for name, value in fields.items()) + "}\n"


def content_of(document: dict[str, Any]) -> dict[str, Any]:
    """What the digest of a document is over."""
    return {name: value for name, value in document.items() if name not in ("schema", "tool", "digest")}


def _content(found: Outcome) -> dict[str, Any]:
    switch = found.found.switch
    made = found.package
    return {
        "source": {
            "path": found.source.path,
            "commit": found.source.commit or None,
            "dirty": found.source.dirty,
        },
        "switch": {"before": [one.label for one in switch.before], "after": switch.after.label},
        "summary": _summary(found),
        "fixes": [_fix(one) for one in found.found.fixes],
        "open": [_open(one) for one in found.found.open],
        "grants": [{"permission": one.permission, "profiles": list(one.profiles)} for one in grants(found.found)],
        "package": {
            "version": made.version,
            "components": [_component(one) for one in made.components],
            "added": [_component(one) for one in made.added],
            "left_out": list(made.left_out),
            "files": [_file(path, data) for path, data in made.files],
        },
    }


def _summary(found: Outcome) -> dict[str, Any]:
    strategies = Counter(one.strategy for one in found.found.fixes)
    claims = [claim for fix in found.found.fixes for claim in fix.proof]
    return {
        "fixes": len(found.found.fixes),
        "findings_fixed": len(found.mended),
        "open": len(found.found.open),
        "claims": len(claims),
        "claims_that_hold": sum(one.holds for one in claims),
        "by_strategy": {one.value: strategies[one] for one in Strategy},
        "files_changed": sum(one.before is not None for one in found.changes),
        "files_added": sum(one.before is None for one in found.changes),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [_edit(one) for one in fix.edits]
    files = [_new(one) for one in fix.files]
    return {
        "id": fix.id,
        "title": fix.title,
        "why": fix.why,
        "strategy": fix.strategy,
        "findings": list(fix.findings),
        "changed": [_component(one) for one in fix.changed],
        "added": [_component(one) for one in fix.added],
        "digest": digest([edits, files]),
        "edits": edits,
        "files": files,
        "proof": [_claim(one) for one in fix.proof],
        "warnings": list(fix.warnings),
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {"path": edit.path, "start": edit.start, "end": edit.end, "old": _text(edit.old), "new": _text(edit.new)}


def _new(file: NewFile) -> dict[str, Any]:
    return {"path": file.path, "digest": digest(file.data), "component": _component(file.component)}


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "when": claim.when.name.lower(),
        "condition": claim.condition,
        "profile": claim.profile,
        "before": claim.before,
        "after": claim.after,
        "holds": claim.holds,
        "how": claim.how,
    }


def _open(one: Open) -> dict[str, Any]:
    return {
        "finding": one.finding,
        "rule": one.rule,
        "component": _component(one.component),
        "place": one.place,
        "reason": one.reason,
        "by_hand": one.by_hand,
        "failed": [_claim(claim) for claim in one.failed],
    }


def _component(one: Component) -> dict[str, str]:
    return {"type": one.type, "name": one.name}


def _file(path: str, data: bytes) -> dict[str, str]:
    """A file of the package as text; in base64 where it is not UTF-8."""
    try:
        return {"path": path, "digest": digest(data), "text": data.decode()}
    except UnicodeDecodeError:
        return {"path": path, "digest": digest(data), "base64": base64.b64encode(data).decode()}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _package(made: dict[str, Any]) -> str:
    inner = (f"{_dumps(name)}: {_lines(value) if name == 'files' else _dumps(value)}" for name, value in made.items())
    return "{" + ",\n  ".join(inner) + "}"


def _lines(items: Iterable[Any]) -> str:
    """A JSON array with one item a line."""
    rows = [_dumps(item) for item in items]
    return "[\n  " + ",\n  ".join(rows) + "\n ]" if rows else "[]"

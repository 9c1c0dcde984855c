"""A proof file for tests: a validation rule of Acme that lets the users of one profile pass."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scanners.fixes.model import Fixes
from scanners.fixes.outcome import outcome
from scanners.fixes.reports import render
from scanners.model import Origin, Profile, Switch
from tests.scanners.fixing import edit, fix, permission, permission_set
from tests.trees import rule, rule_path

TARGET = "Minimum Access - API Only Integrations"
PATH = rule_path("Phone_Given")
BEFORE = rule("AND($Profile.Name &lt;&gt; &quot;API Only&quot;, ISBLANK(Phone))").replace("Rule<", "Phone_Given<")
AFTER = BEFORE.replace("$Profile.Name &lt;&gt; &quot;API Only&quot;", "NOT($Permission.Integration_User)")


def proof(
    *, holds: bool = True, target: str = TARGET, commit: str = "c0ffee" * 6, dirty: bool = False
) -> dict[str, Any]:
    """The file's document; the fix is of finding `f00000000001`."""
    old = "$Profile.Name &lt;&gt; &quot;API Only&quot;"
    one = edit(PATH, BEFORE.encode(), old, "NOT($Permission.Integration_User)")
    made = fix(1, one, files=(permission(), permission_set()), title="Rule Account.Phone_Given: tests Integration_User")
    made = replace(made, proof=tuple(replace(claim, holds=holds) for claim in made.proof))
    switch = Switch((Profile("API Only", "API Only"),), Profile(target, target), explicit=True)
    found = outcome(
        Fixes(switch, commit, (made,), ()), {PATH: BEFORE.encode()}.get, Origin(".", commit, dirty), "0.1.0"
    )
    document: dict[str, Any] = json.loads(render(found, "json"))
    return document

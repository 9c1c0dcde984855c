"""Apex: each way to ask for the profile, as it is written afterwards, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners.model import Verdict
from tests.scanners.fixes.org import MAIN, after, fixed, make, project_in
from tests.trees import scan

if TYPE_CHECKING:
    from pathlib import Path

CLASS = f"{MAIN}/classes/Guard.cls"
X = "FeatureManagement.checkPermission('Run_Guard_work')"
NOT_X = "FeatureManagement.checkPermission('Bypass_Guard_work')"
NAME = "String name = [SELECT Name FROM Profile WHERE Id = :UserInfo.getProfileId()].Name;"


def code(body: str, more: str = "") -> str:
    """A class with one method that does something in two ways."""
    return (
        f"public class Guard {{\n{more}    public static void work(Account one) {{\n        {NAME}\n{body}    }}\n}}\n"
    )


def guarded(test: str) -> str:
    """The method's only statement, under a condition."""
    return code(f"        if ({test}) {{\n            one.addError('no');\n        }}\n")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("name == 'API Only'", X),
        ("name == 'api only' && one.Phone == null", f"{X} && one.Phone == null"),
        ("name != 'API Only'", f"!{NOT_X}"),
        ("!(name != 'API Only')", f"!(!{X})"),
        ("name == 'API Only' || name == 'Sales'", f"{X} || name == 'Sales'"),
        ("name.startsWith('API')", f"name.startsWith('API') || {X}"),
        (
            "new Set<String>{ 'API Only', 'Sales' }.contains(name)",
            f"new Set<String>{{ 'API Only', 'Sales' }}.contains(name) || {X}",
        ),
        ("one.Phone == null && 'API Only'.equals(name)", f"one.Phone == null && ('API Only'.equals(name) || {X})"),
        ("/* who */ name == 'API Only' /* only */", f"/* who */ {X} /* only */"),
    ],
)
def test_comparisons_ask_for_the_permission(tmp_path: Path, before: str, now: str) -> None:
    """In place of a plain comparison of the name; beside what tells other profiles as well."""
    root = project_in(tmp_path, {CLASS: guarded(before)})
    assert after(root, fixed(root))[CLASS].decode() == guarded(now)


def test_a_switch_takes_the_case_that_it_took(tmp_path: Path) -> None:
    """The name becomes what it was, so that every case stays as it is."""
    cases = "            when 'API Only' {\n                one.addError('no');\n            }\n        }\n"
    root = project_in(tmp_path, {CLASS: code(f"        switch on name {{\n{cases}")})
    now = after(root, fixed(root))[CLASS].decode()
    assert f"switch on ({X} ? 'API Only' : name) {{" in now


def test_a_map_gives_what_it_gave(tmp_path: Path) -> None:
    """The question and the answer are asked by the same name."""
    queues = "    static final Map<String, String> Q = new Map<String, String>{ 'API Only' => 'In' };\n"
    root = project_in(
        tmp_path,
        {CLASS: code("        if (Q.containsKey(name)) {\n            one.Site = Q.get(name);\n        }\n", queues)},
    )
    now = after(root, fixed(root))[CLASS].decode()
    asked = f"{X} ? 'API Only' : name"
    assert f"if (Q.containsKey({asked}))" in now
    assert f"one.Site = Q.get({asked});" in now


def test_what_many_ask_is_mended_once(tmp_path: Path) -> None:
    """A method that answers for others is edited, not those who ask it."""
    guard = "    if (Guard.isApi()) {\n        return;\n    }\n    Guard.work(null);\n"
    asks = f"trigger Accounts on Account (before insert) {{\n{guard}}}\n"
    answer = f"    public static Boolean isApi() {{\n        {NAME}\n        return name == 'API Only';\n    }}\n"
    path = f"{MAIN}/triggers/Accounts.trigger"
    root = project_in(tmp_path, {CLASS: code("", answer), path: asks})
    files = after(root, fixed(root))
    assert path not in files
    assert b"return FeatureManagement.checkPermission('Keep_Guard_isApi');" in files[CLASS]


def test_constants_are_mended_by_their_uses(tmp_path: Path) -> None:
    """The constant stays; each comparison with it is edited, and nothing is left of the finding on the constant."""
    held = "    static final Set<String> FREE = new Set<String>{ 'API Only', 'Sales' };\n"
    body = "        if (FREE.contains(name)) {\n            return;\n        }\n        one.addError('no');\n"
    root = project_in(tmp_path, {CLASS: code(body, held)})
    found = fixed(root)
    assert not [one for one in found.open if one.rule == "apex/profile-constant"]
    make(root, found)
    left = [one for one in scan(root, "API Only").findings if one.verdict == Verdict.CHANGES]
    assert left == []
    assert fixed(root).fixes == ()


def test_lines_and_text_in_other_scripts_stay(tmp_path: Path) -> None:
    """Offsets are bytes: what stands before in another script moves nothing."""
    text = guarded("name == 'API Only'").replace("{\n        String", "{\n        // für 管理者 \r\n        String")
    root = project_in(tmp_path, {CLASS: text})
    assert after(root, fixed(root))[CLASS].decode() == text.replace("name == 'API Only'", X)


def test_one_condition_asked_by_several_calls_with_other_profiles(tmp_path: Path) -> None:
    """A comparison with a parameter has no one answer: the caller's question is not followed, and that is said."""
    helper = "    static Boolean isA(String wanted, String name) {\n        return wanted == name;\n    }\n"
    body = "        if (isA('API Only', name) && !isA('Sales', name)) {\n            one.addError('no');\n        }\n"
    root = project_in(tmp_path, {CLASS: code(body, helper)})
    found = fixed(root)
    now = after(root, found).get(CLASS, b"")
    assert b"return wanted == name;" in now or not found.fixes

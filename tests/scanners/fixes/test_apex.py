"""Apex: each way to ask for the profile, as it is written afterwards, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners.model import Verdict
from tests.scanners.fixes.org import MAIN, after, fixed, make, project_in
from tests.trees import HEAD, NAMESPACE, scan

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


HELPER = f"{MAIN}/classes/Helper.cls"
ASKS = "[SELECT Name FROM Profile WHERE Id = :UserInfo.getProfileId()].Name"
TESTS = "return name == 'API Only';"


def shared(head: str = "public") -> str:
    """A class with a method that is handed a name, and a caller that hands it the running user's profile."""
    return (
        f"public class Guard {{\n    {head} static Boolean exempt(String name) {{\n        {TESTS}\n    }}\n"
        f"    public static void work() {{\n        if (exempt({ASKS})) {{\n            return;\n        }}\n"
        "        insert new Account();\n    }\n}\n"
    )


@pytest.mark.parametrize(
    "call", ["Guard.exempt('API Only')", "Guard.exempt(one.Name)", "Guard.exempt(one.Owner.Profile.Name)"]
)
def test_a_comparison_that_others_use_stays(tmp_path: Path, call: str) -> None:
    """A method that others ask about something else answers them as before; the caller hands on what it was."""
    other = f"public class Helper {{\n    public static void go(Account one) {{\n        if ({call}) {{\n            insert new Contact();\n        }}\n    }}\n}}\n"  # noqa: E501
    root = project_in(tmp_path, {CLASS: shared(), HELPER: other})
    text = after(root, fixed(root))[CLASS].decode()
    assert TESTS in text
    assert f"exempt({NOT_X} ? 'API Only' : {ASKS})" in text


@pytest.mark.parametrize("head", ["@AuraEnabled\n    public", "global", "@InvocableMethod\n    public"])
def test_a_comparison_that_is_asked_from_outside_stays(tmp_path: Path, head: str) -> None:
    """Nobody knows what a component, a flow or another package hands to a method."""
    root = project_in(tmp_path, {CLASS: shared(head)})
    assert TESTS in after(root, fixed(root))[CLASS].decode()


def test_a_comparison_of_one_caller_is_mended_where_it_is(tmp_path: Path) -> None:
    """A method that is only asked about the running user asks for the permission."""
    root = project_in(tmp_path, {CLASS: shared("private")})
    assert TESTS not in after(root, fixed(root))[CLASS].decode()


@pytest.mark.parametrize(
    "body",
    [
        "for (Account each : rows) {\n if (name == 'API Only') {\n insert each;\n }\n name = each.Name;\n }",
        "try {\n update rows;\n } catch (Exception e) {\n name = 'x';\n }\n if (name == 'API Only') {\n return;\n }",
    ],
)
def test_a_variable_that_becomes_something_else_is_no_permission(tmp_path: Path, body: str) -> None:
    """The next time round, or after an exception, the variable is no profile: no permission stands for it."""
    text = f"public class Guard {{\n    public static void work(List<Account> rows) {{\n{NAME}\n{body}\n    }}\n}}\n"
    root = project_in(tmp_path, {CLASS: text})
    now = after(root, fixed(root)).get(CLASS, b"").decode()
    assert not now or "if (name == 'API Only')" in now


@pytest.mark.parametrize(("version", "warned"), [("26.0", True), ("58.0", False)])
def test_a_class_of_an_old_version_is_told(tmp_path: Path, version: str, *, warned: bool) -> None:
    """A class keeps the API version that it was saved with, which may know no permissions."""
    beside = f"{HEAD}<ApexClass {NAMESPACE}>\n    <apiVersion>{version}</apiVersion>\n</ApexClass>\n"
    root = project_in(tmp_path, {CLASS: guarded("name == 'API Only'"), f"{CLASS}-meta.xml": beside})
    assert any(version in one for one in fixed(root).fixes[0].warnings) is warned


def test_what_a_query_compares_is_no_assignment(tmp_path: Path) -> None:
    """`Id = :one` in a query of a loop gives no variable another value."""
    mine = "[SELECT Profile.Name FROM User WHERE Id = :UserInfo.getUserId()].Profile.Name == 'API Only'"
    body = (
        f"        for (Integer n = 0; n < 2; n++) {{\n            Boolean free = {mine};\n            if (free) {{\n"
        "                return;\n            }\n        update [SELECT Id FROM Case WHERE Id = :one];\n        }\n"
    )
    found = fixed(project_in(tmp_path, {CLASS: code(body)}))
    assert (len(found.fixes), found.open) == (1, ())

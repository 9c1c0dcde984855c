"""The strategy `extend`: the new profile's name joins the old one where it stands, in every kind of list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners.fixes.model import Strategy, When, Wishes
from scanners.model import Verdict
from tests.scanners.fixes.org import MAIN, NEW, OLD, after, fixed, make, project_in
from tests.scanners.fixes.test_apex import CLASS, code, guarded
from tests.scanners.fixes.test_flows import BLANK, FLOW, ONE_OF, condition, flow, text
from tests.trees import HEAD, NAMESPACE, rule, rule_path, scan

if TYPE_CHECKING:
    from pathlib import Path

EXTEND = Wishes(strategy=Strategy.EXTEND)
LABELS = f"{MAIN}/labels/CustomLabels.labels-meta.xml"
WORKFLOW = f"{MAIN}/workflows/Account.workflow-meta.xml"
BY_NAME = condition("$Profile.Name", "EqualTo", text(NEW))


def label(value: str) -> str:
    """A file with one label."""
    return (
        f"{HEAD}<CustomLabels {NAMESPACE}>\n    <labels>\n        <fullName>Free</fullName>\n"
        "        <language>en_US</language>\n        <protected>false</protected>\n"
        "        <shortDescription>Free</shortDescription>\n"
        f"        <value>{value}</value>\n    </labels>\n</CustomLabels>\n"
    )


def workflow(value: str, operation: str = "equals") -> str:
    """A workflow rule with a filter on the user's profile."""
    return (
        f"{HEAD}<Workflow {NAMESPACE}>\n    <rules>\n        <fullName>Tell</fullName>\n        <active>true</active>\n"
        f"        <criteriaItems>\n            <field>User.ProfileId</field>\n"
        f"            <operation>{operation}</operation>\n            <value>{value}</value>\n"
        "        </criteriaItems>\n        <triggerType>onAllChanges</triggerType>\n"
        "    </rules>\n</Workflow>\n"
    )


@pytest.mark.parametrize(
    ("path", "before", "now"),
    [
        (
            rule_path("Rule"),
            rule('AND($Profile.Name &lt;&gt; "API Only", A__c)'),
            rule(f'AND(AND($Profile.Name &lt;&gt; "API Only", $Profile.Name &lt;&gt; "{NEW}"), A__c)'),
        ),
        (FLOW, flow(ONE_OF + BLANK), flow(ONE_OF + BLANK + BY_NAME, "(1 OR 3) AND 2")),
        (CLASS, guarded("name.startsWith('API')"), guarded(f"name.startsWith('API') || name == '{NEW}'")),
        (WORKFLOW, workflow("Sales,API Only"), workflow(f"Sales,API Only,{NEW}")),
        (WORKFLOW, workflow("api only", "notEqual"), workflow(f"api only,{NEW}", "notEqual")),
    ],
)
def test_the_name_joins_where_the_other_stands(tmp_path: Path, path: str, before: str, now: str) -> None:
    """One file is edited, no permission is made, and what it means for others is said."""
    root = project_in(tmp_path, {path: before})
    found = fixed(root, wishes=EXTEND)
    assert {one: data.decode() for one, data in after(root, found).items()} == {path: now}
    assert NEW in found.fixes[0].warnings[-1]
    assert not any(NEW in claim.profile for claim in found.fixes[0].proof if claim.when == When.OTHERS)


def test_a_literal_of_a_set_takes_the_name(tmp_path: Path) -> None:
    """The constant is edited, not the places that use it."""
    held = "    static final Set<String> FREE = new Set<String>{ 'API Only', 'Sales' };\n"
    body = "        if (FREE.contains(name)) {\n            one.addError('no');\n        }\n"
    root = project_in(tmp_path, {CLASS: code(body, held)})
    now = after(root, fixed(root, wishes=EXTEND))[CLASS].decode()
    assert now == code(body, held.replace("'API Only'", f"'API Only', '{NEW}'"))


@pytest.mark.parametrize(
    "more",
    [
        "    static Id one = [SELECT Id FROM Profile WHERE Name IN :FREE LIMIT 1].Id;\n",
        "    static void each() {\n        for (String each : FREE) {\n            insert new Task(Subject = each);\n        }\n    }\n",  # noqa: E501
        "    static Boolean two() {\n        return FREE.size() == 2;\n    }\n",
    ],
)
def test_a_set_that_is_read_elsewhere_stays(tmp_path: Path, more: str) -> None:
    """Another name would change what else is done with the list; the comparison itself takes the name."""
    held = "    static final Set<String> FREE = new Set<String>{ 'API Only', 'Sales' };\n"
    body = "        if (FREE.contains(name)) {\n            one.addError('no');\n        }\n"
    root = project_in(tmp_path, {CLASS: code(body, held + more)})
    now = after(root, fixed(root, wishes=EXTEND))[CLASS].decode()
    assert held in now
    assert f"FREE.contains(name) || name == '{NEW}'" in now


def test_a_label_with_a_list_takes_the_name(tmp_path: Path) -> None:
    """The code that splits it is compared, and not edited."""
    files = {
        LABELS: label("Desk;Field"),
        CLASS: guarded("new Set<String>(Label.Free.split(';')).contains(name)"),
    }
    root = project_in(tmp_path, files)
    found = fixed(root, "Desk", wishes=EXTEND)
    assert after(root, found)[LABELS].decode() == label(f"Desk;Field;{NEW}")
    assert CLASS not in after(root, found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{MAIN}/classes/Shown.cls", "public class Shown { String text() { return 'For ' + System.Label.Free; } }"),
        (f"{MAIN}/classes/Shown.cls", "public class Shown { Boolean one(String a) { return a == Label.c.Free; } }"),
        (f"{MAIN}/classes/Shown.cls", "public class Shown { String text() { return 'https://a.b/' + Label.Free; } }"),
        (f"{MAIN}/pages/Shown.page", "<apex:page>{!$Label.Free}</apex:page>"),
        (f"{MAIN}/pages/Shown.page", '<apex:page><a href="//a.b/">{!$Label.Free}</a></apex:page>'),
        (f"{MAIN}/lwc/shown/shown.js", "import text from '@salesforce/label/c.Free';\nexport default text;\n"),
    ],
    ids=["a message", "another comparison", "an address", "a page", "an address in a page", "a component"],
)
def test_a_label_that_is_read_elsewhere_stays(tmp_path: Path, path: str, text: str) -> None:
    """Whoever reads it there would read another name; the comparison is extended instead."""
    files = {LABELS: label("Desk;Field"), CLASS: guarded("new Set<String>(Label.Free.split(';')).contains(name)")}
    root = project_in(tmp_path, {**files, path: text})
    changed = after(root, fixed(root, "Desk", wishes=EXTEND))
    assert LABELS not in changed
    assert f"name == '{NEW}'" in changed[CLASS].decode()


RECORD = f"{MAIN}/customMetadata/Gate.Free.md-meta.xml"


def record(value: str) -> str:
    """A record of custom metadata with one column."""
    return (
        f'{HEAD}<CustomMetadata {NAMESPACE} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema">\n    <label>Free</label>\n    <protected>false</protected>\n'
        f'    <values>\n        <field>Names__c</field>\n        <value xsi:type="xsd:string">{value}</value>\n'
        "    </values>\n</CustomMetadata>\n"
    )


@pytest.mark.parametrize("shown", [False, True])
def test_a_record_with_a_list_takes_the_name(tmp_path: Path, *, shown: bool) -> None:
    """Unless something else reads its column."""
    more = "public class Shown { String text(Gate__mdt one) { return 'For ' + one.Names__c; } }"
    files = {
        RECORD: record("Desk;Field"),
        CLASS: guarded("new Set<String>(Gate__mdt.getInstance('Free').Names__c.split(';')).contains(name)"),
        **({f"{MAIN}/classes/Shown.cls": more} if shown else {}),
    }
    root = project_in(tmp_path, files)
    changed = after(root, fixed(root, "Desk", wishes=EXTEND))
    assert changed.get(RECORD) == (None if shown else record(f"Desk;Field;{NEW}").encode())
    assert (CLASS in changed) == shown


def test_a_list_that_would_take_in_others_is_refused(tmp_path: Path) -> None:
    """`API Only` is a part of the new profile's name: a test for a part of the list would be met by others too."""
    files = {LABELS: label("Desk;Field"), rule_path("Rule"): rule("CONTAINS($Label.Free, $Profile.Name)")}
    root = project_in(tmp_path, files)
    found = fixed(root, "Desk", wishes=EXTEND)
    assert LABELS not in after(root, found)


def test_a_filter_waits_for_the_wish(tmp_path: Path) -> None:
    """By default nobody else is touched, so a filter stays open and says what can be done."""
    root = project_in(tmp_path, {WORKFLOW: workflow("Sales,API Only")})
    found = fixed(root)
    assert found.fixes == ()
    assert "extend" in found.open[0].reason


def test_each_finding_has_its_own_strategy(tmp_path: Path) -> None:
    """Wishes for single findings come before the one for all; `user` leaves a finding to people."""
    names = ("First", "Second", "Third")
    root = project_in(tmp_path, {rule_path(name): rule('$Profile.Name = "API Only"') for name in names})
    ids = {one.component.name: one.id for one in scan(root, OLD).findings if one.verdict == Verdict.CHANGES}
    wishes = Wishes(
        strategies=((ids["Account.Second"], Strategy.EXTEND), (ids["Account.Third"], Strategy.USER)),
    )
    found = fixed(root, wishes=wishes)
    assert {fix.findings[0]: fix.strategy for fix in found.fixes} == {
        ids["Account.First"]: Strategy.CUSTOM_PERMISSION,
        ids["Account.Second"]: Strategy.EXTEND,
    }
    assert [one.finding for one in found.open] == [ids["Account.Third"]]


def test_nothing_is_left_after_extending(tmp_path: Path) -> None:
    """A scan of the result finds no change, and a second run has nothing to do."""
    root = project_in(tmp_path, {WORKFLOW: workflow("API Only"), CLASS: guarded("name == 'API Only'")})
    make(root, fixed(root, wishes=EXTEND))
    assert not [one for one in scan(root, OLD).findings if one.verdict == Verdict.CHANGES]
    assert fixed(root, wishes=EXTEND).fixes == ()

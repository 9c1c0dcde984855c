"""Flows: conditions, logic, formulas and values that are handed on, each as it is written afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners.model import Verdict
from tests.scanners.fixes.org import MAIN, after, fixed, make, project_in
from tests.trees import HEAD, NAMESPACE, scan

if TYPE_CHECKING:
    from pathlib import Path

FLOW = f"{MAIN}/flows/Guard.flow-meta.xml"
X = "$Permission.Run_Guard_Who_Interface"
NOT_X = "$Permission.Bypass_Guard_Who_Interface"


def condition(left: str, operator: str, value: str) -> str:
    """One condition as Salesforce lays it out."""
    return (
        f"            <conditions>\n                <leftValueReference>{left}</leftValueReference>\n"
        f"                <operator>{operator}</operator>\n                <rightValue>\n"
        f"                    {value}\n                </rightValue>\n            </conditions>\n"
    )


def text(value: str) -> str:
    """A text on the right side."""
    return f"<stringValue>{value}</stringValue>"


def truth(*, value: bool) -> str:
    """TRUE or FALSE on the right side."""
    return f"<booleanValue>{str(value).lower()}</booleanValue>"


def flow(conditions: str, logic: str = "and", more: str = "", value: str = "<stringValue>x</stringValue>") -> str:
    """A flow before save on Account: one decision, which sets a field."""
    return (
        f"{HEAD}<Flow {NAMESPACE}>\n    <apiVersion>61.0</apiVersion>\n    <assignments>\n        <name>Set</name>\n"
        "        <assignmentItems>\n            <assignToReference>$Record.Site</assignToReference>\n"
        f"            <operator>Assign</operator>\n            <value>{value}</value>\n        </assignmentItems>\n"
        "    </assignments>\n    <decisions>\n        <name>Who</name>\n        <rules>\n"
        f"            <name>Interface</name>\n            <conditionLogic>{logic}</conditionLogic>\n{conditions}"
        "            <connector>\n                <targetReference>Set</targetReference>\n            </connector>\n"
        f"        </rules>\n    </decisions>\n{more}    <processType>AutoLaunchedFlow</processType>\n    <start>\n"
        "        <connector>\n            <targetReference>Who</targetReference>\n        </connector>\n"
        "        <object>Account</object>\n        <recordTriggerType>Create</recordTriggerType>\n"
        "        <triggerType>RecordBeforeSave</triggerType>\n    </start>\n    <status>Active</status>\n</Flow>\n"
    )


API = condition("$Profile.Name", "EqualTo", text("api only"))
NOT_API = condition("$Profile.Name", "NotEqualTo", text("API Only"))
BLANK = condition("$Record.Phone", "IsNull", truth(value=True))
BOTH = condition("$Profile.Name", "Contains", text("API Only"))
ONE_OF = condition("$Profile.Name", "StartsWith", text("api"))
ADDED = condition(X, "EqualTo", truth(value=True))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (flow(API), flow(ADDED)),
        (flow(BLANK + API), flow(BLANK + ADDED)),
        (flow(BLANK + NOT_API, "or"), flow(BLANK + condition(NOT_X, "EqualTo", truth(value=False)), "or")),
        (flow(ONE_OF), flow(ONE_OF + ADDED, "or")),
        (flow(ONE_OF + BLANK), flow(ONE_OF + BLANK + ADDED, "(1 OR 3) AND 2")),
        (flow(ONE_OF + BLANK, "1 OR (NOT 1 AND 2)"), flow(ONE_OF + BLANK + ADDED, "(1 OR 3) OR (NOT (1 OR 3) AND 2)")),
        (flow(ONE_OF + BLANK, "or"), flow(ONE_OF + BLANK + ADDED, "or")),
    ],
)
def test_conditions_ask_for_the_permission(tmp_path: Path, before: str, now: str) -> None:
    """In place of the profile where it alone is told from all others; else beside, joined by the logic."""
    root = project_in(tmp_path, {FLOW: before})
    assert after(root, fixed(root))[FLOW].decode() == now


def test_a_condition_that_both_profiles_meet_is_left_alone(tmp_path: Path) -> None:
    """Nothing changes there, so nothing is edited."""
    root = project_in(tmp_path, {FLOW: flow(BOTH)})
    assert fixed(root).fixes == ()


def test_a_formula_is_mended_where_it_stands(tmp_path: Path) -> None:
    """The decision reads the formula, and stays as it is."""
    resource = (
        "    <formulas>\n        <name>Is_Api</name>\n        <dataType>Boolean</dataType>\n"
        "        <expression>{!$Profile.Name} = &quot;API Only&quot; &amp;&amp; {!$Record.Fax} = 1</expression>\n"
        "    </formulas>\n"
    )
    asks = condition("Is_Api", "EqualTo", truth(value=True))
    root = project_in(tmp_path, {FLOW: flow(asks, more=resource)})
    wanted = resource.replace("{!$Profile.Name} = &quot;API Only&quot;", f"{{!{X}}}")
    assert after(root, fixed(root))[FLOW].decode() == flow(asks, more=wanted)


def test_a_value_stays_what_it_was(tmp_path: Path) -> None:
    """A formula gives the old name to those who moved; the assignment takes it."""
    root = project_in(tmp_path, {FLOW: flow(BLANK, value="<elementReference>$Profile.Name</elementReference>")})
    now = after(root, fixed(root))[FLOW].decode()
    assert "<elementReference>Profile_Name_As_Before</elementReference>" in now
    assert "IF({!$Permission.Keep_Guard}, &quot;API Only&quot;, {!$Profile.Name})</expression>" in now
    assert now.index("</decisions>") < now.index("<formulas>") < now.index("<processType>")


def test_nothing_is_left_for_those_who_hold_the_set(tmp_path: Path) -> None:
    """A scan of the result says so, and a second run edits nothing."""
    root = project_in(
        tmp_path, {FLOW: flow(ONE_OF + BLANK, value="<elementReference>$Profile.Name</elementReference>")}
    )
    make(root, fixed(root))
    left = [one for one in scan(root, "API Only").findings if one.verdict == Verdict.CHANGES]
    assert left == []
    assert fixed(root).fixes == ()


def test_an_inactive_flow_is_left_alone(tmp_path: Path) -> None:
    """What does not run changes nothing."""
    root = project_in(tmp_path, {FLOW: flow(API).replace(">Active<", ">Draft<")})
    assert fixed(root).fixes == ()
